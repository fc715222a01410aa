"""Rules about schema.prisma."""
