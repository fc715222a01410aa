"""What Prisma's schema engine makes of schemas and databases, and what we make of them."""
