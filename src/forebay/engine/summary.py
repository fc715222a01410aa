"""aggregate and groupBy: one statement each, whose rows are counts, sums, averages and ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import RequestError, input_error
from forebay.engine.order import Term, cursor_condition, direction, implicit, is_stable, terms_of
from forebay.engine.page import Page, read_page
from forebay.engine.plan import Only, Plan
from forebay.engine.scope import Scope, Source, is_null
from forebay.engine.selection import parts
from forebay.engine.shape import Leaf, Node
from forebay.engine.shaping import Shaping
from forebay.engine.statement import Bound, Builder, Result, Row, Statement
from forebay.engine.types import BIGINT, FLOAT, Type, amount, how_many
from forebay.engine.where import conjunction, connected, items_of, where
from forebay.engine.where_scalar import operators as field_operators
from forebay.engine.where_scalar import scalar
from forebay.schema.dmmf.order import numbers, ordered_by_value

Json: TypeAlias = Any
Show: TypeAlias = Callable[[Any], Any]

FUNCTIONS = {"_count": "count", "_sum": "sum", "_avg": "avg", "_min": "min", "_max": "max"}
_UNSTABLE = (
    "Unable to process combination of query arguments for aggregation query. Please note that it "
    "is not possible at the moment to have a null-cursor, or a cursor and orderBy combination "
    "that not stable (unique)."
)


class SummaryPlan(Plan):
    """One statement whose rows are the answer."""

    __slots__ = ("_is_list", "_parts", "statement")

    def __init__(
        self,
        name: str,
        statement: Statement,
        parts_: list[_Part],
        *,
        is_list: bool,
    ) -> None:
        super().__init__(name)
        self.statement = statement
        self.only = Only(statement, self._finish)
        self._parts = parts_
        self._is_list = is_list

    def run(
        self, values: list[Json], in_transaction: bool
    ) -> Generator[list[Bound], list[Result], Json]:
        """Ask, and shape what comes."""
        results = yield [self.statement.bind(values)]
        return self._finish(results[0].rows)

    def _finish(self, rows: Sequence[Row]) -> Json:
        """Shape what came."""
        shaped = [self._shape(row) for row in rows]
        return shaped if self._is_list else shaped[0]

    def _shape(self, row: Row) -> dict[str, Json]:
        record: dict[str, Json] = {}
        for part, value in zip(self._parts, row, strict=True):
            seen = value if value is None or part.show is None else part.show(value)
            if part.group is None:
                record[part.name] = seen
            else:
                record.setdefault(part.group, {})[part.name] = seen
        return record


class _Part:
    """One value of a row: its expression, its place in the record, and how it is shown."""

    __slots__ = ("column", "expression", "group", "name", "show")

    def __init__(
        self,
        name: str,
        group: str | None,
        column: Column | None,
        expression: str,
        show: Show | None,
    ) -> None:
        self.name = name
        self.group = group
        self.column = column
        self.expression = expression
        self.show = show


def compile_aggregate(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile an aggregate, of all records or of a page of them."""
    builder = Builder()
    source = Source(scope, builder, entity, builder.alias())
    page = read_page(scope, entity, arguments)
    condition = where(source, arguments.get("where"))
    if page.cuts:
        tables, alias = _page(source, page, arguments, condition), '"page"'
    else:
        tables, alias = _tables(source, condition), source.alias
    chosen = list(_selected(scope.shaping, entity, selection, alias))
    sql = f"SELECT {', '.join(part.expression for part in chosen)} FROM {tables}"
    name = f"{action}{entity.name}"
    return SummaryPlan(name, builder.finish(sql), chosen, is_list=False)


def _tables(source: Source, condition: str) -> str:
    tables = f"{source.entity.table} AS {source.alias}{''.join(source.joins)}"
    return tables if condition == "TRUE" else f"{tables} WHERE {condition}"


def _page(source: Source, page: Page, arguments: dict[str, Node], condition: str) -> str:
    """Return the records of a page as a table."""
    order = arguments.get("orderBy")
    terms = terms_of(source, order) or implicit(source)
    if page.is_reversed:
        terms = [term.reversed() for term in terms]
    if page.cursor is not None:
        if not is_stable(source.entity, terms):
            raise input_error(_UNSTABLE)
        begun = [_at_cursor(source, page.cursor, order, place) for place in range(len(terms))]
        condition = conjunction([condition, cursor_condition(terms, begun)])
    tail = _limits(source.builder, page, terms)
    return f'(SELECT {source.alias}.* FROM {_tables(source, condition)}{tail}) AS "page"'


def _at_cursor(source: Source, cursor: dict[str, Node], order: Node | None, place: int) -> str:
    inner = source.below(source.entity)
    terms = terms_of(inner, order) or implicit(inner)
    key = where(inner, cursor)
    return f"(SELECT {terms[place].expression} FROM {_tables(inner, key)})"


def _limits(builder: Builder, page: Page, terms: list[Term]) -> str:
    tail = f" ORDER BY {', '.join(term.sql for term in terms)}" if terms else ""
    if page.take is not None and page.take.index is not None:
        tail += f" LIMIT {builder.value(page.take.index, how_many)}"
    if page.skip is not None and page.skip.index is not None:
        tail += f" OFFSET {builder.value(page.skip.index, amount)}"
    return tail


def _selected(shaping: Shaping, entity: Entity, selection: Node, alias: str) -> Iterable[_Part]:
    """Return the values that a selection asks for."""
    if not isinstance(selection, dict):
        raise RequestError("P2009", f"The selection of `{entity.name}` must be an object.")
    for name, node in selection.items():
        if isinstance(node, Leaf) and node.value is False:
            continue
        if name in FUNCTIONS:
            for inner in _names(entity, name, parts(node)[1]):
                yield _aggregate(shaping, entity, name, inner, alias)
        elif name == "$scalars":
            for column in entity.columns.values():
                yield _plain(shaping, column, alias)
        elif name in entity.columns:
            yield _plain(shaping, entity.columns[name], alias)
        elif not name.startswith("$"):
            raise RequestError("P2009", f"`{name}` cannot be selected here.")


def _plain(shaping: Shaping, column: Column, alias: str) -> _Part:
    return _Part(column.name, None, column, column.read(alias), shaping.shown(column))


def _names(entity: Entity, name: str, selection: Node) -> list[str]:
    if not isinstance(selection, dict):
        return []
    wanted = [
        key
        for key, node in selection.items()
        if not key.startswith("$") and not (isinstance(node, Leaf) and node.value is False)
    ]
    if "$scalars" not in selection:
        return wanted
    if name == "_count":
        known = [*entity.columns, "_all"]
    elif name in ("_sum", "_avg"):
        known = [field.name for field in numbers(entity.client)]
    else:
        known = [field.name for field in ordered_by_value(entity.client)]
    return known


def _aggregate(shaping: Shaping, entity: Entity, function: str, name: str, alias: str) -> _Part:
    if name == "_all":
        return _Part(name, function, None, "count(*)", None)
    column = entity.columns[name]
    expression = _call(function, column, alias)
    if function == "_count":
        return _Part(name, function, column, expression, None)
    shows = {"_sum": shaping.sum_shown, "_avg": shaping.average_shown}
    show = shows.get(function, shaping.shown)
    if column.type.as_text:
        expression += "::text"
    return _Part(name, function, column, expression, show(column))


def _call(function: str, column: Column, alias: str) -> str:
    return f"{FUNCTIONS[function]}({alias}.{column.sql})"


def _is(column: Column, *names: str) -> bool:
    return column.field.type in names


# groupBy


def compile_group(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile a groupBy."""
    builder = Builder()
    source = Source(scope, builder, entity, builder.alias())
    by = list(dict.fromkeys(scope.names(arguments["by"]))) if "by" in arguments else []
    if not by:
        raise input_error("At least one selection is required for the `by` argument.")
    chosen = list(_selected(scope.shaping, entity, selection, source.alias))
    _check(
        by,
        [part.name for part in chosen if part.group is None],
        "Every selected scalar field that is not part of an aggregation must be included in the "
        "by-arguments of the query.",
    )
    page = read_page(scope, entity, arguments)
    terms = _group_terms(source, by, arguments.get("orderBy"), page)
    condition = where(source, arguments.get("where"))
    having = _having(source, by, arguments.get("having"))
    keys = ", ".join(source.sql(entity.columns[name]) for name in by)
    values = ", ".join(part.expression for part in chosen)
    sql = f"SELECT {values} FROM {_tables(source, condition)} GROUP BY {keys}"
    if having != "TRUE":
        sql += f" HAVING {having}"
    sql += _limits(builder, page, terms)
    # Groups taken from the end stay in that order, as in Prisma.
    return SummaryPlan(f"{action}{entity.name}", builder.finish(sql), chosen, is_list=True)


def _check(by: list[str], names: list[str], rule: str) -> None:
    missing = [name for name in dict.fromkeys(names) if name not in by]
    if missing:
        raise input_error(f"{rule} Missing fields: {', '.join(missing)}")


def _group_terms(source: Source, by: list[str], node: Node | None, page: Page) -> list[Term]:
    terms: list[Term] = []
    names: list[str] = []
    for item in items_of(node) if node is not None else []:
        for name, value in item.items() if isinstance(item, dict) else ():
            if name in FUNCTIONS and isinstance(value, dict):
                terms += [
                    Term(_ordered(source, name, inner), *direction(source, way))
                    for inner, way in value.items()
                ]
            else:
                column = source.entity.columns[name]
                names.append(name)
                terms.append(Term(source.sql(column), *direction(source, value), column))
    if not terms and page.cuts:
        names = [column.name for column in source.entity.identifier]
        terms = implicit(source)
    _check(
        by,
        names,
        "Every field used for orderBy must be included in the by-arguments of the query.",
    )
    return [term.reversed() for term in terms] if page.is_reversed else terms


def _ordered(source: Source, function: str, name: str) -> str:
    return _call(function, source.entity.columns[name], source.alias)


def _having(source: Source, by: list[str], node: Node | None) -> str:
    if node is None:
        return "TRUE"
    used: list[str] = []
    condition = _condition(source, node, used)
    _check(
        by,
        used,
        "Every field used in `having` filters must either be an aggregation filter or be included "
        "in the selection of the query.",
    )
    return condition


def _condition(source: Source, node: Node, used: list[str], *, is_inner: bool = False) -> str:
    if not isinstance(node, dict):
        raise RequestError("P2009", "A condition must be an object.")
    found: list[str] = []
    for name, value in node.items():
        if name in ("AND", "OR", "NOT") and name not in source.entity.columns:
            items = [_condition(source, item, used, is_inner=True) for item in items_of(value)]
            found.append(connected(name, items, is_inner))
        else:
            found.append(_field(source, source.entity.columns[name], value, used))
    return conjunction(found)


def _field(source: Source, column: Column, node: Node, used: list[str]) -> str:
    if not isinstance(node, dict):
        used.append(column.name)
        return scalar(source, column, node)
    plain = {name: one for name, one in node.items() if name not in FUNCTIONS}
    found: list[str] = []
    if any(name != "mode" for name in plain):
        used.append(column.name)
        found.append(scalar(source, column, plain))
    for name, one in node.items():
        if name in FUNCTIONS and not is_null(one) and isinstance(one, dict):
            counted = replace(column, type=_compared_as(name, column), is_list=False)
            expression = _call(name, column, source.alias)
            found.append(field_operators(source, counted, expression, one))
    return conjunction(found)


def _compared_as(function: str, column: Column) -> Type:
    """Return the type of the values that an aggregate is compared with."""
    if function == "_count":
        return BIGINT
    if function == "_avg" and not _is(column, "Decimal"):
        return FLOAT
    return column.type
