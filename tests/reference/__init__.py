"""Prisma's own schema language beside ours: what it says of every schema, and where we differ."""
