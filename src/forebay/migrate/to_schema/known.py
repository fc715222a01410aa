"""What the schema before knew of what is found: models, fields, enums, relations, and their names.

Whoever matches keeps the name that the user gave it; the others are named after the database.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from forebay.migrate.database import (
    Column,
    Database,
    Enum,
    ForeignKey,
    Index,
    Table,
    View,
)
from forebay.migrate.to_schema.joins import is_internal, is_join
from forebay.migrate.to_schema.names import Free, Named, is_reserved, sanitised
from forebay.schema.model import Enum as SchemaEnum
from forebay.schema.model import Mapped, Model, Relation, ScalarField, Schema

Key: TypeAlias = tuple[str | None, str]

_Before = TypeVar("_Before", Model, SchemaEnum)

# The preview feature without which Prisma sees no views.
VIEWS = "views"


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A column's field; ``name`` is None for one that is commented out for want of a name."""

    name: str | None
    mapped: str | None = None


class Known:
    """Names in the schema for all that is found, and its counterparts in the schema before."""

    def __init__(self, found: Database, before: Schema) -> None:
        """Match the two."""
        self.found = found
        self.before = before
        self.has_views = VIEWS in before.preview_features
        self.uses_keys = (
            before.datasource is None or before.datasource.relation_mode == "foreignKeys"
        )
        self.tables = {table.key: table for table in found.tables}
        self.joins = [table for table in found.tables if is_join(table)]
        hidden = {table.key for table in self.joins}
        self.shown = [
            table for table in found.tables if table.key not in hidden and not is_internal(table)
        ]
        self.views = [one for one in found.views if one.columns] if self.has_views else []
        self.models = dict(_matched(before.models, self.shown))
        self.known_views = dict(_matched(before.views, self.views))
        self.enums = dict(_matched(before.enums, found.enums))
        self._names, self.duplicates = self._top_names()
        self._columns = self._column_names()
        self._values = {enum.key: self._value_names(enum) for enum in found.enums}

    def table(self, key: Key) -> Named:
        """Return the name of a table's model."""
        return self._names["table", *key]

    def plain(self, key: Key) -> str:
        """Return what a table's model would be called if nobody had named it.

        Prisma makes the names of relations of that.
        """
        name = sanitised(key[1])
        return f"Renamed{name}" if is_reserved(name) else name or self.table(key).name

    def view(self, key: Key) -> Named:
        """Return a view's name."""
        return self._names["view", *key]

    def enum(self, key: Key) -> Named:
        """Return an enum's name."""
        return self._names["enum", *key]

    def value(self, enum: Key, value: str) -> ColumnName:
        """Return the name of an enum's value, None in it for one without."""
        return self._values.get(enum, {}).get(value, ColumnName(None, value))

    def column(self, key: Key, column: str) -> ColumnName:
        """Return the name of a column's field."""
        return self._columns[key][column]

    def columns(self, key: Key) -> dict[str, ColumnName]:
        """Return the names of a table's fields by their columns'."""
        return self._columns[key]

    def model_of(self, key: Key) -> Model | None:
        """Return the model or the view that a table or a view was."""
        return self.models.get(key) or self.known_views.get(key)

    def field_of(self, key: Key, column: str) -> ScalarField | None:
        """Return the field that a column was."""
        model = self.model_of(key)
        fields = model.scalars if model is not None else ()
        return next((one for one in fields if one.database_name == column), None)

    def relation_of(self, table: Table, key: ForeignKey) -> Relation | None:
        """Return the relation that a foreign key was."""
        model = self.models.get(table.key)
        if model is None:
            return None
        for relation in self.before.relations:
            field = relation.field_a
            if relation.kind == "many-to-many" or field is None or relation.field_b is None:
                continue
            columns = tuple(one.database_name for one in field.fields or ())
            if field.model is model and columns == key.columns:
                return relation
        return None

    def relation_of_join(self, table: Table) -> Relation | None:
        """Return the many-to-many relation that a table is the join of."""
        for relation in self.before.relations:
            if relation.kind == "many-to-many" and relation.name == table.name[1:]:
                return relation
        return None

    def has_identifier(self, table: Table) -> bool:
        """Say whether a record of a table can be told from the others."""
        required = {
            one.name
            for one in table.columns
            if one.arity == "required" and one.type.family != "unsupported"
        }
        keys = [tuple(one.name for one in index.columns) for index in unique_indexes(table)]
        if table.primary_key is not None:
            keys.append(table.primary_key.columns)
        return any(required.issuperset(key) for key in keys)

    def is_ignored(self, table: Table) -> bool:
        """Say whether a table's model is ignored: by the user, or because it has to be."""
        model = self.models.get(table.key)
        if model is not None and model.is_ignored:
            return True
        return bool(table.columns) and not self.has_identifier(table)

    def _everything(self) -> Iterator[tuple[str, Table | Enum | View, Mapped | None]]:
        for table in self.found.tables:
            if table not in self.joins:
                yield "table", table, self.models.get(table.key)
        for enum in self.found.enums:
            yield "enum", enum, self.enums.get(enum.key)
        for view in self.views:
            yield "view", view, self.known_views.get(view.key)

    def _top_names(self) -> tuple[dict[tuple[str, str | None, str], Named], set[str]]:
        """Name models, enums and views; say also which were renamed because two share a name."""
        everything = list(self._everything())
        wanted = Counter(
            before.name if before is not None else sanitised(one.name)
            for _, one, before in everything
        )
        # A table without columns is no model that anything is known of: it is called after the
        # others' names in the database, so that another pull calls it the same.
        given = Counter(sanitised(one.name) for _, one, _ in everything)
        free = Free({before.name for _, _, before in everything if before is not None})
        names: dict[tuple[str, str | None, str], Named] = {}
        duplicates: set[str] = set()
        for kind, one, before in everything:
            if before is not None:
                names[kind, *one.key] = Named(before.name, before.mapped_name)
                continue
            if isinstance(one, Table) and is_internal(one):
                continue
            name = sanitised(one.name)
            counted = given if isinstance(one, Table) and not one.columns else wanted
            is_double = counted[name] > 1
            if is_double:
                name = sanitised(f"{one.home}_{one.name}")
            elif is_reserved(name):
                name = f"Renamed{name}"
            name = free.take(name or f"{kind}_1")
            if is_double:
                duplicates.add(name)
            names[kind, *one.key] = Named(name, None if name == one.name else one.name)
        return names, duplicates

    def _column_names(self) -> dict[Key, dict[str, ColumnName]]:
        needed: dict[Key, set[str]] = {}
        for table in self.found.tables:
            own = needed.setdefault(table.key, set())
            own.update(table.primary_key.columns if table.primary_key else ())
            for index in table.indexes:
                own.update(column.name for column in index.columns)
            for key in table.foreign_keys:
                own.update(key.columns)
                needed.setdefault(key.table, set()).update(key.references)
        out = {
            table.key: self._names_of(table.key, table.columns, needed[table.key])
            for table in self.shown
        }
        out |= {view.key: self._names_of(view.key, view.columns, set()) for view in self.views}
        return out

    def _names_of(
        self, key: Key, columns: tuple[Column, ...], needed: set[str]
    ) -> dict[str, ColumnName]:
        before = {one.name: self.field_of(key, one.name) for one in columns}
        free = Free({field.name for field in before.values() if field is not None})
        out: dict[str, ColumnName] = {}
        for number, column in enumerate(columns, 1):
            field = before[column.name]
            if field is not None:
                out[column.name] = ColumnName(field.name, field.mapped_name)
                continue
            name = sanitised(column.name)
            if not name and column.name not in needed:
                out[column.name] = ColumnName(None, column.name)
                continue
            name = free.take(name or f"column_{number}")
            out[column.name] = ColumnName(name, None if name == column.name else column.name)
        return out

    def _value_names(self, enum: Enum) -> dict[str, ColumnName]:
        known = self.enums.get(enum.key)
        before = {one.database_name: one for one in known.members} if known is not None else {}
        free = Free({before[value].name for value in enum.values if value in before})
        has_name = any(sanitised(value) or value in before or not value for value in enum.values)
        needed = self._default_values(enum)
        out: dict[str, ColumnName] = {}
        for number, value in enumerate(enum.values, 1):
            member = before.get(value)
            if member is not None:
                out[value] = ColumnName(member.name, member.mapped_name)
                continue
            name = sanitised(value) if value else "EMPTY_ENUM_VALUE"
            if not name and has_name and value not in needed:
                out[value] = ColumnName(None, value)
                continue
            name = free.take(name or f"value_{number}")
            out[value] = ColumnName(name, None if name == value else value)
        return out

    def _default_values(self, enum: Enum) -> set[str]:
        """Return the values that columns have where nothing is given."""
        texts = [
            column.written
            for table in self.found.tables
            for column in table.columns
            if column.type.enum == enum.key and column.written is not None
        ]
        return {value for value in enum.values if any(f"'{value}'" in text for text in texts)}


def unique_indexes(table: Table) -> list[Index]:
    """Return the indexes that let no two records be alike."""
    return [index for index in table.indexes if index.is_unique]


def _matched(
    before: Iterable[_Before], found: Iterable[Table | Enum | View]
) -> Iterator[tuple[Key, _Before]]:
    """Yield what was in the schema before, with the key of what is found of it."""
    by_name: dict[str, list[Table | Enum | View]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    for known in before:
        for one in by_name.get(known.database_name, ()):
            if None in (known.schema, one.schema) or known.schema == one.schema:
                yield one.key, known
                break
