"""Look, then create: two requests look at the same time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from forebay.doctor.finding import Finding, Note
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import descendants, enclosing_function
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import around, properties, text_of
from forebay.schema.model import Model

_CAUGHT = re.compile(r"P2002|isUniqueConstraint|UniqueConstraint|\bupsert\b|FOR UPDATE|advisory")


def check(repository: Repository) -> Iterator[Finding]:
    """Find a create that depends on a read of the same keys finding nothing."""
    known = knowledge_of(repository)
    for script in known.scripts:
        queries = known.queries_in(script)
        creates: dict[tuple[Node | None, str], list[Query]] = {}
        for query in queries:
            if query.operation == "create":
                place = (enclosing_function(query.node), query.model)
                creates.setdefault(place, []).append(query)
        seen = set()
        for query in queries:
            if query.operation not in ("findFirst", "findUnique"):
                continue
            function = enclosing_function(query.node)
            after = creates.get((function, query.model), ()) if function is not None else ()
            create = next((one for one in after if _follows(function, query, one)), None)
            if create is None or function is None or _CAUGHT.search(text_of(function)):
                continue
            keys = _shared(query, create)
            if keys and create.node.id not in seen:
                seen.add(create.node.id)
                same = " and ".join(f"`{key}`" for key in keys)
                is_unique = _is_unique(known.model_of(create), keys)
                then = "the second fails with P2002" if is_unique else f"both run `{create.name}`"
                yield Finding(
                    f"two requests that look for the same {same} at once both find none, and "
                    f"{then}",
                    script.span(create.node),
                    help=_help(is_unique, _refuses(query, create)),
                    notes=(Note("the look", script.span(query.node)),),
                )


def _follows(function: Node | None, find: Query, create: Query) -> bool:
    if function is None or create.node.start_byte < find.node.end_byte:
        return False
    # The look decides: its result is tested between the two.
    holder = next((one for one in around(find.node) if one.type == "variable_declarator"), None)
    name = holder.child_by_field_name("name") if holder is not None else None
    if name is None or name.type != "identifier":
        return False
    between = find.script.file.data[find.node.end_byte : create.node.start_byte].decode(
        errors="replace"
    )
    one = re.escape(text_of(name))
    return bool(
        re.search(rf"if\s*\(\s*{one}\s*\)\s*\{{?[^}}]*\b(return|throw)\b", between)
        or re.search(rf"if\s*\(\s*!\s*{one}\s*\)\s*\{{?[^}}]*$", between)
        or _is_over(function, text_of(name), find.node.end_byte, create.node.start_byte)
    )


def _is_over(function: Node, name: str, start: int, end: int) -> bool:
    """Whether a row that is found ends the function, on every way through the `if` about it."""
    return any(
        one.start_byte > start
        and one.end_byte <= end
        and text_of(one.child_by_field_name("condition") or one).strip("() ") == name
        and _leaves(one.child_by_field_name("consequence"))
        for one in descendants(function, "if_statement")
    )


def _leaves(node: Node | None) -> bool:
    """Whether a statement never goes on to the next."""
    while node is not None and node.type in ("statement_block", "else_clause"):
        inner = [one for one in node.named_children if one.type != "comment"]
        node = inner[-1] if inner else None
    if node is None:
        return False
    if node.type == "if_statement":
        return _leaves(node.child_by_field_name("consequence")) and _leaves(
            node.child_by_field_name("alternative")
        )
    return node.type in ("return_statement", "throw_statement")


def _refuses(find: Query, create: Query) -> bool:
    """Whether a row that is found ends in an error, so that `upsert` would change what is meant."""
    between = find.script.file.data[find.node.end_byte : create.node.start_byte].decode(
        errors="replace"
    )
    return re.search(r"if\s*\([^)]*\)\s*\{?[^}]*\bthrow\b", between) is not None


def _is_unique(model: Model | None, keys: list[str]) -> bool:
    """Whether the schema lets these keys be there once only."""
    if model is None:
        return False
    unique = [one.fields for one in model.indexes if one.kind == "unique" and one.where is None]
    if model.primary_key is not None:
        unique.append(model.primary_key.fields)
    return any({field.name for field in fields} <= set(keys) for fields in unique if fields)


def _help(is_unique: bool, refuses: bool) -> str | None:
    if refuses:
        first = "" if is_unique else "make the key unique, "
        return f"{first}create and answer P2002: what the look refuses, the index does"
    return "`upsert` by the unique key, or create and answer P2002" if is_unique else None


def _shared(find: Query, create: Query) -> list[str]:
    """Return the keys that are looked for and then written with the same value."""
    where, whole = properties(find.options.get("where")), create.options.get("data")
    if whole is not None and whole.type == "identifier":
        # All of it is written: what was looked for with it is in it.
        every = all(text_of(one) == f"{text_of(whole)}.{key}" for key, one in where.items())
        return list(where) if every and where and list(where) != ["id"] else []
    data = properties(whole)
    shared = [key for key, value in where.items() if key in data and _same(data[key], value)]
    return shared if len(shared) == len(where) and shared != ["id"] else []


def _same(one: Node, other: Node) -> bool:
    return text_of(one) == text_of(other)


RULE = Rule(
    code="FD324",
    name="find-then-create",
    severity=Severity.WARNING,
    what="A row is created because a read before it found none.",
    why="Between the two there is time for another request to do the same: without a unique index "
    "there are two rows, with one the second request fails with P2002 that nobody expects.",
    fix="`upsert` by a unique key, or create and answer P2002",
    language="ts",
    bad="""\
import { prisma } from "@/lib/prisma"

export async function join(email: string) {
  const member = await prisma.member.findUnique({ where: { email } })
  if (member) return member
  return prisma.member.create({ data: { email } })
}
""",
    good="""\
import { prisma } from "@/lib/prisma"

export const join = (email: string) =>
  prisma.member.upsert({ where: { email }, create: { email }, update: {} })
""",
    check=check,
)
