import { neon } from "@neondatabase/serverless"

export const runtime = "edge"

const sql = neon(process.env.DATABASE_URL ?? "")

export async function GET() {
  return Response.json(await sql`SELECT id, colour FROM lights LIMIT 50`)
}
