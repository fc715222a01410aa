"""What the compilation of one request shares: the catalog, the values pinned, tables in a FROM."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from forebay.engine.catalog import Catalog, Column, Entity, Link
from forebay.engine.failures import RequestError, input_error
from forebay.engine.rows import PROTOCOL
from forebay.engine.shape import Leaf, Node, tag_of
from forebay.engine.shaping import Shaping
from forebay.engine.statement import Builder
from forebay.engine.types import Type, Write, writer


class Scope:
    """One compilation. ``pins`` are the places of the values that the plan depends on."""

    def __init__(self, catalog: Catalog, shaping: Shaping = PROTOCOL, into: object = None) -> None:
        self.catalog = catalog
        self.shaping = shaping
        # What the request's records are made into, where it is not the model's own class.
        self.into = into
        self.pins: set[int] = set()

    def literal(self, node: Node) -> Any:
        """Return what a value is; the plan will hold for this value alone."""
        if not isinstance(node, Leaf):
            raise RequestError("P2009", "A value is expected where the request has an object.")
        if node.index is not None:
            self.pins.add(node.index)
        return node.value

    def number(self, leaf: Leaf) -> int:
        """Return a number of which a plan depends on the sign: that is in the shape's key.

        Of what is no whole number it is not, and the plan holds for it alone.
        """
        return int(leaf.value if type(leaf.value) is int else Decimal(self.literal(leaf)))

    def opened(self, leaf: Leaf) -> Node:
        """Return what an object is that was taken for one value; the plan holds for it alone."""
        return _constant(self.literal(leaf))

    def operations(self, node: Node) -> Node:
        """Return what is written to a relation; another model's Json field may have its name."""
        if isinstance(node, Leaf) and isinstance(node.value, dict):
            return self.opened(node)
        return node

    def names(self, node: Node) -> list[str]:
        """Return one name, or a list of names."""
        if isinstance(node, list):
            return [str(self.literal(item)) for item in node]
        value = self.literal(node)
        return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _constant(value: Any) -> Node:
    if isinstance(value, dict):
        tag = tag_of(value)
        if tag is not None:
            return Leaf(None, value.get("value"), tag)
        return {name: _constant(one) for name, one in value.items()}
    if isinstance(value, list) and any(
        isinstance(one, dict) and tag_of(one) is None for one in value
    ):
        return [_constant(one) for one in value]
    return Leaf(None, value)


@dataclass(slots=True)
class Source:
    """A table in a FROM: ``joins`` collects the outer joins that conditions on it need."""

    scope: Scope
    builder: Builder
    entity: Entity
    alias: str
    joins: list[str] = field(default_factory=list)
    # A statement that writes cannot join.
    is_written: bool = False

    def joined(self, link: Link, extra: str = "") -> Source:
        """Join the one record of a relation, or none, and return it as a source."""
        alias = self.builder.alias("j")
        self.joins.append("")
        place = len(self.joins) - 1
        other = Source(self.scope, self.builder, link.other, alias, self.joins)
        self.joins[place] = (
            f" LEFT JOIN {link.other.table} AS {alias} ON {matches(link, self.alias, alias)}{extra}"
        )
        return other

    def below(self, entity: Entity) -> Source:
        """Return a table in a query inside this one."""
        return Source(self.scope, self.builder, entity, self.builder.alias())

    def sql(self, column: Column) -> str:
        """Return a column."""
        return f"{self.alias}.{column.sql}"


def matches(link: Link, near: str, far: str) -> str:
    """Return the condition that two records belong together, where no table is between."""
    return " AND ".join(
        f"{far}.{there.sql} = {near}.{here.sql}"
        for here, there in zip(link.near, link.far, strict=True)
    )


def operand(source: Source, type_: Type, node: Node, write: Write | None = None) -> str:
    """Return a value as a parameter, or the column that a field reference names."""
    if isinstance(node, Leaf):
        if node.tag == "FieldRef":
            return source.sql(referred(source, node))
        return parameter(source, node, write or writer(type_, node.tag))
    raise RequestError("P2009", "A value is expected where the request has an object or a list.")


def parameter(source: Source, leaf: Leaf, write: Write) -> str:
    """Return a leaf's value as a parameter; one without a place in the request is constant."""
    if leaf.index is None:
        return source.builder.constant(None if leaf.value is None else write(leaf.value))
    return source.builder.value(leaf.index, write)


def referred(source: Source, node: Leaf) -> Column:
    """Return the column of a reference to another field."""
    value = source.scope.literal(node)
    name, model = value["_ref"], value["_container"]
    if model != source.entity.name:
        raise input_error(
            f"Expected a referenced scalar field of model {source.entity.name}, "
            f"but found a field of model {model}."
        )
    column = source.entity.columns.get(name)
    if column is None:
        raise input_error(f"The referenced scalar field {model}.{name} does not exist.")
    return column


def is_null(node: Node) -> bool:
    """Say whether a request has null here."""
    return isinstance(node, Leaf) and node.index is None and node.value is None
