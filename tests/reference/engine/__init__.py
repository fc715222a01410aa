"""Our engine beside Prisma's own: requests, answers, and what the database holds afterwards."""
