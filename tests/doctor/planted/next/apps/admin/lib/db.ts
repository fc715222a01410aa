import "server-only"
import { PrismaPg } from "@prisma/adapter-pg"
import { PrismaClient } from "@prisma/client"

const adapter = new PrismaPg({ connectionString: process.env.DATABASE_URL }) // expect: FD111

export const prisma = new PrismaClient({ adapter }) // expect: FD103
