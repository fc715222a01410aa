"""The query engine: a request in Prisma's JSON protocol becomes SQL, and rows become its answer."""
