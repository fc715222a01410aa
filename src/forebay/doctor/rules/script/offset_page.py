"""Pages by offset: the further, the slower."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.rules.script.query_in_loop import short
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import declaration_of, unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import text_of

_PAGE = re.compile(r"page|offset|skip|start|\*", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `findMany` with a `skip` that is computed, and a `take`; each package once."""
    known = knowledge_of(repository)
    found: dict[str, list[tuple[Query, Node]]] = defaultdict(list)
    for query in known.queries:
        skip = _computed(query)
        if skip is not None:
            package = repository.package_of(query.script.file)
            found[package.folder if package else ""].append((query, skip))
    for pages in found.values():
        (query, skip), *more = pages
        count = f" (and {len(more)} more in this package)" if more else ""
        yield Finding(
            f"`{query.name}` reads and throws away the `{short(text_of(skip))}` rows before "
            f"its page{count}",
            query.script.span(skip),
            notes=tuple(Note("another", one.script.span(node)) for one, node in more[:3]),
        )


def _computed(query: Query) -> Node | None:
    """Return the `skip` of a page whose offset is computed, or None."""
    options = query.options if query.operation == "findMany" else {}
    skip = unwrap(options.get("skip"))
    if skip is None or "take" not in options or "cursor" in options:
        return None
    if skip.type in ("number", "ternary_expression") or "ursor" in text_of(skip):
        return None
    value: Node | None = skip
    if skip.type in ("identifier", "shorthand_property_identifier"):
        declared = declaration_of(text_of(skip), skip)
        value = unwrap(declared[1]) if declared and declared[1] is not None else skip
    return skip if value is not None and _PAGE.search(text_of(value)) else None


RULE = Rule(
    code="FD319",
    name="offset-page",
    severity=Severity.NOTE,
    what="Pages are cut with `skip` and `take`.",
    why="`OFFSET 10000 LIMIT 20` reads 10,020 rows to show 20, and shows some twice when rows are "
    "added meanwhile. Deep pages of a large table are what crawlers ask for.",
    fix="`cursor: { id }, skip: 1, take: 20`, ordered by a column with an index: as fast at any "
    "depth",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export const posts = (page: number) =>
  prisma.post.findMany({ orderBy: { publishedAt: "desc" }, skip: (page - 1) * 20, take: 20 })
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const posts = (after: string) =>
  prisma.post.findMany({
    orderBy: { publishedAt: "desc" },
    cursor: { id: after },
    skip: 1,
    take: 20,
  })
""",
    check=check,
)
