import { PrismaNeon } from "@prisma/adapter-neon"
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { flags?: PrismaClient }
const adapter = new PrismaNeon({ connectionString: process.env.DATABASE_URL })

export const flags = held.flags ?? new PrismaClient({ adapter })
held.flags = flags
