import { prisma } from "@/lib/db"
import { boatChange, newBoat } from "@/lib/shapes"
import { requireSession } from "@/lib/session"

export async function POST(request: Request) {
  const { userId } = await requireSession()
  const { name, length } = newBoat.parse(await request.json())
  const boat = await prisma.boat.create({ data: { name, length, ownerId: userId } })
  return Response.json(boat, { status: 201 })
}

export async function PATCH(request: Request) {
  const { userId } = await requireSession()
  const { id, ...changes } = boatChange.parse(await request.json())
  const boat = await prisma.boat.update({
    where: { id, ownerId: userId },
    data: { ...changes },
  })
  return Response.json(boat)
}
