"""A number read, changed here and written back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.inputs import values
from forebay.doctor.script.knowledge import Knowledge, knowledge_of
from forebay.doctor.script.nodes import declaration_of, unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import Script, names_of, text_of


def check(repository: Repository) -> Iterator[Finding]:
    """Find updates whose value is a read row's own field plus or minus something."""
    known = knowledge_of(repository)
    for query in known.queries:
        if query.operation not in ("update", "updateMany", "upsert"):
            continue
        part = query.options.get("data") or query.options.get("update")
        for path, value in values(part):
            read = _read_for(known, query.script, path, value)
            if read is not None and read.model == query.model:
                yield Finding(
                    f"`{path}` is read, changed here and written back: of two requests at once "
                    "one is lost",
                    query.script.span(value),
                    notes=(Note("it is read here", query.script.span(read.node)),),
                )


def _read_for(known: Knowledge, script: Script, path: str, value: Node) -> Query | None:
    """Return the read of a row whose field ``path`` the value adds to, or None."""
    if value.type != "binary_expression" or not re.search(r"[+-]", text_of(value)):
        return None
    left = unwrap(value.child_by_field_name("left"))
    names = names_of(left)
    operator = value.child_by_field_name("operator")
    if len(names) != 2 or names[1] != path or operator is None:
        return None
    if text_of(operator) not in ("+", "-"):
        return None
    found = declaration_of(names[0], value)
    holder = found[1] if found is not None else None
    if holder is None:
        return None
    return next(
        (
            query
            for query in known.queries_in(script)
            if query.is_read and holder.start_byte <= query.node.start_byte < holder.end_byte
        ),
        None,
    )


RULE = Rule(
    code="FD325",
    name="lost-update",
    severity=Severity.WARNING,
    what="A number is read, changed in the program and written back.",
    why="Two requests read 7 and both write 8: one of them is lost, and stock, credits or balances "
    "are wrong without any error.",
    fix="let the database count: `data: { stock: { decrement: 1 } }`, with the lower limit in "
    "`where`",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function take(id: string) {
  const item = await prisma.item.findUniqueOrThrow({ where: { id } })
  await prisma.item.update({ where: { id }, data: { stock: item.stock - 1 } })
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const take = (id: string) =>
  prisma.item.update({ where: { id, stock: { gt: 0 } }, data: { stock: { decrement: 1 } } })
""",
    check=check,
)
