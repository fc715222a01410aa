import "server-only"
import { prisma } from "@/lib/db"

export const boats = () => prisma.boat.count()
