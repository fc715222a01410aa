import "server-only"
import { PrismaClient } from "@prisma/client"

const built = () =>
  new PrismaClient().$extends({
    query: { $allOperations: ({ args, query }) => query(args) },
  })

const held = globalThis as unknown as { prisma?: ReturnType<typeof built> }

export const prisma = held.prisma ?? built()
held.prisma = prisma
