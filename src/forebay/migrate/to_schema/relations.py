"""Relations and their fields: what they are called, and in which order they stand.

A relation is named only where two models have several, or one has one to itself. A name that would
be another field's is made longer, as if there were several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forebay.migrate.database import LONGEST_NAME, ForeignKey, Table
from forebay.migrate.to_schema.joins import sides
from forebay.migrate.to_schema.known import Key, Known, unique_indexes
from forebay.migrate.to_schema.names import Free, quoted, sanitised
from forebay.schema.checks.constraints import cut
from forebay.schema.model import Relation, RelationField
from forebay.schema.tree import Field

_UPDATE = "Cascade"


@dataclass(slots=True)
class FieldText:
    """A relation field as it is written; ``node`` is the one of the schema before."""

    name: str
    type: str
    arguments: list[str] = field(default_factory=list)
    is_ignored: bool = False
    node: Field | None = None
    is_copied: bool = False


@dataclass(slots=True)
class _Names:
    """The names of one relation: its own, empty where none is needed, and those of its fields."""

    relation: str
    forward: str
    back: str


class Relations:
    """The relation fields of every model."""

    def __init__(self, known: Known) -> None:
        """Name and place them."""
        self._known = known
        self._places = {table.key: place for place, table in enumerate(known.found.tables)}
        self.fields: dict[Key, list[FieldText]] = {table.key: [] for table in known.shown}
        self._free = {
            table.key: Free({one.name for one in known.columns(table.key).values() if one.name})
            for table in known.shown
        }
        if known.uses_keys:
            self._ambiguous = set(self._ambiguous_pairs())
            self._reserve()
            for table in known.shown:
                for key in _distinct(table):
                    if key.table in self.fields:
                        self._inline(table, key)
            for table in known.joins:
                self._join(table)
        self._copy()

    def _pair(self, one: Key, other: Key) -> tuple[Key, Key]:
        first, second = sorted((one, other), key=lambda key: self._places.get(key, -1))
        return first, second

    def _ambiguous_pairs(self) -> Iterator[tuple[Key, Key]]:
        """Yield the pairs of tables whose relations need names."""
        pairs: dict[tuple[Key, Key], set[tuple[Key, tuple[str, ...]]]] = {}
        for table in self._known.shown:
            for key in table.foreign_keys:
                pair = self._pair(table.key, key.table)
                pairs.setdefault(pair, set()).add((table.key, key.columns))
                name = sanitised(key.table[1])
                if any(sanitised(column) == name for column in key.columns):
                    yield pair
        for table in self._known.joins:
            both = sides(table)
            if both is not None:
                pair = self._pair(both[0].table, both[1].table)
                pairs.setdefault(pair, set()).add((table.key, ()))
        yield from (pair for pair, found in pairs.items() if len(found) > 1)

    def _reserve(self) -> None:
        """Take the names that the user gave, before any is made."""
        for table in self._known.shown:
            for key in _distinct(table):
                relation = self._known.relation_of(table, key)
                if relation is not None and key.table in self._free:
                    self._take_given(relation, table.key, key.table)
        for table in self._known.joins:
            relation, both = self._known.relation_of_join(table), sides(table)
            if relation is not None and both is not None:
                self._take_given(relation, both[0].table, both[1].table)

    def _take_given(self, relation: Relation, one: Key, other: Key) -> None:
        for given, place in ((relation.field_a, one), (relation.field_b, other)):
            if given is not None and place in self._free:
                self._free[place].take(given.name)

    def _inline(self, table: Table, key: ForeignKey) -> None:
        known = self._known
        relation = known.relation_of(table, key)
        forward = relation.field_a if relation else None
        back = relation.field_b if relation else None
        if relation is not None and forward is not None and back is not None:
            names = _Names(relation.explicit_name or "", forward.name, back.name)
        else:
            names = self._inline_names(table, key)
        target = known.tables[key.table]
        is_broken = not (known.has_identifier(table) and known.has_identifier(target))
        columns = {column.name: column for column in table.columns}
        is_optional = any(columns[name].arity != "required" for name in key.columns)
        is_required = any(columns[name].arity == "required" for name in key.columns)
        arguments = [quoted(names.relation)] if names.relation else []
        arguments.append(f"fields: [{self._listed(table.key, key.columns)}]")
        arguments.append(f"references: [{self._listed(key.table, key.references)}]")
        if key.on_delete != ("Restrict" if is_required else "SetNull"):
            arguments.append(f"onDelete: {key.on_delete}")
        if key.on_update != _UPDATE:
            arguments.append(f"onUpdate: {key.on_update}")
        if key.name != cut(f"{table.name}_{'_'.join(key.columns)}", "_fkey", LONGEST_NAME):
            arguments.append(f"map: {quoted(key.name)}")
        self.fields[table.key].append(
            FieldText(
                names.forward,
                known.table(key.table).name + ("?" if is_optional else ""),
                arguments,
                (is_broken and not known.is_ignored(table)) or _is_ignored(forward),
                forward.node if forward else None,
            )
        )
        self.fields[key.table].append(
            FieldText(
                names.back,
                known.table(table.key).name + ("?" if _is_unique(table, key) else "[]"),
                [quoted(names.relation)] if names.relation else [],
                (is_broken and not known.is_ignored(target)) or _is_ignored(back),
                back.node if back else None,
            )
        )

    def _listed(self, key: Key, columns: tuple[str, ...]) -> str:
        return ", ".join(self._known.column(key, name).name or name for name in columns)

    def _inline_names(self, table: Table, key: ForeignKey) -> _Names:
        """Name a new relation, at length where it has to be told from others."""
        own, other = self._known.plain(table.key), self._known.plain(key.table)
        is_self = table.key == key.table
        prefix = "other_" if is_self else ""
        forward, back = self._free[table.key], self._free[key.table]
        short = _Names(f"{own}To{other}" if is_self else "", other, f"{prefix}{own}")
        is_free = short.forward not in forward and short.back not in back
        if is_free and self._pair(table.key, key.table) not in self._ambiguous:
            return _Names(short.relation, forward.take(short.forward), back.take(short.back))
        columns = "_".join(sanitised(one) for one in key.columns)
        name = f"{own}_{columns}To{other}"
        return _Names(name, forward.take(f"{other}_{name}"), back.take(f"{prefix}{own}_{name}"))

    def _join(self, table: Table) -> None:
        both = sides(table)
        if both is None:
            return
        one, other = both[0].table, both[1].table
        if one not in self.fields or other not in self.fields:
            return
        relation = self._known.relation_of_join(table)
        a = relation.field_a if relation else None
        b = relation.field_b if relation else None
        if relation is not None and a is not None and b is not None:
            names = _Names(relation.explicit_name or "", a.name, b.name)
        else:
            names = self._join_names(table, one, other)
        arguments = [quoted(names.relation)] if names.relation else []
        for place, name, to, given in (
            (one, names.forward, other, a),
            (other, names.back, one, b),
        ):
            node = given.node if given is not None else None
            self.fields[place].append(
                FieldText(
                    name,
                    f"{self._known.table(to).name}[]",
                    list(arguments),
                    _is_ignored(given),
                    node,
                )
            )

    def _join_names(self, table: Table, one: Key, other: Key) -> _Names:
        # Of several schemas, Prisma goes by the order of the tables.
        own, to = (self._known.plain(key) for key in self._pair(one, other))
        is_self, name = one == other, table.name[1:]
        forward, back = self._free[one], self._free[other]
        wanted = (f"{to}_A", f"{own}_B") if is_self else (to, own)
        is_free = wanted[0] not in forward and wanted[1] not in back
        if is_free and self._pair(one, other) not in self._ambiguous:
            default = f"{own}To{to}"
            relation = "" if name == default and not is_self else name
        else:
            relation = name
            ends = ("_A", "_B") if is_self else ("", "")
            wanted = (f"{to}_{name}{ends[0]}", f"{own}_{name}{ends[1]}")
        return _Names(relation, forward.take(wanted[0]), back.take(wanted[1]))

    def _copy(self) -> None:
        """Copy what no foreign key stands behind: relations of views, or of `relationMode`."""
        known = self._known
        keys = {id(model): key for key, model in (known.models | known.known_views).items()}
        for key, model in known.models.items():
            for one in model.relations:
                if not known.uses_keys or one.related_model.is_view:
                    self._copy_field(one, key, keys)
        for key, model in known.known_views.items():
            self.fields[key] = []
            for one in model.relations:
                self._copy_field(one, key, keys)

    def _copy_field(self, one: RelationField, key: Key, keys: dict[int, Key]) -> None:
        if id(one.related_model) not in keys:
            return
        arguments = [quoted(one.explicit_name)] if one.explicit_name else []
        for name, listed in (("fields", one.fields), ("references", one.references)):
            if listed:
                arguments.append(f"{name}: [{', '.join(field.name for field in listed)}]")
        if one.on_delete:
            arguments.append(f"onDelete: {one.on_delete}")
        if one.on_update:
            arguments.append(f"onUpdate: {one.on_update}")
        if one.mapped_name:
            arguments.append(f"map: {quoted(one.mapped_name)}")
        self.fields[key].append(
            FieldText(
                one.name,
                one.related_model.name + one.arity,
                arguments,
                one.is_ignored,
                one.node,
                is_copied=True,
            )
        )


def _is_ignored(field: RelationField | None) -> bool:
    return field is not None and field.is_ignored


def _distinct(table: Table) -> Iterator[ForeignKey]:
    """Yield the foreign keys that are not there twice."""
    seen = set()
    for key in table.foreign_keys:
        what = key.columns, key.table, key.references
        if what not in seen:
            seen.add(what)
            yield key


def _is_unique(table: Table, key: ForeignKey) -> bool:
    """Say whether no two records of a table refer to the same one.

    A key of some of the columns would do, but not for Prisma, which wants one of them all.
    """
    found = [tuple(one.name for one in index.columns) for index in unique_indexes(table)]
    if table.primary_key is not None:
        found.append(table.primary_key.columns)
    return any(set(columns) == set(key.columns) for columns in found)
