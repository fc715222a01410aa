"""Conditions: `where` as SQL, with the logic of nulls that Prisma's own SQL has.

Related single records are joined outside, so that a condition on none is unknown, as in Prisma;
related lists are looked at with EXISTS. ``reverse`` says that an odd number of NOTs is around.
"""

from __future__ import annotations

from forebay.engine.catalog import Link
from forebay.engine.failures import RequestError
from forebay.engine.scope import Source, is_null, matches
from forebay.engine.shape import Leaf, Node
from forebay.engine.where_scalar import compound, scalar

TRUE = "TRUE"
FALSE = "FALSE"


def conjunction(parts: list[str]) -> str:
    """Join conditions that must all hold."""
    parts = [part for part in parts if part != TRUE]
    if not parts:
        return TRUE
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def disjunction(parts: list[str]) -> str:
    """Join conditions of which one must hold."""
    if not parts:
        return FALSE
    if TRUE in parts:
        return TRUE
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def negation(part: str) -> str:
    """Turn a condition round."""
    if part == TRUE:
        return FALSE
    return TRUE if part == FALSE else f"(NOT {part})"


def where(
    source: Source, node: Node | None, *, reverse: bool = False, is_inner: bool = False
) -> str:
    """Return a condition as SQL; an ``is_inner`` one is part of an AND, OR or NOT."""
    if node is None:
        return TRUE
    if not isinstance(node, dict):
        raise RequestError("P2009", "A condition must be an object.")
    parts = [_part(source, name, value, reverse, is_inner) for name, value in node.items()]
    return conjunction(parts)


def _part(source: Source, name: str, node: Node, reverse: bool, is_inner: bool) -> str:
    if name in ("AND", "OR", "NOT") and name not in source.entity.columns:
        return _connective(source, name, node, reverse, is_inner)
    column = source.entity.columns.get(name)
    if column is not None:
        return scalar(source, column, node, reverse=reverse)
    link = source.entity.links.get(name)
    if link is not None:
        return _related(source, link, node, reverse)
    key = source.entity.keys.get(name)
    if key is not None and isinstance(node, dict):
        return compound(source, key, node)
    raise RequestError("P2009", f"`{name}` is not a field of `{source.entity.name}`.")


def items_of(node: Node) -> list[Node]:
    """Return one condition, or a list of them, as a list."""
    if isinstance(node, list):
        return node
    if isinstance(node, Leaf) and node.value == []:
        return []
    return [node]


def _connective(source: Source, name: str, node: Node, reverse: bool, is_inner: bool) -> str:
    inside = reverse != (name == "NOT")
    found = [where(source, item, reverse=inside, is_inner=True) for item in items_of(node)]
    return connected(name, found, is_inner)


def connected(name: str, found: list[str], is_inner: bool) -> str:
    """Join conditions. One that asks for nothing is left out, as if it were not there.

    Where nothing is left, an OR holds for no record, unless it is left out itself.
    """
    parts = [part for part in found if part != TRUE]
    if not parts:
        return FALSE if name == "OR" and not is_inner else TRUE
    if name == "NOT":
        return conjunction([negation(part) for part in parts])
    return conjunction(parts) if name == "AND" else disjunction(parts)


def _related(source: Source, link: Link, node: Node, reverse: bool) -> str:
    if is_null(node):
        return _is_none(source, link)
    if not isinstance(node, dict):
        raise RequestError("P2009", f"The condition on `{link.name}` must be an object.")
    if link.is_list:
        return conjunction([_many(source, link, name, one, reverse) for name, one in node.items()])
    if not node:
        return TRUE
    if set(node) <= {"is", "isNot"} and not set(node) & set(link.other.columns):
        return conjunction([_one(source, link, name, one, reverse) for name, one in node.items()])
    return _one(source, link, "is", node, reverse)


def _one(source: Source, link: Link, name: str, node: Node, reverse: bool) -> str:
    if is_null(node):
        found = _is_none(source, link)
        return found if name == "is" else negation(found)
    if source.is_written:
        inside = _linked(source, link, node, False, reverse != (name == "isNot"))
        return f"EXISTS ({inside})" if name == "is" else f"(NOT EXISTS ({inside}))"
    other = source.joined(link)
    key = other.sql((link.other.identifier or link.far)[0])
    if name == "is":
        return conjunction([where(other, node, reverse=reverse), f"{key} IS NOT NULL"])
    inner = negation(where(other, node, reverse=not reverse))
    return disjunction([inner, f"{key} IS NULL"])


def _is_none(source: Source, link: Link) -> str:
    if link.holds_keys:
        return conjunction([f"{source.sql(column)} IS NULL" for column in link.near])
    if source.is_written:
        other = source.below(link.other)
        return f"(NOT EXISTS (SELECT 1 FROM {linked_tables(source, link, other, TRUE)}))"
    other = source.joined(link)
    return conjunction([f"{other.sql(column)} IS NULL" for column in link.far])


def _many(source: Source, link: Link, name: str, node: Node, reverse: bool) -> str:
    if name == "some":
        return f"EXISTS ({_linked(source, link, node, False, reverse)})"
    if name == "none":
        return f"(NOT EXISTS ({_linked(source, link, node, False, reverse)}))"
    if name == "every":
        return f"(NOT EXISTS ({_linked(source, link, node, True, reverse)}))"
    raise RequestError("P2009", f"`{name}` is not one of `some`, `every` and `none`.")


def _linked(source: Source, link: Link, node: Node, negated: bool, reverse: bool) -> str:
    other = source.below(link.other)
    condition = where(other, node, reverse=reverse)
    if negated:
        condition = negation(condition)
    return f"SELECT 1 FROM {linked_tables(source, link, other, condition)}"


def linked_tables(source: Source, link: Link, other: Source, condition: str) -> str:
    """Return FROM and WHERE for the records that a relation leads to."""
    tables = f"{link.other.table} AS {other.alias}"
    if link.is_many_to_many:
        between = source.builder.alias("m")
        tables += (
            f" JOIN {link.join_table} AS {between}"
            f" ON {between}.{link.far_join} = {other.sql(link.far[0])}"
        )
        tie = f"{between}.{link.near_join} = {source.sql(link.near[0])}"
    else:
        tie = matches(link, source.alias, other.alias)
    joins = "".join(other.joins)
    return f"{tables}{joins} WHERE {conjunction([tie, condition])}"
