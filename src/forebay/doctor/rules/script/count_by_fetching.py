"""Rows fetched to be counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import descendants, enclosing_function, unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import properties, text_of
from forebay.schema.model import Model


def check(repository: Repository) -> Iterator[Finding]:
    """Find `findMany` of whose result only the length is used."""
    known = knowledge_of(repository)
    for query in known.queries:
        if query.operation != "findMany" or "distinct" in query.options:
            continue
        if "take" in query.options:
            continue
        if _is_only_counted(query) and not _is_of_one(query, known.model_of(query)):
            yield Finding(
                f"`{query.name}` brings every row here, and only their number is used",
                query.script.span(query.node),
            )


def _is_of_one(query: Query, model: Model | None) -> bool:
    """Whether a query asks by a value of a key, of which there is one row at the most."""
    given = properties(unwrap(query.options.get("where")))
    criteria = model.unique_criteria if model is not None else []
    keys = {one[0].name for one in criteria if len(one) == 1} or {"id"}
    return any(given[name].type != "object" for name in keys & given.keys())


def _is_only_counted(query: Query) -> bool:
    above = query.node.parent
    while above is not None and above.type in ("await_expression", "parenthesized_expression"):
        above = above.parent
    if above is None:
        return False
    if above.type == "member_expression":
        return text_of(above).endswith(".length")
    if above.type != "variable_declarator":
        return False
    name = above.child_by_field_name("name")
    scope = enclosing_function(query.node)
    if name is None or name.type != "identifier" or scope is None:
        return False
    return _uses(scope, name)


def _uses(scope: Node, name: Node) -> bool:
    """Whether a variable is read, and only ever for its length."""
    uses = [
        one
        for one in descendants(scope, "identifier", "shorthand_property_identifier")
        if one.text == name.text and one != name
    ]
    return bool(uses) and all(
        one.parent is not None
        and one.parent.type == "member_expression"
        and re.search(r"\.length$", text_of(one.parent)) is not None
        for one in uses
    )


RULE = Rule(
    code="FD323",
    name="count-by-fetching",
    severity=Severity.WARNING,
    what="Rows are read with `findMany` for their number alone.",
    why="Every row crosses the network with all its columns to become one figure: a thousand times "
    "the work of `count`, and it grows with the table.",
    fix="`prisma.model.count({ where })`; to know whether there is one at all, `findFirst` with "
    "`select: { id: true }`",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function unread(userId: string) {
  const messages = await prisma.message.findMany({ where: { userId, readAt: null } })
  return messages.length
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export async function unread(userId: string) {
  return prisma.message.count({ where: { userId, readAt: null } })
}
""",
    check=check,
)
