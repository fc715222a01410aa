import "server-only"
import { prisma } from "@/lib/db"
import { narrowed } from "@/lib/narrow"

export const forHarbour = (tenantId: string) =>
  prisma.$extends({
    query: {
      $allModels: {
        $allOperations({ operation, args, query }) {
          return query(narrowed(operation, args, { tenantId }))
        },
      },
    },
  })

export const withoutSold = prisma.$extends({
  query: {
    boat: {
      findUnique({ args, query }) {
        return query({ ...args, where: { ...args.where, soldAt: null } })
      },
    },
  },
})
