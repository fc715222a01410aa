import "server-only"
import { prisma } from "@/lib/db"

export const setFee = (port: string, fee: number) =>
  prisma.$transaction(async (tx) => { // expect: FD305
    const found = await tx.port.findUniqueOrThrow({ where: { id: port } })
    await tx.port.update({ where: { id: port }, data: { fee, before: found.fee } })
  })
