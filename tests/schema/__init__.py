"""The Prisma schema language in Python."""
