// The URL is given to the adapter by each program; nothing connects to this one.
export default {
  schema: "prisma/schema.prisma",
  datasource: { url: "postgresql://nobody@localhost/nothing" },
};
