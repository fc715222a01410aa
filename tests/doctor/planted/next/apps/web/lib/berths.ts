import "server-only"
import { prisma } from "@/lib/db"

export async function withOwners(berths: { id: string; ownerId: string }[]) {
  const found = []
  for (const berth of berths) {
    found.push(await prisma.user.findUnique({ where: { id: berth.ownerId } })) // expect: FD301
  }
  return found
}

export async function withBoats(berths: { id: string; boatId: string }[]) {
  return Promise.all(
    berths.map((berth) => prisma.boat.findUnique({ where: { id: berth.boatId } })), // expect: FD302
  )
}

export const page = (number: number) =>
  prisma.berth.findMany({ orderBy: { name: "asc" }, skip: number * 20, take: 20 }) // expect: FD319

export async function freeBerths(port: string) {
  const berths = await prisma.berth.findMany({ where: { port, free: true } }) // expect: FD323
  return berths.length
}

export async function berthNamed(name: string, port: string) {
  const known = await prisma.berth.findFirst({ where: { name, port } })
  if (known) return known
  return prisma.berth.create({ data: { name, port } }) // expect: FD324
}

export const plan = (port: string) =>
  prisma.port.findUnique({
    where: { id: port },
    include: { piers: { include: { berths: { include: { bookings: { include: { boat: true } } } } } } }, // expect: FD321
  })

export const figures = () =>
  Promise.all([ // expect: FD322
    prisma.boat.count(),
    prisma.berth.count(),
    prisma.booking.count(),
    prisma.user.count(),
  ])

export async function seen(id: string) {
  prisma.berth.update({ where: { id }, data: { views: { increment: 1 } } }) // expect: FD309
}
