"""Writes to related records inside a write.

*Before* a record are those that give it its keys; *after* it, in the request's order, those that
take their keys from it, or look at the records that it is related to already.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol, TypeAlias

from forebay.engine.catalog import Link
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope, is_null
from forebay.engine.shape import Leaf, Node
from forebay.engine.where import items_of
from forebay.engine.write.context import Context, Raw, Steps

Run: TypeAlias = Generator[Any, Any, Any]


class Before(Protocol):
    """Gives the keys of a related record, by the names of its columns."""

    def run(self, context: Context, old: Raw | None) -> Steps:
        """Do it; ``old`` is the record as it was, where it is updated."""


class After(Protocol):
    """Writes related records once the record itself is written."""

    link: Link

    def run(self, context: Context, parent: Raw) -> Steps:
        """Do it for a record."""


def before(
    scope: Scope, link: Link, node: Node, *, is_new: bool = True
) -> list[tuple[Link, Before]]:
    """Return what is done before a record that holds the keys of a relation."""
    from forebay.engine.write import single

    found: list[tuple[Link, Before]] = []
    for name, value in operations(link, node):
        if name == "create":
            found.append((link, single.MakeFirst(scope, link, value, is_new=is_new)))
        elif name == "connect":
            found.append((link, single.FindFirst(scope, link, value, is_new=is_new)))
        elif name == "connectOrCreate":
            found.append((link, single.FindOrMakeFirst(scope, link, value, is_new=is_new)))
        else:
            raise unknown(link, name)
    return found


def after(scope: Scope, link: Link, node: Node, *, is_new: bool) -> list[After]:
    """Return what is done after a record whose keys others hold, or that has a table between."""
    from forebay.engine.write import many, single

    make = many.operation if link.is_list else single.operation
    found: list[After] = []
    for name, value in operations(link, node):
        found += make(scope, link, name, value, is_new=is_new)
    return found


def around(scope: Scope, link: Link, node: Node) -> tuple[list[tuple[Link, Before]], list[After]]:
    """Return what is done before and after a record that is updated."""
    from forebay.engine.write import single

    if not link.holds_keys:
        return [], after(scope, link, node, is_new=False)
    first: list[tuple[Link, Before]] = []
    then: list[After] = []
    for name, value in operations(link, node):
        if name in ("create", "connect", "connectOrCreate"):
            first += before(scope, link, {name: value}, is_new=False)
        else:
            then += single.held(scope, link, name, value)
    return first, then


def operations(link: Link, node: Node) -> list[tuple[str, Node]]:
    """Return the operations on a relation, in the request's order."""
    if not isinstance(node, dict):
        raise RequestError("P2009", f"`{link.name}` must be given an object of operations.")
    return [(name, value) for name, value in node.items() if not is_null(value)]


def items(node: Node, scope: Scope | None = None) -> list[dict[str, Node]]:
    """Return one object, or a list of them, as a list."""
    found: list[dict[str, Node]] = []
    for item in items_of(node):
        if isinstance(item, Leaf) and scope is not None:
            opened = scope.opened(item)
            opened = opened if isinstance(opened, list) else [opened]
            found += [one for one in opened if isinstance(one, dict)]
        elif isinstance(item, dict):
            found.append(item)
    return found


def unknown(link: Link, name: str) -> RequestError:
    """Say that there is no such operation."""
    return RequestError("P2009", f"`{name}` is not an operation on the relation `{link.name}`.")


# Prisma's words


def kind_of(link: Link) -> str:
    """Name the kind of a relation as Prisma's messages do."""
    if link.is_many_to_many:
        return "many-to-many"
    return "one-to-many" if link.is_list or link.opposite.is_list else "one-to-one"


def relation_name(link: Link) -> str:
    """Return the name of a relation."""
    relation = link.field.relation
    return relation.name if relation is not None else ""


def missing(cause: str) -> RequestError:
    """Say that a record was needed and is not there."""
    return RequestError(
        "P2025",
        "An operation failed because it depends on one or more records that were required but not "
        f"found. {cause}",
        cause=cause,
    )


def not_found(link: Link, verb: str) -> RequestError:
    """Say that a nested operation found no record."""
    return missing(
        f"No '{link.other.name}' record was found for a nested {verb} on {kind_of(link)} relation "
        f"'{relation_name(link)}'."
    )


def without_parent(link: Link, node: Node) -> RequestError | None:
    """Return what nested operations say where the record around them does not exist."""
    for name, value in operations(link, node):
        if name == "delete" and link.is_list:
            return not_connected(link)
        if name == "delete" and not is_false(value):
            return not_found(link, "delete")
        if name == "update" and not _updates_nothing(value):
            return not_found(link, "update")
        if name == "disconnect" and not link.is_list and not link.holds_keys:
            if any(not column.is_nullable for column in link.far):
                return violates(link)
        text = _parent_text(link, name)
        if text is not None:
            return missing(f"{text} {kind_of(link)} relation '{relation_name(link)}'.")
    return None


def is_false(node: Node) -> bool:
    """Say whether a request has false here."""
    return isinstance(node, Leaf) and node.value is False


def _updates_nothing(node: Node) -> bool:
    return all(item.get("data") == {} for item in items(node))


def _parent_text(link: Link, name: str) -> str | None:
    here, there = link.entity.name, link.other.name
    if link.is_many_to_many:
        if name in ("create", "connect", "connectOrCreate"):
            return f"No '{here}' record was found for a connect on"
        if name == "disconnect":
            return f"No '{here}' record was found for a disconnect on"
        if name == "set":
            needed = "(needed to disconnect existing child records)"
            return f"No '{here}' record {needed} was found for a nested set on"
        return None
    if name == "set":
        return f"No '{here}' record was found for a nested set on"
    needed = "needed to update inlined relation for"
    if name == "connectOrCreate" and link.is_list:
        return (
            f"No '{there}' record ({needed} '{here}' record(s)) was found for a nested connect or "
            "create on"
        )
    if name in ("create", "connect") and link.is_list:
        of = there if name == "connect" else here
        why = f"needed to inline the relation on '{of}' record(s)"
        return f"No '{here}' record ({why}) was found for a nested {name} on"
    is_single = kind_of(link) == "one-to-one"
    if link.holds_keys and (name == "upsert" or (name == "connect" and is_single)):
        of = there if name == "connect" else here
        return f"No '{here}' record ({needed} '{of}' record(s)) was found for a nested {name} on"
    if name == "upsert" and not link.holds_keys:
        return f"No '{here}' record ({needed} '{there}' record(s)) was found for a nested upsert on"
    return None


def violates(link: Link) -> RequestError:
    """Say that a record would lose what it must be related to."""
    owner = link if link.holds_keys else link.opposite
    name, a, b = relation_name(link), owner.entity.name, owner.other.name
    return RequestError(
        "P2014",
        f"The change you are trying to make would violate the required relation '{name}' between "
        f"the `{a}` and `{b}` models.",
        relation_name=name,
        model_a_name=a,
        model_b_name=b,
    )


def not_connected(link: Link) -> RequestError:
    """Say that records that are to be deleted or changed are not related."""
    name, parent, child = relation_name(link), link.entity.name, link.other.name
    return RequestError(
        "P2017",
        f"The records for relation `{name}` between the `{parent}` and `{child}` models are not "
        "connected.",
        relation_name=name,
        parent_name=parent,
        child_name=child,
    )


def few_connected(link: Link, expected: int, found: int) -> RequestError:
    """Say that records that are to be connected are not all there."""
    if link.is_many_to_many:
        return missing(f"Expected {expected} records to be connected, found only {found}.")
    details = (
        f"Expected {expected} records to be connected after connect operation on {kind_of(link)} "
        f"relation '{relation_name(link)}', found {found}."
    )
    return RequestError(
        "P2018", f"The required connected records were not found. {details}", details=details
    )
