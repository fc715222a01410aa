import { PrismaClient } from "@prisma/client/edge" // expect: FD117

const held = globalThis as unknown as { flags?: PrismaClient }

export const flags = held.flags ?? new PrismaClient()
held.flags = flags
