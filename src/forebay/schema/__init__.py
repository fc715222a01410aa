"""The Prisma schema language: text to tree to a checked data model, and the formatter."""
