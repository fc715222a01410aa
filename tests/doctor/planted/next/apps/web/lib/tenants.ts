import "server-only"
import { prisma } from "@/lib/db"

export const forHarbour = (tenantId: string) =>
  prisma.$extends({
    query: {
      $allModels: { // expect: FD310
        findMany({ args, query }) {
          return query({ ...args, where: { ...args.where, tenantId } })
        },
        findFirst({ args, query }) {
          return query({ ...args, where: { ...args.where, tenantId } })
        },
        update({ args, query }) {
          return query({ ...args, where: { ...args.where, tenantId } })
        },
      },
    },
  })

export const withoutSold = prisma.$extends({
  query: {
    boat: {
      findUnique({ args }) {
        return prisma.boat.findFirst({ where: { ...args.where, soldAt: null } }) // expect: FD311
      },
    },
  },
})
