import "server-only"
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }
const isProduction = process.env.NODE_ENV === "production"

export const prisma =
  held.prisma ??
  new PrismaClient({
    log: isProduction ? ["error"] : ["query", "warn", "error"],
    transactionOptions: { maxWait: 5000, timeout: 10000 },
  })

held.prisma = prisma
