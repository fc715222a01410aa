import "server-only"
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }

export const prisma = held.prisma ?? new PrismaClient({ log: ["warn", "error"] })

held.prisma = prisma
