"""Neon's WebSocket pool in a Node.js that has no WebSocket."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import runs_at_edge

# Node.js has a WebSocket of its own from 22 on.
_OLD = re.compile(r"\"node\"\s*:\s*\"[^\"]*?\b(14|16|18|20)\b[^\"]*\"")


def check(repository: Repository) -> Iterator[Finding]:
    """Find Neon pools in packages for Node.js before 22 that set no WebSocket constructor."""
    known = knowledge_of(repository)
    for script in known.scripts:
        if "@neondatabase/serverless" not in script.file.text or runs_at_edge(script):
            continue
        names = {
            local
            for local, one in script.imports.items()
            if one.source == "@neondatabase/serverless" and one.name in ("Pool", "Client")
        }
        call = next((one for one in script.calls if one.is_new and one.name in names), None)
        if call is None or any(
            "webSocketConstructor" in one.file.text or "poolQueryViaFetch" in one.file.text
            for one in known.scripts
        ):
            continue
        old = _old_node(repository, script.file)
        if old is not None:
            yield Finding(
                f"`{call.name}` needs a WebSocket, and this Node.js has none of its own",
                script.span(call.node),
                notes=(old,),
            )


def _old_node(repository: Repository, file: File) -> Note | None:
    for package in repository.packages:
        if not file.path.startswith(package.folder):
            continue
        for manifest in package.manifests:
            found = _OLD.search(manifest.text)
            if found is not None:
                return Note("it is asked for here", manifest.span(*found.span()))
    return None


RULE = Rule(
    code="FD116",
    name="neon-without-websocket",
    severity=Severity.ERROR,
    what="Neon's `Pool` or `Client` is used on Node.js before 22 without a WebSocket constructor.",
    why="The driver connects through WebSocket, which Node.js has only from 22 on: the first query "
    "fails with `All attempts to open a WebSocket to connect to the database failed`.",
    fix='`import ws from "ws"; neonConfig.webSocketConstructor = ws`, once, before the pool',
    language="ts",
    path="lib/pool.ts",
    bad="""\
import { Pool } from "@neondatabase/serverless"

export const pool = new Pool({ connectionString: process.env.DATABASE_URL })
""",
    good="""\
import { Pool, neonConfig } from "@neondatabase/serverless"
import ws from "ws"

neonConfig.webSocketConstructor = ws
export const pool = new Pool({ connectionString: process.env.DATABASE_URL })
""",
    files={"package.json": '{"engines": {"node": ">=20"}, "dependencies": {"ws": "8.18.0"}}\n'},
    check=check,
)
