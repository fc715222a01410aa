import "server-only"
import { PrismaPg } from "@prisma/adapter-pg"
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { prisma?: PrismaClient }
const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL, max: 2 })

export const prisma = held.prisma ?? new PrismaClient({ adapter })
held.prisma = prisma
