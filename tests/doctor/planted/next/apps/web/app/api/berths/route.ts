import { PrismaClient } from "@prisma/client"

export async function GET() {
  const prisma = new PrismaClient() // expect: FD101
  return Response.json(await prisma.berth.findMany({ where: { free: true }, take: 50 }))
}
