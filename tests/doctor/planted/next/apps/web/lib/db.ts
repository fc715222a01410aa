import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma =
  held.prisma ??
  new PrismaClient({ // expect: FD107
    log: ["query", "error"], // expect: FD114
    transactionOptions: { maxWait: 5000, timeout: 10000 },
  })

if (process.env.NODE_ENV !== "production") held.prisma = prisma // expect: FD105
