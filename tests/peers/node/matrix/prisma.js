// Prisma Client 7 over adapter-pg: raw statements, models, interactive transactions.
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "../generated/prisma/index.js";
import { serve } from "./telling.js";

// A raw query's failure carries PostgreSQL's SQLSTATE in what the adapter says of it.
function sqlstate(error) {
  return error.meta?.driverAdapterError?.cause?.originalCode ?? error.meta?.code ?? error.code ?? "-----";
}

await serve(async (connectionString) => {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 1 }) });
  await prisma.$connect();

  return {
    run: async (sql, session) => void (await (session.prisma ?? prisma).$executeRawUnsafe(sql)),
    ask: async (sql, session) => {
      const rows = await (session.prisma ?? prisma).$queryRawUnsafe(sql);
      return rows.map((row) => String(Object.values(row)[0])).join(",");
    },
    begin: async (session, block) => {
      if (!session.prisma) {
        await prisma.$transaction((transaction) => block({ prisma: transaction }), {
          timeout: 20000,
        });
        return;
      }
      // Prisma has no transactions within one: savepoints are statements.
      const name = `inner_${session.depth}`;
      await session.prisma.$executeRawUnsafe(`savepoint ${name}`);
      try {
        await block({});
      } catch (error) {
        await session.prisma.$executeRawUnsafe(`rollback to savepoint ${name}`);
        throw error;
      }
      await session.prisma.$executeRawUnsafe(`release savepoint ${name}`);
    },
    double: async (number) => {
      const found = await prisma.numbered.findMany({ where: { id: Number(number) } });
      return String(2 * found[0].id);
    },
  };
}, sqlstate);
