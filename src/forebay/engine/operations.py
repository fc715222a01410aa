"""Operations: which plan each action has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from forebay.engine.catalog import Entity
from forebay.engine.failures import RequestError
from forebay.engine.find import find
from forebay.engine.plan import Plan
from forebay.engine.raw import compile_raw
from forebay.engine.scope import Scope
from forebay.engine.selection import parts
from forebay.engine.shape import Node
from forebay.engine.summary import compile_aggregate, compile_group
from forebay.engine.write import plans as write


def compile_plan(scope: Scope, model: str | None, action: str, query: dict[str, Node]) -> Plan:
    """Compile a request."""
    if model is None and action in ("queryRaw", "executeRaw"):
        return compile_raw(scope, action, parts(query)[0])
    entity = scope.catalog.entities.get(str(model))
    compiler = _ACTIONS.get(action)
    if entity is None or compiler is None:
        raise RequestError("P2009", f"There is no operation `{action}` of `{model}`.")
    arguments, selection = parts(query)
    return compiler(scope, entity, action, arguments, selection)


Compiler: TypeAlias = Callable[[Scope, Entity, str, dict[str, Node], Node], Plan]
_ACTIONS: dict[str, Compiler] = dict.fromkeys(
    ("findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "findMany"), find
)
_ACTIONS |= {
    "createOne": write.create_one,
    "updateOne": write.update_one,
    "deleteOne": write.delete_one,
    "upsertOne": write.upsert_one,
    "createMany": write.create_many,
    "createManyAndReturn": write.create_many,
    "updateMany": write.update_many,
    "updateManyAndReturn": write.update_many,
    "deleteMany": write.delete_many,
}
_ACTIONS |= {"aggregate": compile_aggregate, "groupBy": compile_group}
