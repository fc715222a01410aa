"""What a schema means to a client, in Prisma's own form: the data model, and what may be asked."""
