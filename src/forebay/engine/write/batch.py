"""Many records created in one statement.

Rows are read when the plan runs, so that a plan does not depend on how many there are: each column
is one array. Rows that leave different columns to the database, and lists, are written out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forebay.engine import ids
from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope
from forebay.engine.shape import Leaf, Node, tag_of
from forebay.engine.statement import MOST_PARAMETERS, Bound, Row
from forebay.engine.transaction import in_one_transaction
from forebay.engine.types import array, column_array, key_text, list_writer, untag, writer
from forebay.engine.write.context import NOW, Context, Raw, Steps
from forebay.engine.write.values import constant_text, moment_writer
from forebay.schema.dmmf.defaults import default_value


class CreateRows:
    """Creates rows; ``run`` returns how many, or the rows' columns in ``returned``."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        data: Node,
        skip: Node | None,
        *,
        given: list[Column] | None = None,
        returned: list[Column] | None = None,
    ) -> None:
        self.entity = entity
        # A plan outlives its first request, whose rows it must not hold.
        self.place = data.index if isinstance(data, Leaf) else None
        self.rows = _rows_of(scope, data) if self.place is None else []
        self.skips = skip is not None and bool(scope.literal(skip))
        self.given = given or []
        self._names = entity.columns.keys() - {column.name for column in self.given}
        self.returned = returned

    def run(self, context: Context, given: Raw | None = None) -> Steps:
        """Create the rows."""
        items = self._items(context)
        if not items:
            return [] if self.returned is not None else 0
        whole = self._alike(items, context, given or {})
        if whole is not None:
            statements = [whole]
        else:
            statements = self._statements([self._row(one, context, given or {}) for one in items])
        steps = self._send(statements)
        if len(statements) > 1 and not context.in_transaction:
            steps = in_one_transaction(steps)
        return (yield from steps)

    def _send(self, statements: list[Bound]) -> Steps:
        count = 0
        found: list[Row] = []
        for bound in statements:
            results = yield [bound]
            count += results[0].count
            found += results[0].rows
        return found if self.returned is not None else count

    def _items(self, context: Context) -> list[Any]:
        raw = self.rows if self.place is None else context.values[self.place]
        return raw if isinstance(raw, list) else [raw]

    def _alike(self, items: list[Any], context: Context, given: Raw) -> Bound | None:
        """Return the statement of rows that all have the same names, made column by column.

        None says that each row must be looked at for itself.
        """
        if set(map(type, items)) != {dict}:
            return None
        keys = items[0].keys()
        if not (keys <= self._names and all(map(keys.__eq__, map(dict.keys, items)))):
            return None
        columns: list[Column] = []
        arrays: list[str] = []
        known = {column.name for column in self.given}
        for column in self.entity.all_columns.values():
            name = column.name
            if name in known:
                text = array([key_text(given[name])] * len(items))
            elif name in keys:
                values = [item[name] for item in items]
                text = column_array(column.type, values) or array(
                    [written_text(column, value) for value in values]
                )
            elif (make := default_maker(column, context)) is not None:
                text = array([make() for _ in items])
            else:
                continue
            if column.is_list:
                return None
            columns.append(column)
            arrays.append(text)
        return self._of_arrays(columns, arrays) if columns else None

    def _row(self, item: Any, context: Context, given: Raw) -> dict[str, str | None]:
        if not isinstance(item, dict):
            raise RequestError("P2009", "Each row of `data` must be an object.")
        if not item.keys() <= self._names:
            unknown = ", ".join(f"`{name}`" for name in item if name not in self._names)
            raise RequestError("P2009", f"A row of `data` has no field {unknown}.")
        row: dict[str, str | None] = {}
        for column in self.entity.all_columns.values():
            if column.name in item:
                row[column.name] = written_text(column, item[column.name])
            else:
                value = default_text(column, context)
                if value is not None:
                    row[column.name] = value
        for column in self.given:
            row[column.name] = key_text(given[column.name])
        return row

    def _statements(self, rows: list[dict[str, str | None]]) -> list[Bound]:
        columns = [
            column
            for column in self.entity.all_columns.values()
            if any(column.name in row for row in rows)
        ]
        if not columns:
            tail = self._tail()
            return [
                Bound(f'INSERT INTO {self.entity.table} AS "w" DEFAULT VALUES{tail}', [])
                for _ in rows
            ]
        is_even = all(len(row) == len(columns) for row in rows)
        if is_even and not any(column.is_list for column in columns):
            return [self._arrays(columns, rows)]
        step = max(1, MOST_PARAMETERS // len(columns))
        return [self._values(columns, rows[i : i + step]) for i in range(0, len(rows), step)]

    def _arrays(self, columns: list[Column], rows: list[dict[str, str | None]]) -> Bound:
        return self._of_arrays(
            columns, [array([row[column.name] for row in rows]) for column in columns]
        )

    def _of_arrays(self, columns: list[Column], values: list[str]) -> Bound:
        arrays = ", ".join(f"${i + 1}::{_array_type(one)}[]" for i, one in enumerate(columns))
        sql = f"{self._into(columns)} SELECT * FROM unnest({arrays}){self._tail()}"
        return Bound(sql, list(values))

    def _values(self, columns: list[Column], rows: list[dict[str, str | None]]) -> Bound:
        parameters: list[str | None] = []
        lines = []
        for row in rows:
            cells = []
            for column in columns:
                if column.name in row:
                    parameters.append(row[column.name])
                    cells.append(f"${len(parameters)}")
                else:
                    cells.append("DEFAULT")
            lines.append(f"({', '.join(cells)})")
        return Bound(f"{self._into(columns)} VALUES {', '.join(lines)}{self._tail()}", parameters)

    def _into(self, columns: list[Column]) -> str:
        names = ", ".join(column.sql for column in columns)
        return f'INSERT INTO {self.entity.table} AS "w" ({names})'

    def _tail(self) -> str:
        tail = " ON CONFLICT DO NOTHING" if self.skips else ""
        if self.returned is not None:
            chosen = ", ".join(column.read('"w"') for column in self.returned)
            tail += f" RETURNING {chosen or '1'}"
        return tail


def _array_type(column: Column) -> str:
    # An array of bit would be of one bit each.
    return "varbit" if column.type.sql == "bit" else column.type.sql


def _rows_of(scope: Scope, data: Node) -> list[Any]:
    """Return the rows of a `data` that was read like any other object."""
    if isinstance(data, Leaf):
        return data.value if isinstance(data.value, list) else [data.value]
    if isinstance(data, list):
        return [_raw(scope, node) for node in data]
    return [{name: _raw(scope, node) for name, node in data.items()}]


def _raw(scope: Scope, node: Node) -> Any:
    if isinstance(node, dict):
        return {name: _raw(scope, one) for name, one in node.items()}
    if isinstance(node, list):
        return [_raw(scope, one) for one in node]
    value = scope.literal(node)
    return value if node.tag is None else {"$type": node.tag, "value": value}


def written_text(column: Column, value: Any) -> str | None:
    """Write a value of a row as the request has it."""
    tag = None
    if isinstance(value, dict):
        tag = tag_of(value)
        if tag is not None:
            value = value.get("value")
            if not isinstance(value, str):
                raise TypeError(f"a value of the kind {tag} is a text")
        elif column.is_list and set(value) == {"set"} and column.type.family != "json":
            return written_text(column, value["set"])
    if value is None and tag is None:
        return "null" if column.type.family == "json" and not column.is_list else None
    if column.is_list:
        return list_writer(column.type)(value)
    if column.type.family == "json" and tag == "Enum" and value in ("DbNull", "JsonNull"):
        return None if value == "DbNull" else "null"
    return writer(column.type, tag)(value) if tag else untag(value, None, column.type)


def default_text(column: Column, context: Context) -> str | None:
    """Return what a column is given when a row gives nothing; None: the database's own."""
    make = default_maker(column, context)
    return None if make is None else make()


def default_maker(column: Column, context: Context) -> Callable[[], str | None] | None:
    """Return what makes the values of a column that rows do not give; None: the database does."""
    if column.field.is_updated_at and column.field.default is None:
        return _always(moment_writer(column.type)(context.found[NOW]))
    value = default_value(column.field)
    if value is None:
        return None
    if isinstance(value, dict):
        if value["name"] == "now":
            return _always(moment_writer(column.type)(context.found[NOW]))
        return ids.generator(str(value["name"]), list(value["args"]))
    return _always(constant_text(column, value))


def _always(text: str | None) -> Callable[[], str | None]:
    return lambda: text
