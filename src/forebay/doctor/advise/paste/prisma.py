"""What Prisma's users paste: the datasource of 6.x, the two files of 7.x, the client's module."""

from __future__ import annotations

from forebay.doctor.advise.paste.facts import WAIT, Facts
from forebay.doctor.advise.situation import ADAPTERS

DATASOURCE_6 = """\
datasource db {
  provider  = "postgresql"
  url       = env("DATABASE_URL")
  directUrl = env("DIRECT_URL")
}
"""

# The URL of the configuration is what the command line migrates with; the client has its own.
CONFIG_7 = """\
import "dotenv/config";
import { defineConfig, env } from "prisma/config";

export default defineConfig({
  schema: "prisma/schema.prisma",
  datasource: { url: env("DIRECT_URL") },
});
"""

DATASOURCE_7 = """\
datasource db {
  provider = "postgresql"
}
"""

_GLOBAL = """\

const globalForPrisma = globalThis as unknown as { prisma?: PrismaClient };

// One client in a process, in production too, and after a module is loaded again.
export const prisma = (globalForPrisma.prisma ??= make());
"""


_SERVER_ONLY = """\
import "server-only"; // Next.js: refuses to be imported into what a browser loads
"""


def client_6() -> str:
    """Write the client's one module for Prisma 6, which reads its limits from the URL."""
    return (
        f'{_SERVER_ONLY}import {{ PrismaClient }} from "@prisma/client";\n\n'
        f"function make() {{\n  return new PrismaClient();\n}}\n{_GLOBAL}"
    )


def client_7(facts: Facts) -> str:
    """Write the client's one module for Prisma 7, whose limits are the adapter's."""
    return _with_adapter(
        'import { PrismaPg } from "@prisma/adapter-pg";\n',
        "  const adapter = new PrismaPg({\n"
        "    connectionString: process.env.DATABASE_URL,\n"
        f"    max: {facts.limit}, // connection_limit in the URL is not read here\n"
        f"    connectionTimeoutMillis: {WAIT * 1000},\n"
        "  });\n",
    )


def client_over_http(version: int) -> str:
    """Write the client's one module with Neon's driver over HTTP."""
    # The adapter of Prisma 6 has it in capitals.
    name = "PrismaNeonHttp" if version >= ADAPTERS else "PrismaNeonHTTP"
    return _with_adapter(
        f'import {{ {name} }} from "@prisma/adapter-neon";\n',
        "  // HTTP has no transactions. For $transaction and nested writes, over a WebSocket:\n"
        "  // new PrismaNeon({ connectionString: process.env.DATABASE_URL, max: 1 })\n"
        f"  const adapter = new {name}(process.env.DATABASE_URL!, {{}});\n",
        "./generated/prisma/client" if version >= ADAPTERS else "@prisma/client",
    )


def _with_adapter(imported: str, made: str, client: str = "./generated/prisma/client") -> str:
    return (
        f'{_SERVER_ONLY}import {{ PrismaClient }} from "{client}";\n{imported}\n'
        f"function make() {{\n{made}  return new PrismaClient({{ adapter }});\n}}\n{_GLOBAL}"
    )
