"use server"
import { updateTag } from "next/cache"
import { prisma } from "@/lib/db"
import { requireSession } from "@/lib/session"

export async function cancelBooking(id: string) {
  const { userId } = await requireSession()
  await prisma.booking.delete({ where: { id, userId } })
}

export async function confirmBooking(id: string) {
  const { userId } = await requireSession()
  await prisma.booking.update({ where: { id, userId }, data: { status: "CONFIRMED" } })
}

export async function publishNotice(title: string) {
  const { userId } = await requireSession()
  await prisma.notice.create({ data: { title: title.slice(0, 200), authorId: userId } })
  updateTag("notices")
}
