"""By which columns the application's queries look rows up, as far as they are written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.finding import Span
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.doctor.script.knowledge import knowledge_of
from forebay.doctor.script.nodes import unwrap
from forebay.doctor.script.prisma import Query
from forebay.doctor.script.script import properties, text_of
from forebay.schema.model import Model, ScalarField

_OPERATIONS = frozenset(
    {"findMany", "findFirst", "findFirstOrThrow", "count", "updateMany", "deleteMany", "aggregate"}
)
# Of a filter these can be answered by a B-tree on the column, whatever its collation.
_RANGES = frozenset({"equals", "in", "lt", "lte", "gt", "gte"})


@dataclass(frozen=True, slots=True)
class Lookup:
    """One query: the columns it compares, then those it sorts by where it takes the first few."""

    model: Model
    equal: tuple[str, ...]
    ranges: tuple[str, ...]
    order: tuple[str, ...]
    span: Span


def lookups_of(repository: Repository, project: PrismaProject) -> Iterator[Lookup]:
    """Yield the queries of a schema's models whose conditions are written out whole."""
    folder = project.package.folder if project.package is not None else ""
    shared = len(repository.prisma) == 1
    models = {
        model.name[:1].lower() + model.name[1:]: model for model in project.checked.schema.models
    }
    for query in knowledge_of(repository).queries:
        model = models.get(query.model)
        if model is None or query.operation not in _OPERATIONS:
            continue
        if shared or query.script.file.path.startswith(folder):
            found = _lookup(query, model)
            if found is not None:
                yield found


def _lookup(query: Query, model: Model) -> Lookup | None:
    options = query.options
    given = query.call.arguments
    if given and _is_open(unwrap(given[0])):
        return None
    fields = {field.name: field for field in model.scalars}
    where = unwrap(options["where"]) if "where" in options else None
    equal, ranges = _compared(where, fields)
    if equal is None:
        return None
    order = _order(unwrap(options.get("orderBy")), fields) if "take" in options else ()
    if query.operation in ("findFirst", "findFirstOrThrow"):
        order = _order(unwrap(options.get("orderBy")), fields)
    return Lookup(model, equal, ranges, order, query.script.span(query.node))


def _compared(
    where: Node | None, fields: Mapping[str, ScalarField]
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the columns compared for equality and by range; None where there may be more."""
    if where is None:
        return (), ()
    if where.type != "object" or _is_open(where):
        return None, ()
    equal: list[str] = []
    ranges: list[str] = []
    for name, value in properties(where).items():
        if name not in fields:
            return None, ()  # a relation, AND, OR: other indexes may serve it
        inner = unwrap(value)
        if inner is not None and inner.type == "object":
            operators = set(properties(inner))
            if not operators or not operators <= _RANGES:
                return None, ()
            if all(text_of(one) == "null" for one in properties(inner).values()):
                continue
            (equal if operators <= {"equals", "in"} else ranges).append(name)
        elif text_of(value) not in ("null", "undefined"):
            equal.append(name)
    return tuple(equal), tuple(ranges)


def _order(node: Node | None, fields: Mapping[str, ScalarField]) -> tuple[str, ...]:
    if node is None:
        return ()
    parts = [unwrap(one) for one in node.named_children] if node.type == "array" else [node]
    found: list[str] = []
    for part in parts:
        if part is None or part.type != "object":
            return ()
        for name in properties(part):
            if name not in fields:
                return ()
            found.append(name)
    return tuple(found)


def _is_open(node: Node | None) -> bool:
    """Whether an object takes in another one, of which nothing is known."""
    if node is None or node.type != "object":
        return True
    return any(
        one.type in ("spread_element", "computed_property_name") for one in node.named_children
    )
