"""Neon's WebSocket pool, kept longer than the request where that is not allowed."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.deployment import Platform
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import runs_at_edge
from forebay.doctor.script.nodes import enclosing_function


def check(repository: Repository) -> Iterator[Finding]:
    """Find `Pool` and `Client` of Neon's driver at the top of files that run at the edge."""
    for script in knowledge_of(repository).scripts:
        names = {
            local
            for local, one in script.imports.items()
            if one.source == "@neondatabase/serverless" and one.name in ("Pool", "Client")
        }
        if not names:
            continue
        says = runs_at_edge(script)
        where = repository.is_serverless(script.file)
        at_edge = where if where is not None and where.platform is Platform.CLOUDFLARE else None
        if says is None and at_edge is None:
            continue
        for call in script.calls:
            if not call.is_new or call.name not in names or enclosing_function(call.node):
                continue
            span = script.span(says) if says is not None else at_edge.evidence if at_edge else None
            yield Finding(
                f"`new {call.name}()` outlives its request, and the edge runtime closes a "
                "request's sockets when it ends",
                script.span(call.node),
                notes=(Note("it runs at the edge", span),),
            )


RULE = Rule(
    code="FD115",
    name="neon-pool-shared-at-edge",
    severity=Severity.ERROR,
    what="Neon's `Pool` or `Client` is built at the top of a file that runs at the edge.",
    why="Its WebSocket belongs to the request that opened it; the next one finds a dead socket, "
    "and hangs or fails.",
    fix="build it in the handler and end it there (`ctx.waitUntil(pool.end())`), or use `neon()`, "
    "which asks over HTTP",
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { Pool } from "@neondatabase/serverless"

export const runtime = "edge"
const pool = new Pool({ connectionString: process.env.DATABASE_URL })

export async function GET() {
  return Response.json((await pool.query("SELECT id FROM posts LIMIT 20")).rows)
}
""",
    good="""\
import { neon } from "@neondatabase/serverless"

export const runtime = "edge"
const sql = neon(process.env.DATABASE_URL!)

export async function GET() {
  return Response.json(await sql`SELECT id FROM posts LIMIT 20`)
}
""",
    check=check,
)
