import { prisma } from "@/lib/db"

export const runtime = "nodejs"

export async function GET() {
  return Response.json(await prisma.tide.findMany({ where: { port: "north" }, take: 20 }))
}
