import "server-only"
import { Prisma } from "@prisma/client"
import { prisma } from "@/lib/db"
import { stripe } from "@/lib/stripe"

export const pay = (id: string) =>
  prisma.$transaction(async (tx) => {
    const booking = await tx.booking.findUniqueOrThrow({ where: { id } })
    const intent = await stripe.paymentIntents.create({ amount: booking.price, currency: "eur" }) // expect: FD303
    await tx.booking.update({ where: { id }, data: { intentId: intent.id } })
  })

export const refund = (from: string, to: string, amount: number) =>
  prisma.$transaction(async (tx) => {
    await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })
    await prisma.account.update({ where: { id: to }, data: { balance: { increment: amount } } }) // expect: FD304
  })

export const transfer = (from: string, to: string, amount: number) =>
  prisma.$transaction(
    async (tx) => {
      await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })
      await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } })
    },
    { isolationLevel: Prisma.TransactionIsolationLevel.Serializable }, // expect: FD306
  )

export const raisePrices = (berths: { id: string; price: number }[]) =>
  prisma.$transaction( // expect: FD307
    berths.map((berth) => prisma.berth.update({ where: { id: berth.id }, data: { price: berth.price } })),
  )

export const close = async (id: string) =>
  prisma.$transaction([
    await prisma.booking.updateMany({ where: { berthId: id }, data: { status: "CANCELLED" } }), // expect: FD308
    await prisma.berth.update({ where: { id }, data: { free: false } }),
  ])

export async function useCredit(id: string) {
  const user = await prisma.user.findUniqueOrThrow({ where: { id } })
  await prisma.user.update({ where: { id }, data: { credit: user.credit - 1 } }) // expect: FD325
}

export const oneAtATime = (job: number) => prisma.$queryRaw`SELECT pg_advisory_lock(${job})` // expect: FD313
