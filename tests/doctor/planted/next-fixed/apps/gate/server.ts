import { PrismaClient } from "@prisma/client"
import express from "express"

const prisma = new PrismaClient()
const app = express()

app.get("/open/:code", async (request, response) => {
  const code = await prisma.code.findUnique({ where: { code: request.params.code } })
  response.status(code === null ? 403 : 204).end()
})

const server = app.listen(3000)
process.on("SIGTERM", () => server.close(() => prisma.$disconnect()))
