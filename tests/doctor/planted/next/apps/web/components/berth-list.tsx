"use client"
import { prisma } from "@/lib/db" // expect: FD106

export function BerthList({ port }: { port: string }) {
  const load = () => prisma.berth.findMany({ where: { port }, take: 20 })
  return <button onClick={load}>Show the berths</button>
}
