import { prisma } from "@/lib/db"
import { newBoat } from "@/lib/shapes"
import { requireSession } from "@/lib/session"

export async function POST(request: Request) {
  await requireSession()
  const body = await request.json()
  const { name, length } = newBoat.parse(body)
  const boat = await prisma.boat.create({
    data: { name, length, ownerId: body.ownerId }, // expect: FD318
  })
  return Response.json(boat, { status: 201 })
}

export async function PATCH(request: Request) {
  const { userId } = await requireSession()
  const { id, ...changes } = await request.json()
  const boat = await prisma.boat.update({
    where: { id, ownerId: userId },
    data: { ...changes }, // expect: FD317
  })
  return Response.json(boat)
}
