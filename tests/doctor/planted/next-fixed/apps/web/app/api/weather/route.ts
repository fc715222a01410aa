import { pool } from "@/lib/pool"

export async function GET() {
  const { rows } = await pool.query("SELECT at, wind FROM weather ORDER BY at DESC LIMIT 24")
  return Response.json(rows)
}
