"""The plans of findUnique, findFirst and findMany."""

from __future__ import annotations

from typing import Any

from forebay.engine.catalog import Entity
from forebay.engine.plan import Plan
from forebay.engine.read import ReadCompiler, ReadNode
from forebay.engine.run import Work, read
from forebay.engine.scope import Scope
from forebay.engine.selection import read_selection
from forebay.engine.shape import Node
from forebay.engine.write.nested import missing


class ReadPlan(Plan):
    """Finds one record, or many."""

    __slots__ = ("_is_one", "_must_exist", "_nodes", "root")

    def __init__(
        self, name: str, root: ReadNode, nodes: list[ReadNode], is_one: bool, must_exist: bool
    ) -> None:
        super().__init__(name)
        self.root = root
        self._nodes = nodes
        self._is_one = is_one
        self._must_exist = must_exist

    def nodes(self) -> list[ReadNode]:
        return self._nodes

    def run(self, values: list[Any], in_transaction: bool) -> Work:
        records = yield from read(
            self.root, len(self._nodes), values, {}, in_transaction=in_transaction
        )
        if not self._is_one:
            return records
        if records:
            return records[0]
        if self._must_exist:
            raise missing("No record was found for a query.")
        return None


def find(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile a request that finds."""
    must_exist = action.endswith("OrThrow")
    base = action.removesuffix("OrThrow")
    name = f"{base}{entity.name}{'OrThrow' if must_exist else ''}"
    reader = ReadCompiler(scope)
    chosen = read_selection(scope, entity, selection)
    root = reader.node(chosen, arguments, limit_one=base == "findFirst")
    return ReadPlan(name, root, reader.nodes, base != "findMany", must_exist)
