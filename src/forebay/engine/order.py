"""The order of records: by fields, by related records, by how many there are, by relevance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import RequestError
from forebay.engine.scope import Source, operand
from forebay.engine.shape import Node
from forebay.engine.types import TEXT
from forebay.engine.where import linked_tables


@dataclass(frozen=True, slots=True)
class Term:
    """One part of an order. ``column`` is the field, where it is one of the records' own."""

    expression: str
    descends: bool
    nulls: str | None = None
    column: Column | None = None
    is_nullable: bool = False
    # Whether the record that it is of may be missing.
    may_be_missing: bool = False
    # Keys of the last step to a related record; without one there is no place in the order.
    ways: tuple[str, ...] = ()

    def reversed(self) -> Term:
        """Return the other direction."""
        nulls = {"FIRST": "LAST", "LAST": "FIRST"}.get(self.nulls or "")
        return replace(self, descends=not self.descends, nulls=nulls)

    @property
    def sql(self) -> str:
        """The part as SQL."""
        nulls = f" NULLS {self.nulls}" if self.nulls else ""
        return f"{self.expression} {'DESC' if self.descends else 'ASC'}{nulls}"


def terms_of(source: Source, node: Node | None) -> list[Term]:
    """Return the parts of an `orderBy`, joining what they need."""
    if node is None:
        return []
    items = node if isinstance(node, list) else [node]
    terms: list[Term] = []
    for item in items:
        if isinstance(item, dict):
            for name, value in item.items():
                terms += _term(source, name, value, ())
    return terms


def _term(source: Source, name: str, node: Node, ways: tuple[str, ...]) -> list[Term]:
    column = source.entity.columns.get(name)
    if column is not None:
        descends, nulls = direction(source, node)
        return [
            Term(
                source.sql(column),
                descends,
                nulls,
                None if ways else column,
                column.is_nullable,
                ways=ways,
            )
        ]
    if name == "_relevance" and isinstance(node, dict):
        return [_relevance(source, node)]
    link = source.entity.links.get(name)
    if link is None or not isinstance(node, dict):
        raise RequestError("P2009", f"`{name}` is not a field of `{source.entity.name}`.")
    if link.is_list:
        descends, _ = direction(source, node["_count"])
        other = source.below(link.other)
        counted = f"(SELECT count(*) FROM {linked_tables(source, link, other, 'TRUE')})"
        return [Term(counted, descends)]
    keys = link.near if link.holds_keys else []
    passed = tuple(source.sql(key) for key in keys if key.is_nullable)
    other = source.joined(link)
    # The column is another record's, which may be missing.
    return [
        replace(term, column=None, may_be_missing=term.may_be_missing or not link.is_required)
        for key, value in node.items()
        for term in _term(other, key, value, passed)
    ]


def direction(source: Source, node: Node) -> tuple[bool, str | None]:
    """Return whether an order descends, and where its nulls stand."""
    nulls = None
    if isinstance(node, dict):
        if "nulls" in node:
            nulls = str(source.scope.literal(node["nulls"])).upper()
        node = node["sort"]
    return source.scope.literal(node) == "desc", nulls


def _relevance(source: Source, node: dict[str, Node]) -> Term:
    names = source.scope.names(node["fields"])
    texts = ", ".join(source.sql(source.entity.columns[name]) for name in names)
    search = operand(source, TEXT, node["search"])
    descends, _ = direction(source, node["sort"])
    rank = f"ts_rank(to_tsvector(concat_ws(' ', {texts})), to_tsquery({search}))"
    return Term(rank, descends)


def implicit(source: Source) -> list[Term]:
    """Return the order that pages have where the request has none: by the key."""
    return [Term(source.sql(column), False, None, column) for column in source.entity.identifier]


def is_total(entity: Entity, terms: list[Term]) -> bool:
    """Say whether no two records stand at the same place."""
    names = {term.column.name for term in terms if term.column is not None}
    return any(
        all(column.name in names and not column.is_nullable for column in key)
        for key in entity.keys.values()
    )


def is_stable(entity: Entity, terms: list[Term]) -> bool:
    """Say whether Prisma thinks that an order has a place for each record of its own.

    It does not know that a compound primary key is unique, nor where nulls stand.
    """
    names = {term.column.name for term in terms if term.column is not None}
    return not any(term.is_nullable or term.may_be_missing for term in terms) and any(
        all(column.name in names for column in key)
        for key in entity.keys.values()
        if len(key) == 1 or entity.model.primary_key is None or key is not entity.identifier
    )


def cursor_condition(terms: list[Term], begun: list[str]) -> str:
    """Return the condition that a record stands at the cursor or behind it.

    ``begun`` are the queries of the cursor's own place. What is null has no place, and is taken
    along, as in Prisma.
    """
    length = len(terms)
    if length == 1:
        return _stands(terms[0], begun[0], True)
    ways = []
    for n in range(length):
        head = [_equals(terms[i], begun[i]) for i in range(length - n - 1)]
        last = length - n - 1
        ways.append(" AND ".join([*head, _stands(terms[last], begun[last], n == 0)]))
    return "(" + " OR ".join(f"({way})" for way in ways) + ")"


def _stands(term: Term, begun: str, with_equal: bool) -> str:
    sign = ("<" if term.descends else ">") + ("=" if with_equal else "")
    parts = [f"{term.expression} {sign} {begun}"]
    if term.is_nullable:
        parts += [f"{term.expression} IS NULL", f"{begun} IS NULL"]
    parts += [f"{way} IS NULL" for way in term.ways]
    return f"({' OR '.join(parts)})"


def _equals(term: Term, begun: str) -> str:
    parts = [f"{term.expression} = {begun}"]
    if term.is_nullable:
        parts += [f"{term.expression} IS NULL", f"{begun} IS NULL"]
    return f"({' OR '.join(parts)})"
