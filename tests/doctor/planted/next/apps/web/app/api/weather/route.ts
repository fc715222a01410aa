import { Pool } from "pg"

export async function GET() {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 }) // expect: FD109
  const { rows } = await pool.query("SELECT at, wind FROM weather ORDER BY at DESC LIMIT 24")
  return Response.json(rows)
}
