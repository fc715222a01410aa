"""What a request selects: columns, related records, and counts of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope
from forebay.engine.shape import Leaf, Node


@dataclass(slots=True)
class Related:
    """Related records that are selected."""

    link: Link
    arguments: dict[str, Node]
    selection: Selection


@dataclass(slots=True)
class Selection:
    """What is selected of an entity."""

    entity: Entity
    columns: list[Column] = field(default_factory=list)
    related: list[Related] = field(default_factory=list)
    counts: list[tuple[Link, Node | None]] = field(default_factory=list)
    has_counts: bool = False
    order: list[str] = field(default_factory=list)
    into: object = None

    @property
    def is_flat(self) -> bool:
        """Whether it is columns alone."""
        return not self.related and not self.has_counts


def read_selection(
    scope: Scope, entity: Entity, node: Node | None, *, into: object = None
) -> Selection:
    """Read a `selection`, whose records are made ``into`` something."""
    if not isinstance(node, dict):
        raise RequestError("P2009", f"The selection of `{entity.name}` must be an object.")
    found = Selection(entity, into=into)
    names = dict(node)
    everything = names.pop("$scalars", None)
    names.pop("$composites", None)
    columns: dict[str, Column] = {}
    if everything is not None and scope.literal(everything):
        columns.update(entity.columns)
    for name, value in names.items():
        _select(scope, found, columns, name, value)
    found.columns = list(columns.values())
    return found


def _select(
    scope: Scope, found: Selection, columns: dict[str, Column], name: str, value: Node
) -> None:
    entity = found.entity
    is_wanted = not (isinstance(value, Leaf) and value.value is False)
    column = entity.columns.get(name)
    if column is not None:
        if is_wanted:
            columns[name] = column
        else:
            columns.pop(name, None)
        return
    if not is_wanted:
        return
    if name == "_count" and any(link.is_list for link in entity.links.values()):
        _counts(scope, found, value)
        return
    link = entity.links.get(name)
    if link is None:
        raise RequestError("P2009", f"`{name}` is not a field of `{entity.name}`.")
    arguments, selection = parts(value)
    into = scope.shaping.below(found.into, link)
    chosen = read_selection(scope, link.other, selection, into=into)
    found.related.append(Related(link, arguments, chosen))


def parts(value: Node) -> tuple[dict[str, Node], Node]:
    """Return the arguments and the selection of a part of a query; `true` is all scalars."""
    if isinstance(value, dict):
        arguments = value.get("arguments")
        selection = value.get("selection", {})
        return (arguments if isinstance(arguments, dict) else {}), selection
    return {}, {"$scalars": Leaf(None, True)}


def _counts(scope: Scope, found: Selection, value: Node) -> None:
    found.has_counts = True
    _, selection = parts(value)
    if not isinstance(selection, dict):
        return
    for name, one in selection.items():
        if name.startswith("$"):
            if name == "$scalars":
                found.counts += [
                    (link, None) for link in found.entity.links.values() if link.is_list
                ]
            continue
        if isinstance(one, Leaf) and one.value is False:
            continue
        link = found.entity.links.get(name)
        if link is None or not link.is_list:
            raise RequestError("P2009", f"`{name}` of `{found.entity.name}` cannot be counted.")
        arguments = parts(one)[0] if isinstance(one, dict) else {}
        found.counts.append((link, arguments.get("where")))
