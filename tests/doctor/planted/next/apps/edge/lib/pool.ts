import { Pool } from "@neondatabase/serverless"

export const pool = new Pool({ connectionString: process.env.DATABASE_URL }) // expect: FD116
