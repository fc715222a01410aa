"use server"
import { prisma } from "@/lib/db"

export async function loadBerths(port: string) {
  return prisma.berth.findMany({ where: { port }, take: 20 })
}
