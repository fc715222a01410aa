import { prisma } from "@/lib/db"

export async function GET(request: Request) {
  const name = new URL(request.url).searchParams.get("name") ?? ""
  return Response.json(await search(name))
}

function search(name: string) {
  return prisma.$queryRawUnsafe(`SELECT id, name FROM boat WHERE name ILIKE '${name}%' LIMIT 20`) // expect: FD312
}
