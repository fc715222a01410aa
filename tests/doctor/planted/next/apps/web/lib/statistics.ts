import "server-only"
import { PrismaClient } from "@prisma/client"

const held = globalThis as unknown as { statistics?: PrismaClient }

const prisma = held.statistics ?? new PrismaClient() // expect: FD102
held.statistics = prisma

export const boats = () => prisma.boat.count()
