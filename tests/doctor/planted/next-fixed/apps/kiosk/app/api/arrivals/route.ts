import { prisma } from "@/lib/db"

export async function GET() {
  return Response.json(await prisma.booking.findMany({ where: { status: "DUE" }, take: 20 }))
}
