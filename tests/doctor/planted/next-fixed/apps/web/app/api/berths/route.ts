import { prisma } from "@/lib/db"

export async function GET() {
  return Response.json(await prisma.berth.findMany({ where: { free: true }, take: 50 }))
}
