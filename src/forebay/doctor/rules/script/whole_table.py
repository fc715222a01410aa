"""A whole table, read for a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.next import Kind
from forebay.doctor.script.nodes import unwrap

# Tables that stay short because people fill them one by one.
_SHORT = re.compile(
    r"categor|tag|role|permission|plan|countr|languag|setting|currenc|type|status|config|locale"
    r"|feature|tier|region|kind|flag|label|option|price|product(?!ion)|brand|banner|owner|menu"
    r"|slide|cit(y|ies)$|state$|department|template|genre|sector|billboard|size|colou?r",
    re.IGNORECASE,
)


# What reads everything on purpose, when nobody waits for it.
_WHOLE = re.compile(r"cron|backup|export|sitemap|feed|rss", re.IGNORECASE)


_DISTINCT = (
    "`groupBy({ by: […] })`, which the database answers: Prisma reads all rows and keeps the "
    "distinct ones itself, unless `nativeDistinct` is on"
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `findMany` in what answers requests, with neither `where` nor `take`."""
    known = knowledge_of(repository)
    for script in known.scripts:
        for query in known.queries_in(script):
            if query.operation != "findMany" or _SHORT.search(query.model):
                continue
            entry = known.entry_of(script, query.node)
            if entry is None or entry.kind is Kind.COMPONENT or _WHOLE.search(script.file.path):
                continue
            if not known.is_reached(script, entry):
                continue
            given = query.call.arguments
            shape = unwrap(given[0]) if given else None
            if given and (shape is None or shape.type != "object"):
                continue
            if shape is not None and any(
                one.type == "spread_element" for one in shape.named_children
            ):
                continue
            if query.options.keys() & {"where", "take", "cursor"}:
                continue
            yield Finding(
                f"{entry.label} reads every `{query.model}` there is",
                script.span(query.node),
                help=_DISTINCT if "distinct" in query.options else None,
            )


RULE = Rule(
    code="FD320",
    name="whole-table",
    severity=Severity.NOTE,
    what="A request reads all rows of a table: `findMany` with neither `where` nor `take`.",
    why="It is fast with the rows of today. Later one request fills the process's memory and keeps "
    "a connection busy for seconds.",
    fix="state `take`, and page by a cursor",
    language="ts",
    path="app/posts/page.tsx",
    bad="""\
import { prisma } from "@/lib/prisma"

export default async function Page() {
  const posts = await prisma.post.findMany({ orderBy: { publishedAt: "desc" } })
  return <main>{posts.length}</main>
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export default async function Page() {
  const posts = await prisma.post.findMany({ orderBy: { publishedAt: "desc" }, take: 20 })
  return <main>{posts.length}</main>
}
""",
    check=check,
)
