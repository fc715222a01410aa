import "server-only"
import { prisma } from "@/lib/db"

export function withOwners(berths: { id: string; ownerId: string }[]) {
  const ids = berths.map((berth) => berth.ownerId)
  return prisma.user.findMany({ where: { id: { in: ids } } })
}

export function withBoats(berths: { id: string; boatId: string }[]) {
  const ids = berths.map((berth) => berth.boatId)
  return prisma.boat.findMany({ where: { id: { in: ids } } })
}

export const page = (after: string) =>
  prisma.berth.findMany({ orderBy: { name: "asc" }, cursor: { id: after }, skip: 1, take: 20 })

export const freeBerths = (port: string) => prisma.berth.count({ where: { port, free: true } })

export const berthNamed = (name: string, port: string) =>
  prisma.berth.upsert({
    where: { port_name: { port, name } },
    create: { name, port },
    update: {},
  })

export const plan = (port: string) =>
  prisma.port.findUnique({
    where: { id: port },
    select: { id: true, piers: { select: { name: true, berths: { select: { name: true } } } } },
  })

export const figures = () =>
  prisma.$transaction([
    prisma.boat.count(),
    prisma.berth.count(),
    prisma.booking.count(),
    prisma.user.count(),
  ])

export async function seen(id: string) {
  await prisma.berth.update({ where: { id }, data: { views: { increment: 1 } } })
}
