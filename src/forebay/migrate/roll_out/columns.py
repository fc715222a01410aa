"""What becomes of queries whose columns are gone, of another type, or take other values."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.migrate.database import Column, Database, Table, View
from forebay.migrate.names import native
from forebay.migrate.roll_out.breaks import BULK, CREATES, Break, Facet, Level
from forebay.migrate.roll_out.uses import Uses, client_makes, database_makes
from forebay.migrate.roll_out.values import fit, is_narrower
from forebay.migrate.types import column_of
from forebay.schema.model import ScalarField

_ALL: tuple[Facet, ...] = ("read", "filter", "write", "bulk", "relation")
_VALUES: tuple[Facet, ...] = ("value", "filter", "write", "bulk")


class Columns:
    """Compares the columns that one model's queries name with those of its table."""

    def __init__(
        self, uses: Uses, table: Table | View, database: Database, *, is_view: bool = False
    ) -> None:
        self.uses = uses
        self.table = table
        # Nobody knows which columns of a view may be null, or left out.
        self.is_view = is_view
        self.known = {column.name: column for column in table.columns}
        self.enums = {enum.name: enum for enum in database.enums}

    def breaks(self) -> Iterator[Break]:
        """Yield what fails."""
        scalars = self.uses.client.model.scalars
        for field in scalars:
            column = self.known.get(field.database_name)
            if column is not None:
                yield from self._of(field, column)
            elif self.uses.is_touched(field):
                yield self._missing(field)
        if self.is_view:
            return
        mine = {field.database_name for field in scalars}
        for column in self.table.columns:
            if column.name not in mine and needs_a_value(column):
                yield self._unknown(column)

    def _break(
        self,
        code: str,
        level: Level,
        field: ScalarField,
        facets: tuple[Facet, ...],
        why: str,
        error: str,
        condition: str | None = None,
    ) -> Break:
        uses = self.uses
        always = uses.always(field, facets)
        at_times = tuple(one for one in uses.at_times(field, facets) if one not in always)
        leads = {"read", "value", "relation"} & set(facets) or "omit" in facets or "write" in facets
        return Break(
            code,
            level,
            uses.name,
            field.name,
            why,
            error,
            frozenset(facets),
            always,
            at_times,
            tuple(uses.through) if leads else (),
            condition,
        )

    def _missing(self, field: ScalarField) -> Break:
        return self._break(
            "column-missing",
            "fails",
            field,
            _ALL,
            f"the column `{self.table.name}.{field.database_name}` is not there, and a client"
            " selects and returns its columns by name",
            "P2022",
        )

    def _unknown(self, column: Column) -> Break:
        uses = self.uses
        return Break(
            "column-unknown",
            "fails",
            uses.name,
            None,
            f"the column `{self.table.name}.{column.name}` takes no NULL and has no default, and"
            " this client does not know it: no record can be created",
            "P2011",
            frozenset({"omit"}),
            uses.only(CREATES),
            (),
            tuple(uses.through),
        )

    def _of(self, field: ScalarField, column: Column) -> Iterator[Break]:
        wanted = column_of(field)
        if self.uses.is_touched(field):
            yield from self._type(field, wanted, column)
            yield from self._members(field, column)
        if not self.is_view:
            yield from self._nulls(field, wanted, column)

    def _type(self, field: ScalarField, wanted: Column, column: Column) -> Iterator[Break]:
        about = f"the column `{self.table.name}.{column.name}`"
        # What the database gives a new record comes back of it.
        back: tuple[Facet, ...] = ("read",) if column.default is not None else ()
        if (wanted.arity == "list") != (column.arity == "list"):
            was, now = (
                ("a list", "one value") if wanted.arity == "list" else ("one value", "a list")
            )
            why = f"{about} holds {now}, and the client knows {was}"
            yield self._break("column-list", "fails", field, (*_VALUES, *back), why, "P2023")
            return
        never: list[Facet] = []
        at_times: list[Facet] = []
        for facet in _VALUES:
            # Rows that hold a list are written one by one, as a single row is.
            is_single = facet == "bulk" and self.uses.gives_lists
            found = fit("write" if is_single else facet, wanted.type, column.type)
            if found == "never fits":
                never.append(facet)
            elif found == "may not fit":
                at_times.append(facet)
        change = f"{about} is of the type {native(column.type)}, and the client's is"
        change += f" {native(wanted.type)}"
        if never:
            facets = (*never, *back) if "value" in never else tuple(never)
            yield self._break(
                "column-type", "fails", field, facets, f"{change}: {_does(never)}", "P2023"
            )
        if at_times:
            yield self._break(
                "column-type",
                "may fail",
                field,
                tuple(at_times),
                f"{change}: {_does(at_times)}",
                "P2023",
                "where a value does not fit both",
            )
        if is_narrower(wanted.type, column.type):
            yield self._break(
                "column-narrower",
                "may fail",
                field,
                ("write", "bulk"),
                f"{about} is of the type {native(column.type)}, which takes less than the client's"
                f" {native(wanted.type)}",
                "P2000",
                "where a value is too long for it",
            )

    def _members(self, field: ScalarField, column: Column) -> Iterator[Break]:
        if field.enum is None or column.type.enum is None:
            return
        there = self.enums.get(column.type.enum[1])
        if there is None:
            return
        mine = [member.database_name for member in field.enum.members]
        new = [value for value in there.values if value not in mine]
        gone = [value for value in mine if value not in there.values]
        if new:
            yield self._break(
                "enum-value-unknown",
                "may fail",
                field,
                ("value",),
                f"`{there.name}` has the values {_listed(new)}, which this client does not know",
                "P2023",
                "once a record holds one of them",
            )
        if gone:
            default = self._default_gone(field, gone)
            if default is not None:
                yield self._break(
                    "enum-value-missing",
                    "fails",
                    field,
                    ("write", "bulk"),
                    f"`{there.name}` no longer has the value `{default}`, which the client gives a"
                    " new record by default",
                    "22P02",
                )
            yield self._break(
                "enum-value-missing",
                "may fail",
                field,
                ("filter", "write", "bulk"),
                f"`{there.name}` no longer has the values {_listed(gone)}",
                "22P02",
                "where a query names one of them",
            )

    def _default_gone(self, field: ScalarField, gone: list[str]) -> str | None:
        default = column_of(field).default
        if default is None or default.kind not in ("literal", "list"):
            return None
        values = default.value if isinstance(default.value, tuple) else (default.value,)
        written = {"'" + one.replace("'", "''") + "'": one for one in gone}
        return next((written[str(one)] for one in values if str(one) in written), None)

    def _nulls(self, field: ScalarField, wanted: Column, column: Column) -> Iterator[Break]:
        about = f"the column `{self.table.name}.{column.name}`"
        has_default = column.default is not None or column.is_serial
        if column.arity == "required" and wanted.arity == "nullable":
            if not has_default and not client_makes(field):
                yield self._break(
                    "column-required",
                    "fails",
                    field,
                    ("omit", "null"),
                    f"{about} takes no NULL, and the client may leave it out",
                    "P2011",
                    "where it gives no value",
                )
            else:
                yield self._break(
                    "column-required",
                    "may fail",
                    field,
                    ("null",),
                    f"{about} takes no NULL",
                    "P2011",
                    "where it is given null",
                )
        elif column.arity == "required" and wanted.arity == "list" and not has_default:
            yield self._break(
                "column-required",
                "fails",
                field,
                ("omit",),
                f"{about} takes no NULL, and the client may leave out a list",
                "P2011",
                "where it gives no value",
            )
        elif column.arity == "required" and database_makes(field) and not has_default:
            yield self._break(
                "default-missing",
                "fails",
                field,
                ("omit",),
                f"{about} has no default any more, and the client leaves its value to the database",
                "P2011",
                "where it gives no value",
            )
        elif column.arity == "nullable" and wanted.arity == "required":
            if field in self.uses.client.scalars:
                yield self._break(
                    "column-nullable",
                    "may fail",
                    field,
                    ("value",),
                    f"{about} may be NULL, and the client's type has no null",
                    "P2032",
                    "once a record holds NULL in it",
                )


def needs_a_value(column: Column) -> bool:
    """Say whether a row that leaves a column out is refused."""
    if column.is_generated:
        return False
    return column.arity == "required" and column.default is None and not column.is_serial


def _listed(values: list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _does(facets: list[Facet]) -> str:
    words = {
        "value": "what is read is not what its type says",
        "filter": "it cannot be compared with a value",
        "write": "it takes no value of the client's",
        "bulk": f"{' and '.join(BULK)} cannot write it",
    }
    return ", ".join(words[facet] for facet in facets)
