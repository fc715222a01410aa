import { prisma } from "@/lib/db" // expect: FD108

export const runtime = "edge"

export async function GET() {
  return Response.json(await prisma.tide.findMany({ where: { port: "north" }, take: 20 }))
}
