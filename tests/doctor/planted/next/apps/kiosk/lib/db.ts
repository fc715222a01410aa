import "server-only"
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma = held.prisma ?? new PrismaClient() // expect: FD104

prisma.$use(async (params, next) => next(params)) // expect: FD121
