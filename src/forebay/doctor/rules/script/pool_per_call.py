"""A driver's pool, built in a function that runs for each request."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.deployment import Platform
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.builds import pools_built_in
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.script import function_name


def check(repository: Repository) -> Iterator[Finding]:
    """Find pools that a function builds and keeps to itself."""
    known = knowledge_of(repository)
    for script in known.scripts:
        for build in pools_built_in(script):
            if not build.is_per_call or build.function is None:
                continue
            serverless = repository.is_serverless(script.file)
            if serverless is not None and serverless.platform is Platform.CLOUDFLARE:
                continue  # there a connection may not outlive its request
            entry = known.entry_of(script, build.call.node)
            name = function_name(build.function)
            where = entry.label if entry else f"function `{name}`" if name else "a function"
            yield Finding(
                f"`{build.call.name}` builds a pool at every call of {where}",
                script.span(build.call.node),
            )


RULE = Rule(
    code="FD109",
    name="pool-per-call",
    severity=Severity.ERROR,
    what="A connection pool of `pg`, `postgres` or `mysql2` is built inside a function that runs "
    "for each request.",
    why="A pool that serves one call saves nothing and keeps its connections until they time out: "
    "under load they are all there are.",
    fix="build the pool once, at the top of a module, and import it",
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { Pool } from "pg"

export async function GET() {
  const pool = new Pool({ connectionString: process.env.DATABASE_URL })
  const { rows } = await pool.query("SELECT id, title FROM posts LIMIT 20")
  return Response.json(rows)
}
""",
    good="""\
import { Pool } from "pg"

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 })

export async function GET() {
  const { rows } = await pool.query("SELECT id, title FROM posts LIMIT 20")
  return Response.json(rows)
}
""",
    check=check,
)
