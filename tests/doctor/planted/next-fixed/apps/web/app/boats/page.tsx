import { prisma } from "@/lib/db"

export default async function Page() {
  const boats = await prisma.boat.findMany({ orderBy: { name: "asc" }, take: 50 })
  return <main>{boats.map((boat) => boat.name).join(", ")}</main>
}
