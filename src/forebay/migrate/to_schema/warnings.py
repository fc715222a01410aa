"""What Prisma warns of after a pull, in its words and its order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forebay.migrate.database import Column, Table, View
from forebay.migrate.to_schema.known import Key, Known
from forebay.migrate.to_schema.names import quoted
from forebay.migrate.to_schema.relations import Relations
from forebay.schema.model import Model

_NAMES = (
    "were commented out because their names are currently not supported by Prisma. Please provide"
    " valid ones that match [a-zA-Z][a-zA-Z0-9_]* using the `@map` attribute:"
)
_FROM_BEFORE = "taken from the previous Prisma schema:"
_TYPES = (
    "These fields are not supported by Prisma Client, because Prisma currently does not support"
    " their types:"
)
_CONSTRAINTS = (
    "These {0} are not supported by Prisma Client, because Prisma currently does not fully support"
    " {1}. Read more: https://pris.ly/d/{2}"
)
_COMPUTED = (
    "These columns are computed from others, which a schema cannot say: a migration that makes them"
    " anew writes DEFAULT, and PostgreSQL refuses that. Edit it to say:"
)
_NOT_YET = "which is not yet fully supported. Read more: https://pris.ly/d/{}"


def warnings(known: Known, relations: Relations) -> str | None:
    """Return all warnings, None where there is nothing to warn of."""
    parts = [
        f"\n{sentence}\n" + "".join(f"  - {line}\n" for line in lines)
        for sentence, lines in _all(known, relations)
        if lines
    ]
    return "*** WARNING ***\n" + "".join(parts) if parts else None


def _all(known: Known, relations: Relations) -> Iterator[tuple[str, list[str]]]:
    models = _Columns(known, "model", {one.key: one.columns for one in known.shown})
    views = _Columns(known, "view", {one.key: one.columns for one in known.views})
    yield f"These fields {_NAMES}", models.without_names()
    yield f"These fields {_NAMES}", views.without_names()
    for columns in (models, views):
        yield (
            f"These fields were enriched with `@map` information {_FROM_BEFORE}",
            columns.renamed(),
        )
    yield f"These enum values {_NAMES}", list(_values_without_names(known))
    yield (
        "The following models were commented out as we could not retrieve columns for them. Please"
        " check your privileges:",
        [_model(known, one) for one in known.shown if not one.columns],
    )
    yield (
        "The following models were ignored as they do not have a valid unique identifier or id."
        " This is currently not supported by Prisma Client:",
        [_model(known, one) for one in known.shown if _is_lost(known, one)],
    )
    yield (
        f"These models were enriched with custom compound id names {_FROM_BEFORE}",
        [_model(known, one) for one in known.shown if _has_named_key(known, one.key)],
    )
    yield _TYPES, models.unsupported()
    yield _TYPES, views.unsupported()
    yield from _renamed(known)
    yield (
        "Relations were copied from the previous data model due to not using foreign keys in the"
        " database. If any of the relation columns changed in the database, the relations might not"
        " be correct anymore:",
        [
            f'"{field.type.rstrip("[]?")}"'
            for fields in relations.fields.values()
            for field in fields
            if field.is_copied
        ],
    )
    yield (
        "These items were renamed due to their names being duplicates in the Prisma schema:",
        list(_duplicates(known)),
    )
    yield from _tables(known)
    yield (
        "These objects have comments defined in the database,"
        f" {_NOT_YET.format('database-comments')}",
        list(_commented(known, models, views)),
    )
    yield (
        _CONSTRAINTS.format("indexes", "expression indexes", "expression-indexes"),
        [
            f'Model: {_model(known, one)}, constraint: "{name}"'
            for one in known.shown
            for name in one.traits.expression_indexes
        ],
    )


def of_computed(known: Known) -> str | None:
    """Return what a migration is to say of computed columns, of which Prisma says nothing."""
    lines = [
        f"  - {'.'.join(part for part in (table.schema, table.name, column.name) if part)}:"
        f" GENERATED ALWAYS AS ({column.written}) {'VIRTUAL' if column.is_virtual else 'STORED'}\n"
        for table in known.shown
        for column in table.columns
        if column.is_generated
    ]
    return f"*** WARNING ***\n\n{_COMPUTED}\n{''.join(lines)}" if lines else None


class _Columns:
    """The columns of all models, or of all views."""

    def __init__(self, known: Known, kind: str, columns: dict[Key, tuple[Column, ...]]) -> None:
        self._known = known
        self.kind = kind
        self._columns = columns

    def each(self) -> Iterator[tuple[str, str, Key, Column]]:
        """Yield a model's name, a field's, and where they are."""
        for key, columns in self._columns.items():
            name = self._known.table(key) if self.kind == "model" else self._known.view(key)
            for column in columns:
                field = self._known.column(key, column.name).name or column.name
                yield name.name, field, key, column

    def _line(self, model: str, field: str) -> str:
        return f'{self.kind.capitalize()}: "{model}", field: "{field}"'

    def without_names(self) -> list[str]:
        found: dict[str, set[str]] = {}
        for model, field, key, column in self.each():
            if self._known.column(key, column.name).name is None:
                found.setdefault(model, set()).add(field)
        what = self.kind.capitalize()
        return [
            f'{what}: "{model}", field(s): [{", ".join(_in_quotes(fields))}]'
            for model, fields in sorted(found.items(), key=lambda one: one[0].encode())
        ]

    def renamed(self) -> list[str]:
        return [
            self._line(model, field)
            for model, field, key, column in self.each()
            if (before := self._known.field_of(key, column.name)) and before.mapped_name
        ]

    def unsupported(self) -> list[str]:
        return [
            f'{self._line(model, field)}, original data type: "{column.type.name}"'
            for model, field, _, column in self.each()
            if column.type.family == "unsupported"
        ]

    def commented(self, key: Key) -> list[str]:
        return [
            f'Type: "field", name: "{model}.{field}"'
            for model, field, place, column in self.each()
            if place == key and column.comment is not None
        ]


def _in_quotes(names: set[str]) -> list[str]:
    return [quoted(name) for name in sorted(names, key=str.encode)]


def _model(known: Known, table: Table) -> str:
    return f'"{known.table(table.key).name}"'


def _is_lost(known: Known, table: Table) -> bool:
    model = known.models.get(table.key)
    is_given_up = model is not None and model.is_ignored
    return bool(table.columns) and not known.has_identifier(table) and not is_given_up


def _has_named_key(known: Known, key: Key) -> bool:
    model = known.models.get(key)
    return model is not None and model.primary_key is not None and bool(model.primary_key.name)


def _values_without_names(known: Known) -> Iterator[str]:
    for enum in known.found.enums:
        for value in enum.values:
            if known.value(enum.key, value).name is None:
                yield f'Enum: "{known.enum(enum.key).name}", value: {quoted(value)}'


def _renamed(known: Known) -> Iterator[tuple[str, list[str]]]:
    mapped = f"information {_FROM_BEFORE}"
    yield (
        f"These models were enriched with `@@map` {mapped}",
        [f'"{one.name}"' for one in _in_order(known.shown, known.models) if one.mapped_name],
    )
    yield (
        f"These views were enriched with `@@map` {mapped}",
        [f'"{one.name}"' for one in _in_order(known.views, known.known_views) if one.mapped_name],
    )
    enums = [known.enums[enum.key] for enum in known.found.enums if enum.key in known.enums]
    yield (
        f"These enum values were enriched with `@map` {mapped}",
        [
            f'Enum: "{enum.name}", value: "{member.name}"'
            for enum in enums
            for member in enum.members
            if member.mapped_name
        ],
    )
    yield (
        f"These enums were enriched with `@@map` {mapped}",
        [f'"{enum.name}"' for enum in enums if enum.mapped_name],
    )


def _in_order(found: Iterable[Table | View], before: dict[Key, Model]) -> Iterator[Model]:
    return (before[one.key] for one in found if one.key in before)


def _duplicates(known: Known) -> Iterator[str]:
    for enum in known.found.enums:
        if (name := known.enum(enum.key).name) in known.duplicates:
            yield f'Type: "enum", name: "{name}"'
    for table in known.shown:
        if (name := known.table(table.key).name) in known.duplicates:
            yield f'Type: "model", name: "{name}"'
    for view in known.views:
        if (name := known.view(view.key).name) in known.duplicates:
            yield f'Type: "view", name: "{name}"'


def _tables(known: Known) -> Iterator[tuple[str, list[str]]]:
    shown = known.shown
    for what, found in (
        ("partition", [one for one in shown if one.traits.is_partitioned]),
        ("inherited", [one for one in shown if one.traits.has_children]),
    ):
        yield (
            f"These tables are {what} tables, which are not yet fully supported:",
            [_model(known, one) for one in found],
        )
    yield (
        "These index columns are having a non-default null sort order,"
        f" {_NOT_YET.format('non-default-index-null-ordering')}",
        [
            f'Index: "{index.name}", column: "{column}"'
            for one in known.found.tables
            for index in one.indexes
            for column in index.odd_nulls
        ],
    )
    yield (
        f"These tables contain row level security, {_NOT_YET.format('row-level-security')}",
        [_model(known, one) for one in shown if one.traits.has_row_security],
    )
    yield (
        _CONSTRAINTS.format("constraints", "check constraints", "check-constraints"),
        [
            f'Model: {_model(known, t)}, constraint: "{name}"'
            for t in shown
            for name in t.traits.checks
        ],
    )
    yield (
        _CONSTRAINTS.format("constraints", "exclusion constraints", "exclusion-constraints"),
        [
            f'Model: {_model(known, t)}, constraint: "{name}"'
            for t in shown
            for name in t.traits.exclusions
        ],
    )
    yield (
        "These primary key, foreign key or unique constraints are using non-default deferring in"
        f" the database, {_NOT_YET.format('constraint-deferring')}",
        [
            f'Model: {_model(known, t)}, constraint: "{name}"'
            for t in shown
            for name in _deferrable(t)
        ],
    )


def _deferrable(table: Table) -> Iterator[str]:
    found = [index.name for index in table.indexes if index.is_deferrable]
    if table.primary_key is not None and table.traits.is_key_deferrable:
        found.append(table.primary_key.name)
    yield from sorted(found, key=str.encode)
    yield from (key.name for key in table.foreign_keys if key.is_deferrable)


def _commented(known: Known, models: _Columns, views: _Columns) -> Iterator[str]:
    for enum in known.found.enums:
        if enum.comment is not None:
            yield f'Type: "enum", name: "{known.enum(enum.key).name}"'
    for table in known.shown:
        if table.traits.comment is not None:
            yield f'Type: "model", name: {_model(known, table)}'
        yield from models.commented(table.key)
    for view in known.views:
        if view.comment is not None:
            yield f'Type: "view", name: "{known.view(view.key).name}"'
        yield from views.commented(view.key)
