import { prisma } from "@/lib/db"

export async function GET() {
  try {
    return Response.json(await prisma.booking.findMany({ where: { status: "DUE" }, take: 20 }))
  } finally {
    await prisma.$disconnect() // expect: FD112
  }
}
