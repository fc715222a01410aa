import { Pool } from "@neondatabase/serverless"

export const runtime = "edge"

const pool = new Pool({ connectionString: process.env.DATABASE_URL }) // expect: FD115

export async function GET() {
  const { rows } = await pool.query("SELECT id, colour FROM lights LIMIT 50")
  return Response.json(rows)
}
