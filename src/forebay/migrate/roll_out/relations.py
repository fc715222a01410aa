"""What becomes of queries that go from one table to another, and of writes that keys look at."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.migrate.database import Action, Column, Database, ForeignKey, Table
from forebay.migrate.roll_out.breaks import CREATES, DELETES, EVERY, UPDATES, Break, Level
from forebay.migrate.roll_out.columns import needs_a_value
from forebay.migrate.roll_out.tables import Tables
from forebay.migrate.roll_out.uses import Uses
from forebay.migrate.roll_out.values import is_comparable
from forebay.migrate.types import type_of
from forebay.schema.dmmf.client import opposite
from forebay.schema.model import Index, PrimaryKey, Relation, RelationField

# What a delete of a referred record does to those that refer to it, in words.
_DOES: dict[Action, str] = {
    "Cascade": "deletes the records that refer to it",
    "Restrict": "is refused while a record refers to it",
    "NoAction": "is refused while a record refers to it",
    "SetNull": "empties the key of the records that refer to it",
    "SetDefault": "sets the key of the records that refer to it to its default",
}
_REFUSES = frozenset({"Restrict", "NoAction"})


class Relations:
    """Looks at the relations of all models on a database."""

    def __init__(self, uses: dict[str, Uses], tables: Tables) -> None:
        self.uses = uses
        self.tables = tables

    def breaks(self) -> Iterator[Break]:
        """Yield what fails."""
        seen: set[int] = set()
        for uses in self.uses.values():
            for field in uses.client.relations:
                relation = field.relation
                if relation is None:
                    continue
                if relation.kind == "many-to-many":
                    yield from self._between(uses, field, relation)
                elif (found := self._uncomparable(relation)) is not None:
                    yield self._lost(uses, field, "relation-type", found, "42883")
                if self.tables.emulates and id(relation) not in seen:
                    seen.add(id(relation))
                    yield from self._emulated(relation)

    def _lost(
        self,
        uses: Uses,
        field: RelationField,
        code: str,
        why: str,
        error: str,
        level: Level = "fails",
    ) -> Break:
        return Break(
            code,
            level,
            uses.name,
            field.name,
            why,
            error,
            frozenset({"relation"}),
            (),
            uses.only(EVERY),
            (f"{uses.name}.{field.name}",),
        )

    def _between(self, uses: Uses, field: RelationField, relation: Relation) -> Iterator[Break]:
        name = f"_{relation.name}"
        table = self.tables.find(relation.model_a.schema, name)
        if table is None:
            if self.tables.view(relation.model_a.schema, name) is None:
                why = f"the table `{name}` between the two models is not there"
                yield self._lost(uses, field, "relation-table-missing", why, "P2021")
            return
        known = {column.name: column for column in table.columns}
        for letter, model in (("A", relation.model_a), ("B", relation.model_b)):
            column = known.pop(letter, None)
            if column is None:
                why = f"the column `{name}.{letter}` is not there"
                yield self._lost(uses, field, "relation-table-missing", why, "P2022")
                continue
            key = self._key_column(model.name)
            if key is not None and not is_comparable(column.type, key.type):
                why = f"`{name}.{letter}` and the key of `{model.name}` are of types that differ"
                yield self._lost(uses, field, "relation-type", why, "42883")
        for column in known.values():
            if needs_a_value(column):
                why = (
                    f"`{name}.{column.name}` takes no NULL and has no default: nothing is connected"
                )
                yield self._lost(uses, field, "relation-column-unknown", why, "P2011")

    def _key_column(self, model: str) -> Column | None:
        uses = self.uses.get(model)
        if uses is None or not (found := uses.identifier()):
            return None
        return self.tables.column(found[0])

    def _uncomparable(self, relation: Relation) -> str | None:
        field = relation.field_a
        for near, far in zip(
            (field.fields or ()) if field is not None else (),
            (field.references or ()) if field is not None else (),
            strict=False,
        ):
            here, there = self.tables.column(near), self.tables.column(far)
            if here is None or there is None or is_comparable(here.type, there.type):
                continue
            if is_comparable(type_of(near), type_of(far)):
                return (
                    f"`{near.model.name}.{near.name}` and `{far.model.name}.{far.name}` are of"
                    " types that PostgreSQL does not compare"
                )
        return None

    def _emulated(self, relation: Relation) -> Iterator[Break]:
        """Look for what a delete does itself, where no foreign key does it."""
        field, uses = relation.field_a, self.uses.get(relation.model_b.name)
        if field is None or uses is None or field.on_delete == "NoAction":
            return
        holder = self.tables.find(relation.model_a.schema, relation.model_a.database_name)
        gone = [one.name for one in field.fields or () if self.tables.column(one) is None]
        if holder is None or gone:
            what = f"the column of `{gone[0]}`" if holder is not None else "the table"
            yield Break(
                "relation-table-missing",
                "fails",
                uses.name,
                opposite(field).name,
                f"a delete looks for the records of `{relation.model_a.name}`, and {what} is not"
                " there",
                "P2021" if holder is None else "P2022",
                frozenset({"relation"}),
                uses.only(DELETES),
            )


class Keys:
    """Compares foreign keys and unique indexes with those that a client was made for."""

    def __init__(self, uses: dict[str, Uses], tables: Tables, own: Database) -> None:
        self.uses = uses
        self.tables = tables
        self.own = {(table.schema, table.name): table for table in own.tables}
        self.by_table = {
            (one.client.model.schema, one.client.model.database_name): one for one in uses.values()
        }

    def breaks(self) -> Iterator[Break]:
        """Yield what fails."""
        for key, uses in self.by_table.items():
            table, mine = self.tables.find(*key), self.own.get(key)
            if table is None or mine is None:
                continue
            yield from _upserts(uses, table)
            yield from _uniques(uses, table, mine)
            yield from self._foreign(uses, table, mine)

    def _foreign(self, uses: Uses, table: Table, mine: Table) -> Iterator[Break]:
        known = {_place(one): one for one in mine.foreign_keys}
        for key in table.foreign_keys:
            before = known.pop(_place(key), None)
            if before is None:
                yield from self._added(uses, key)
            elif before.on_delete != key.on_delete and not (
                {before.on_delete, key.on_delete} <= _REFUSES
            ):
                yield from self._deletes(key, before)
        for key in known.values():
            yield self._dropped(uses, key)

    def _added(self, uses: Uses, key: ForeignKey) -> Iterator[Break]:
        columns = ", ".join(key.columns)
        yield Break(
            "foreign-key-unknown",
            "may fail",
            uses.name,
            _field_of(uses, key.columns[0]),
            f"the foreign key `{key.name}` over ({columns}) refers to `{key.table[1]}`",
            "P2003",
            frozenset({"write", "bulk"}),
            (),
            uses.only((*CREATES, *UPDATES)),
            tuple(uses.through),
            "where no such record is there",
        )
        other = self._referred(key)
        if other is not None:
            level: Level = "may fail" if key.on_delete in _REFUSES else "behaves otherwise"
            yield Break(
                "foreign-key-unknown",
                level,
                other.name,
                None,
                f"`{uses.name}` refers to it by the foreign key `{key.name}`: a delete"
                f" {_DOES[key.on_delete]}",
                "P2003" if level == "may fail" else "",
                frozenset({"all"}),
                (),
                other.only(DELETES),
                (),
                "where a record refers to it",
            )

    def _deletes(self, key: ForeignKey, before: ForeignKey) -> Iterator[Break]:
        other = self._referred(key)
        if other is None:
            return
        is_refused = key.on_delete in _REFUSES
        yield Break(
            "on-delete",
            "may fail" if is_refused else "behaves otherwise",
            other.name,
            None,
            f"by `{key.name}` a delete {_DOES[key.on_delete]}; for this client it"
            f" {_DOES[before.on_delete]}",
            "P2003" if is_refused else "",
            frozenset({"all"}),
            (),
            other.only(DELETES),
            (),
            "where a record refers to it",
        )

    def _dropped(self, uses: Uses, key: ForeignKey) -> Break:
        return Break(
            "foreign-key-missing",
            "behaves otherwise",
            uses.name,
            _field_of(uses, key.columns[0]),
            f"no foreign key over ({', '.join(key.columns)}) keeps records from referring to"
            f" nothing, and a delete of `{key.table[1]}` no longer {_DOES[key.on_delete]}",
            "",
            frozenset({"all"}),
            (),
            uses.only((*CREATES, *UPDATES)),
        )

    def _referred(self, key: ForeignKey) -> Uses | None:
        for (_, name), uses in self.by_table.items():
            if name == key.table[1]:
                return uses
        return None


def _place(key: ForeignKey) -> tuple[object, ...]:
    return key.columns, key.table[1], key.references


def _field_of(uses: Uses, column: str) -> str | None:
    scalars = uses.client.model.scalars
    return next((one.name for one in scalars if one.database_name == column), None)


def _unique_sets(table: Table) -> set[frozenset[str]]:
    found = {
        frozenset(column.name for column in index.columns)
        for index in table.indexes
        if index.is_unique and index.where is None and not index.is_deferrable
    }
    return found | ({frozenset(table.primary_key.columns)} if table.primary_key else set())


def _upserts(uses: Uses, table: Table) -> Iterator[Break]:
    """Look for the keys that an upsert conflicts on."""
    there = _unique_sets(table)
    known = {column.name for column in table.columns}
    model = uses.client.model
    keys: list[PrimaryKey | Index] = [one for one in uses.client.uniques if one.where is None]
    if model.primary_key is not None:
        keys.insert(0, model.primary_key)
    for key in keys:
        columns = frozenset(part.field.database_name for part in key.fields)
        if columns in there or not columns <= known:
            continue
        names = "_".join(part.name for part in key.fields)
        yield Break(
            "unique-missing",
            "fails",
            uses.name,
            key.name or names,
            f"no unique index or key is over ({', '.join(sorted(columns))}) alone, and an upsert"
            " that names this key asks for one",
            "42P10",
            frozenset({"conflict"}),
            (),
            uses.only(("upsert",)),
            (),
            "where its `where` is this key, and `create` gives the same values",
        )


def _uniques(uses: Uses, table: Table, mine: Table) -> Iterator[Break]:
    known = _unique_sets(mine)
    for columns in sorted(_unique_sets(table) - known, key=sorted):
        yield Break(
            "unique-unknown",
            "may fail",
            uses.name,
            None,
            f"({', '.join(sorted(columns))}) must be unique in `{table.name}`, which this client"
            " does not know",
            "P2002",
            frozenset({"write", "bulk", "omit"}),
            (),
            uses.only((*CREATES, *UPDATES)),
            tuple(uses.through),
            "where a record with the same values is there",
        )
