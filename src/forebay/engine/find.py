"""The plans of findUnique, findFirst and findMany."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import input_error
from forebay.engine.keyed import PLACE, by_keys
from forebay.engine.plan import Only, Plan
from forebay.engine.read import ReadCompiler, ReadNode
from forebay.engine.run import Work, read
from forebay.engine.scope import Scope
from forebay.engine.selection import read_selection
from forebay.engine.shape import Leaf, Node
from forebay.engine.shaping import Groups
from forebay.engine.statement import Row
from forebay.engine.types import array, writer
from forebay.engine.write.nested import missing

_NONE: Groups = []
# What a value in a selection may hold that is kept with a plan.
_MOST_VALUES, _MOST_LETTERS = 100, 1000


class Merged:
    """Finds the records of many requests that differ in the value of a key, in one read."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        selection: Node,
        columns: list[Column],
        leaves: list[Leaf],
    ) -> None:
        self._columns = columns
        self._leaves = leaves
        self._key = object()
        reader = ReadCompiler(scope)
        chosen = read_selection(scope, entity, selection, into=scope.into)
        self._root = reader.node(chosen, {}, by_keys(self._key, columns, array), extra=PLACE)
        self._nodes = reader.nodes

    def run(self, requests: list[list[Any]], in_transaction: bool) -> Work:
        """Return the record of each request, or None, in their order."""
        found: dict[Any, Any] = {}
        for i, (column, leaf) in enumerate(zip(self._columns, self._leaves, strict=True)):
            write = writer(column.type, leaf.tag)
            place = leaf.index or 0
            found[self._key, i] = [write(values[place]) for values in requests]
        records: list[Any] = [None] * len(requests)
        pairs = yield from read(
            self._root,
            len(self._nodes),
            requests[0],
            found,
            in_transaction=in_transaction,
            with_last=True,
        )
        for number, record in pairs:
            records[number - 1] = record
        return records


def one_key(entity: Entity, where: Node | None) -> tuple[list[Column], list[Leaf]] | None:
    """Return the columns and values of a `where` that is one key; None where it is more."""
    if not isinstance(where, dict) or len(where) != 1:
        return None
    ((name, value),) = where.items()
    columns = entity.keys.get(name)
    if columns is None:
        return None
    values = [value[column.name] for column in columns] if isinstance(value, dict) else [value]
    leaves = [
        Leaf(one.index, None, one.tag)
        for one in values
        if isinstance(one, Leaf) and one.index is not None
    ]
    return (columns, leaves) if len(leaves) == len(columns) else None


def _is_small(node: Node) -> bool:
    """Say whether a selection may be kept with the values in it."""
    if isinstance(node, Leaf):
        value = node.value
        if isinstance(value, list):
            return len(value) <= _MOST_VALUES and not any(isinstance(one, dict) for one in value)
        return not isinstance(value, dict) and len(str(value)) <= _MOST_LETTERS
    return all(map(_is_small, node.values() if isinstance(node, dict) else node))


class ReadPlan(Plan):
    """Finds one record, or many."""

    __slots__ = ("_is_one", "_make_merged", "_merged", "_must_exist", "_nodes", "root")

    def __init__(
        self, name: str, root: ReadNode, nodes: list[ReadNode], is_one: bool, must_exist: bool
    ) -> None:
        super().__init__(name)
        self.root = root
        self._nodes = nodes
        self._is_one = is_one
        self._must_exist = must_exist
        self._make_merged: Callable[[], Merged] | None = None
        self._merged: Merged | None = None
        if len(nodes) == 1 and root.window is None and not root.is_empty:
            self.only = Only(root.statement, self._finish)

    def merged(self) -> Merged | None:
        """Return what answers many requests of this shape at once; None where nothing does."""
        if self._merged is None and self._make_merged is not None:
            self._merged = self._make_merged()
        return self._merged

    def nodes(self) -> list[ReadNode]:
        """Return the nodes."""
        return self._nodes

    def run(self, values: list[Any], in_transaction: bool) -> Work:
        """Carry it out."""
        records = yield from read(
            self.root, len(self._nodes), values, {}, in_transaction=in_transaction
        )
        return self._answer(records)

    def _finish(self, rows: Sequence[Row]) -> Any:
        """Return the records of rows that no window cuts, and that no other rows belong to."""
        shape = self.root.shape
        if shape is None:
            raise ValueError("a node that was not compiled")
        return self._answer(shape(rows, _NONE))

    def _answer(self, records: list[Any]) -> Any:
        if not self._is_one:
            return records
        if records:
            return records[0]
        if self._must_exist:
            raise missing("No record was found for a query.")
        return None


def _check_take(scope: Scope, take: Node | None) -> None:
    if isinstance(take, Leaf) and take.index is not None:
        if int(Decimal(scope.literal(take))) in (1, -1):
            return
        raise input_error(
            "The 'findFirst' operation cannot be used with a 'take' argument that isn't 1 or -1"
        )


def find(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile a request that finds."""
    must_exist = action.endswith("OrThrow")
    base = action.removesuffix("OrThrow")
    name = f"{base}{entity.name}{'OrThrow' if must_exist else ''}"
    reader = ReadCompiler(scope)
    chosen = read_selection(scope, entity, selection, into=scope.into)
    if base == "findFirst":
        _check_take(scope, arguments.get("take"))
    root = reader.node(chosen, arguments, limit_one=base == "findFirst")
    plan = ReadPlan(name, root, reader.nodes, base != "findMany", must_exist)
    key = one_key(entity, arguments.get("where")) if base == "findUnique" else None
    if key is not None and set(arguments) == {"where"} and _is_small(selection):
        again = (scope.catalog, scope.shaping, scope.into)
        plan._make_merged = lambda: Merged(Scope(*again), entity, selection, *key)
    return plan
