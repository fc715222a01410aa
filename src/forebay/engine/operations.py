"""Operations: which plan each action has."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from forebay.engine.catalog import Entity
from forebay.engine.failures import RequestError
from forebay.engine.plan import Plan
from forebay.engine.read import ReadCompiler, ReadNode
from forebay.engine.run import read
from forebay.engine.scope import Scope
from forebay.engine.selection import parts, read_selection
from forebay.engine.shape import Node
from forebay.engine.statement import Bound, Result
from forebay.engine.summary import compile_aggregate, compile_group

Json: TypeAlias = Any


class ReadPlan(Plan):
    """findUnique, findFirst and findMany."""

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

    def run(
        self, values: list[Json], in_transaction: bool
    ) -> Generator[list[Bound], list[Result], Json]:
        records = yield from read(
            self.root, len(self._nodes), values, {}, in_transaction=in_transaction
        )
        if not self._is_one:
            return records
        if records:
            return records[0]
        if self._must_exist:
            raise RequestError(
                "P2025",
                "An operation failed because it depends on one or more records that were required "
                "but not found. No record was found for a query.",
                cause="No record was found for a query.",
            )
        return None


def compile_plan(scope: Scope, model: str | None, action: str, query: dict[str, Node]) -> Plan:
    """Compile a request."""
    entity = scope.catalog.entities.get(str(model))
    compiler = _ACTIONS.get(action)
    if entity is None or compiler is None:
        raise RequestError("P2009", f"There is no operation `{action}` of `{model}`.")
    arguments, selection = parts(query)
    return compiler(scope, entity, action, arguments, selection)


def _find(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    must_exist = action.endswith("OrThrow")
    base = action.removesuffix("OrThrow")
    name = f"{base}{entity.name}{'OrThrow' if must_exist else ''}"
    reader = ReadCompiler(scope)
    chosen = read_selection(scope, entity, selection)
    root = reader.node(chosen, arguments, limit_one=base == "findFirst")
    return ReadPlan(name, root, reader.nodes, base != "findMany", must_exist)


Compiler: TypeAlias = Callable[[Scope, Entity, str, dict[str, Node], Node], Plan]
_ACTIONS: dict[str, Compiler] = dict.fromkeys(
    ("findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "findMany"), _find
)
_ACTIONS |= {"aggregate": compile_aggregate, "groupBy": compile_group}
