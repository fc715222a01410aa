import "server-only"
import { prisma } from "./db"

export function entryOfReference(reference: string) {
  return prisma.entry.findFirst({ where: { reference }, select: { id: true, amount: true } })
}
