"""Takes a request apart by its schema and limits every record in it to those that may be seen.

A walk visits each place where a request names records: conditions, relations in conditions, lists
that are included, counts, cursors, orders, and writes at any depth. What it does not know it
leaves to the engine, which refuses what its schema does not have. The request itself is never
changed: what is different is made anew.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeAlias

from forebay.engine.catalog import Catalog, Entity, Link
from forebay.engine.failures import RequestError

Json: TypeAlias = Any
Object: TypeAlias = dict[str, Any]

_CONNECTIVES = ("AND", "OR", "NOT")


class Walk(ABC):
    """One request on its way. A subclass says which records may be seen, and what is written."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    # What a subclass says

    @abstractmethod
    def condition(self, entity: Entity) -> Object | None:
        """Return the condition that records of a model must meet; None where all may be seen."""

    @abstractmethod
    def ordered_by(self, link: Link) -> None:
        """Look at a relation that an order follows; raise where it must not."""

    # Conditions

    def where(self, entity: Entity, node: Json) -> Json:
        """Return a condition of the user's, limited in every relation that it follows."""
        if not isinstance(node, dict):
            return node
        made: Object = {}
        for name, value in node.items():
            if name in entity.columns:
                made[name] = value
            elif name in _CONNECTIVES:
                made[name] = each(value, lambda one: self.where(entity, one))
            elif name in entity.links:
                made[name] = self._related(entity.links[name], value)
            else:
                made[name] = value
        return made

    def scoped(self, entity: Entity, node: Json) -> Object:
        """Return a condition that holds for the user's records that may be seen, and no others.

        Works for unique conditions too: the key stays where it is.
        """
        if node is None:
            node = {}
        if not isinstance(node, dict):
            raise RequestError(
                "P2009",
                f"A condition on `{entity.name}` must be an object, and this is a "
                f"{type(node).__name__}.",
            )
        found: Object = self.where(entity, node)
        condition = self.condition(entity)
        return found if condition is None else both(found, condition)

    def _related(self, link: Link, node: Json) -> Json:
        if link.is_list:
            if not isinstance(node, dict):
                return node
            return {name: self._quantified(link, name, value) for name, value in node.items()}
        if node is None:
            return self._is(link, "is", None)
        if not isinstance(node, dict) or not node:
            return node
        if set(node) <= {"is", "isNot"}:
            merged: Object = {}
            for name, value in node.items():
                for key, one in self._is(link, name, value).items():
                    merged[key] = _joined(key, merged[key], one) if key in merged else one
            return merged
        return self._is(link, "is", node)

    def _quantified(self, link: Link, name: str, node: Json) -> Json:
        if name != "every":
            return self.scoped(link.other, node) if isinstance(node, dict) else node
        condition = self.condition(link.other)
        found = self.where(link.other, node)
        if condition is None or not isinstance(found, dict):
            return found
        # Of all that may be seen: the others count as if they met it.
        return {"OR": [{"NOT": condition}, found]} if found else found

    def _is(self, link: Link, name: str, node: Json) -> Object:
        condition = self.condition(link.other)
        if node is not None:
            return {name: self.scoped(link.other, node)}
        if condition is None:
            return {name: None}
        # A record that may not be seen is as good as none.
        return {"isNot" if name == "is" else "is": condition}

    # What is selected

    def selection(self, entity: Entity, node: Json) -> Json:
        """Return a selection whose lists and counts hold only what may be seen."""
        if not isinstance(node, dict):
            return node
        if node.keys().isdisjoint(entity.links) and "_count" not in node:
            return node
        made: Object = {}
        for name, value in node.items():
            if value is False or name in entity.columns:
                made[name] = value
            elif name == "_count":
                made[name] = self._counts(entity, value)
            elif name in entity.links:
                made[name] = self._included(entity.links[name], value)
            else:
                made[name] = value
        return made

    def _included(self, link: Link, value: Json) -> Json:
        if value is not True and not isinstance(value, dict):
            return value
        given: Object = {} if value is True else value
        made = dict(given)
        if link.is_list:
            arguments = self.page(link.other, given.get("arguments") or {})
            if arguments:
                made["arguments"] = arguments
        else:
            self._one(link, made)
        made["selection"] = self.selection(link.other, given.get("selection", {"$scalars": True}))
        return made

    def _one(self, link: Link, made: Object) -> None:
        """Limit a single related record, where it may be missing."""
        if link.is_required:
            return
        arguments = dict(made.get("arguments") or {})
        where = self.scoped(link.other, arguments.get("where"))
        if where:
            made["arguments"] = arguments | {"where": where}

    def _counts(self, entity: Entity, value: Json) -> Json:
        lists = {link.name: link for link in entity.links.values() if link.is_list}
        if value is True:
            named: Object = dict.fromkeys(lists, True)
            given: Object = {}
        elif isinstance(value, dict) and isinstance(value.get("selection"), dict):
            given, named = value, dict(value["selection"])
            if named.pop("$scalars", False):
                named = dict.fromkeys(lists, True) | named
        else:
            return value
        made: Object = {}
        for name, one in named.items():
            link = lists.get(name)
            made[name] = one if link is None or one is False else self._counted(link, one)
        return given | {"selection": made}

    def _counted(self, link: Link, one: Json) -> Json:
        given: Object = one if isinstance(one, dict) else {}
        arguments = given.get("arguments") or {}
        where = self.scoped(link.other, arguments.get("where"))
        if not where:
            return one
        return given | {"arguments": arguments | {"where": where}}

    # Arguments of reads

    def page(self, entity: Entity, arguments: Object) -> Object:
        """Return the arguments of what finds many, limited."""
        made = dict(arguments)
        where = self.scoped(entity, arguments.get("where"))
        if where:
            made["where"] = where
        if isinstance(arguments.get("cursor"), dict):
            # A cursor on a record that may not be seen would tell where that one stands.
            made["cursor"] = self.scoped(entity, arguments["cursor"])
        self.order(entity, arguments.get("orderBy"))
        return made

    def order(self, entity: Entity, node: Json) -> None:
        """Look at every relation that an order follows."""
        for item in node if isinstance(node, list) else [node]:
            if not isinstance(item, dict):
                continue
            for name, value in item.items():
                link = entity.links.get(name)
                if link is not None:
                    self.ordered_by(link)
                    self.order(link.other, value)


def _joined(name: str, one: Json, other: Json) -> Json:
    """Return what two conditions of the same name on a single record come to."""
    if one is None or other is None or name == "is":
        return other if one is None else one if other is None else both(one, other)
    return {"OR": [one, other]}


def both(found: Object, condition: Object) -> Object:
    """Return a condition that holds where two hold; a key in the first stays at its top."""
    if not found:
        return condition
    if not condition:
        return found
    more = found.get("AND")
    if more is None:
        return found | {"AND": condition}
    return found | {"AND": [*(more if isinstance(more, list) else [more]), condition]}


def each(node: Json, function: Callable[[Json], Json]) -> Json:
    """Apply a function to one object, or to each of a list of them."""
    if isinstance(node, list | tuple):
        return [function(one) for one in node]
    return function(node)
