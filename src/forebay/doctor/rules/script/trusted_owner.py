"""The owner of a row, as the client says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.inputs import sent_names, values
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.next import Entry, Kind
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import names_of, text_of

_OWNER = re.compile(r"^(data|create|where)\.(userId|authorId|ownerId|createdById|user\.connect\.id"
                    r"|author\.connect\.id|owner\.connect\.id)$")  # fmt: skip


def check(repository: Repository) -> Iterator[Finding]:
    """Find writes whose owner is a field of the request that nothing is compared with."""
    known = knowledge_of(repository)
    for script in known.scripts:
        reached: dict[int, bool] = {}
        for query in known.queries_in(script):
            entry = known.entry_of(script, query.node) if query.is_write else None
            if entry is None or entry.kind not in (
                Kind.ROUTE, Kind.ACTION, Kind.API, Kind.HANDLER
            ):  # fmt: skip
                continue
            if re.search(r"webhook|cron|admin|internal", script.file.path):
                continue
            if entry.node.id not in reached:
                reached[entry.node.id] = known.is_reached(script, entry)
            if not reached[entry.node.id]:
                continue
            finding = _finding(known, entry, query)
            if finding is not None:
                yield finding


def _finding(known: Knowledge, entry: Entry, query: Query) -> Finding | None:
    sent = known.told(sent_names, entry)
    for part in ("data", "create", "where"):
        for path, value in values(query.options.get(part), part):
            root = names_of(value)[0]
            direct = text_of(value).startswith(("req.body.", "request.body."))
            if not _OWNER.match(path) or (root not in sent and not direct):
                continue
            if value.type not in (
                "identifier",
                "member_expression",
                "shorthand_property_identifier",
            ):
                continue
            if _is_compared(entry, text_of(value)):
                continue
            said = sent.get(root, "the request")
            return Finding(
                f"`{path.partition('.')[2]}` is {said}: whoever calls {entry.label} names the "
                "owner, and may name another",
                query.script.span(value),
            )
    return None


def _is_compared(entry: Entry, name: str) -> bool:
    """Whether the value is compared with something, or given to a function that may refuse it."""
    one = re.escape(name)
    return bool(
        re.search(rf"{one}\s*[!=]==?|[!=]==?\s*{one}\b", entry.text)
        or re.search(
            rf"\b\w*(check|can|verify|ensure|require|assert|authori|has|is|get|permission|access"
            rf"|session|member)\w*\([^()]*{one}",
            entry.text,
            re.IGNORECASE,
        )
    )


RULE = Rule(
    code="FD318",
    name="trusted-owner",
    severity=Severity.ERROR,
    what="A write takes the owner's id from what the client sent.",
    why="Any caller can write in another's name by changing one id: the most common hole of "
    "interfaces there is.",
    fix="take the owner from the session, and compare ids that the client sends with it",
    language="ts",
    path="app/api/posts/route.ts",
    bad="""\
import { prisma } from "@/lib/prisma"
import { newPost } from "@/lib/shapes"

export async function POST(request: Request) {
  const body = await request.json()
  const { title } = newPost.parse(body)
  await prisma.post.create({ data: { title, authorId: body.authorId } })
  return new Response(null, { status: 201 })
}
""",
    good="""\
import { auth } from "@/lib/auth"
import { prisma } from "@/lib/prisma"
import { newPost } from "@/lib/shapes"

export async function POST(request: Request) {
  const { userId } = await auth()
  const { title } = newPost.parse(await request.json())
  await prisma.post.create({ data: { title, authorId: userId } })
  return new Response(null, { status: 201 })
}
""",
    check=check,
)
