import "server-only"
import { cookies } from "next/headers"
import { prisma } from "@/lib/db"

export async function requireSession() {
  const token = (await cookies()).get("session")?.value ?? ""
  const session = await prisma.session.findUnique({ where: { token } })
  if (session === null) throw new Error("not signed in")
  return session
}
