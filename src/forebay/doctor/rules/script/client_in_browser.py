"""The Prisma client, imported by a file that is sent to the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.next import is_client
from forebay.doctor.script.nodes import declarations_in, descendants, is_inside
from forebay.doctor.script.script import Import, Script, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find `use client` files that import a client's module, or a helper that does."""
    known = knowledge_of(repository)
    for script in known.scripts:
        if not is_client(script):
            continue
        seen = set()
        for local, one in script.imports.items():
            if one.is_type or one.source in seen:
                continue
            finding = _direct(known, script, local, one) or _behind(known, script, one)
            if finding is not None and _is_value(script, local):
                seen.add(one.source)
                yield finding


def _direct(known: Knowledge, script: Script, local: str, one: Import) -> Finding | None:
    file = known.modules.file(script.file, one.source)
    is_package = one.source.startswith("@prisma/client") and one.name == "PrismaClient"
    if not is_package and not (file is not None and _is_client_module(known, file, one.name)):
        return None
    return Finding(
        f"`{local}` is the Prisma client, and this file is sent to the browser",
        script.span(one.node),
        notes=(Note("`use client` is here", script.file.line_span(1)),),
    )


def _behind(known: Knowledge, script: Script, one: Import) -> Finding | None:
    file = known.modules.file(script.file, one.source)
    helper = known.by_path.get(file.path) if file is not None else None
    if helper is None or helper.directives or "server-only" in helper.file.text:
        return None
    for local, inner in helper.imports.items():
        source = known.modules.file(helper.file, inner.source)
        if inner.is_type or source is None or not _is_client_module(known, source, inner.name):
            continue
        taken = _exported(helper, one.name)
        if taken is not None and any(
            query.client[0] == local and is_inside(query.node, taken)
            for query in known.queries_in(helper)
        ):
            return Finding(
                f"`{one.source}` uses the Prisma client, and this file takes it to the browser",
                script.span(one.node),
                notes=(Note("it is imported there", helper.span(inner.node)),),
            )
    return None


def _exported(helper: Script, name: str) -> Node | None:
    """Return the statement that exports a name."""
    for statement in helper.tree.root_node.named_children:
        if statement.type == "export_statement":
            inner = statement.child_by_field_name("declaration")
            own = inner.child_by_field_name("name") if inner is not None else None
            if own is not None and text_of(own) == name:
                return statement
            for left, _ in declarations_in(statement):
                if text_of(left) == name:
                    return statement
    return None


def _is_client_module(known: Knowledge, file: File, name: str) -> bool:
    script = known.by_path.get(file.path)
    if script is None or script.directives or name[:1].isupper() or name == "type":
        return False
    return known.clients.builds(file) and (name == "default" or "prisma" in name.lower()
                                           or name in ("db", "client", "database"))  # fmt: skip


def _is_value(script: Script, local: str) -> bool:
    """Whether a name is used as more than a type: other imports do not reach the browser."""
    if len(re.findall(rf"\b{re.escape(local)}\b", script.file.text)) < 2:
        return False
    return any(
        text_of(one) == local
        and one.parent is not None
        and one.parent.type not in ("import_specifier", "import_clause", "type_query")
        for one in descendants(script.tree.root_node, "identifier")
    )


RULE = Rule(
    code="FD106",
    name="client-in-browser",
    severity=Severity.ERROR,
    what="A file that is sent to the browser imports the Prisma client.",
    why="The browser has no connection to the database: the page fails with `PrismaClient is "
    "unable to run in this browser environment`, or the build carries server code to everybody.",
    fix="read in a server component or an action and hand the result down; put "
    '`import "server-only"` into the client\'s module, and the build refuses it',
    language="tsx",
    path="components/posts.tsx",
    bad="""\
"use client"
import { prisma } from "@/lib/prisma"

export function Posts() {
  const load = () => prisma.post.findMany({ take: 20 })
  return <button onClick={load}>Load</button>
}
""",
    good="""\
"use client"
import { loadPosts } from "@/app/actions"

export function Posts() {
  return <button onClick={() => loadPosts()}>Load</button>
}
""",
    files={
        "lib/prisma.ts": 'import { PrismaClient } from "@prisma/client"\n\n'
        "export const prisma = new PrismaClient()\n",
        "app/actions.ts": '"use server"\nimport { prisma } from "@/lib/prisma"\n\n'
        "export async function loadPosts() {\n  return prisma.post.findMany({ take: 20 })\n}\n",
    },
    check=check,
)
