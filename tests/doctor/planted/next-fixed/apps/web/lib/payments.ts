import "server-only"
import { Prisma } from "@prisma/client"
import { prisma } from "@/lib/db"
import { stripe } from "@/lib/stripe"

export async function pay(id: string) {
  const booking = await prisma.booking.findUniqueOrThrow({ where: { id } })
  const intent = await stripe.paymentIntents.create(
    { amount: booking.price, currency: "eur" },
    { idempotencyKey: id },
  )
  await prisma.booking.update({ where: { id }, data: { intentId: intent.id } })
}

export const refund = (from: string, to: string, amount: number) =>
  prisma.$transaction(async (tx) => {
    await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })
    await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } })
  })

export async function transfer(
  from: string,
  to: string,
  amount: number,
  tries = 3,
): Promise<void> {
  try {
    await prisma.$transaction(
      async (tx) => {
        await tx.account.update({ where: { id: from }, data: { balance: { decrement: amount } } })
        await tx.account.update({ where: { id: to }, data: { balance: { increment: amount } } })
      },
      { isolationLevel: Prisma.TransactionIsolationLevel.Serializable },
    )
  } catch (error) {
    const code = error instanceof Prisma.PrismaClientKnownRequestError ? error.code : ""
    if (tries === 1 || code !== "P2034") throw error
    await transfer(from, to, amount, tries - 1)
  }
}

export const raisePrices = (ids: string[], by: number) =>
  prisma.berth.updateMany({ where: { id: { in: ids } }, data: { price: { increment: by } } })

export const close = (id: string) =>
  prisma.$transaction([
    prisma.booking.updateMany({ where: { berthId: id }, data: { status: "CANCELLED" } }),
    prisma.berth.update({ where: { id }, data: { free: false } }),
  ])

export const useCredit = (id: string) =>
  prisma.user.update({ where: { id, credit: { gt: 0 } }, data: { credit: { decrement: 1 } } })

export const oneAtATime = (job: number, work: (tx: Prisma.TransactionClient) => Promise<void>) =>
  prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(${job})`
    await work(tx)
  })
