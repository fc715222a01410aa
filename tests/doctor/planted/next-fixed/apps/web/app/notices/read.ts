import { unstable_cache } from "next/cache"
import { prisma } from "@/lib/db"

export const notices = unstable_cache(
  () => prisma.notice.findMany({ orderBy: { createdAt: "desc" }, take: 20 }),
  ["notices"],
  { revalidate: 60, tags: ["notices"] },
)

export const memberCount = unstable_cache(
  () => prisma.user.count(),
  ["member-count"],
  { revalidate: 1800, tags: ["members"] },
)
