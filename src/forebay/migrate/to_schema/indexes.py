"""Keys and indexes: on their fields where they can be, or else at the end of the model."""

from __future__ import annotations

from forebay.migrate.database import LONGEST_NAME, Index, IndexColumn, Table
from forebay.migrate.to_schema.known import Known
from forebay.migrate.to_schema.names import quoted
from forebay.schema import model as before
from forebay.schema.checks.constraints import cut, index_name
from forebay.schema.operators import OPERATOR_CLASSES, class_name
from forebay.schema.tree import Attribute

# The operator classes that the language has a name for, by PostgreSQL's.
_CLASSES = {class_name(name): name for name in OPERATOR_CLASSES}


class Indexes:
    """What a table's keys and indexes become."""

    def __init__(self, known: Known, table: Table) -> None:
        """Sort those that stand on a field from the others."""
        self._known = known
        self._table = table
        self._model = known.models.get(table.key)
        self._on_fields: dict[str, Index] = {}
        self._others: list[Index] = []
        for index in table.indexes:
            if index.is_unique and len(index.columns) == 1:
                if not self._is_named(index):
                    self._on_fields.setdefault(index.columns[0].name, index)
                    continue
                self._others.append(index)
            else:
                self._others.append(index)

    def on_field(self, column: str) -> list[str]:
        """Return the attributes of a field that its column's keys come to."""
        out = []
        key = self._table.primary_key
        if key is not None and key.columns == (column,) and not self._has_block_key():
            out.append(_called("id", self._key_map()))
        index = self._on_fields.get(column)
        if index is not None:
            arguments = self._map(index)
            if index.columns[0].sort == "Desc":
                arguments.append("sort: Desc")
            out.append(_called("unique", arguments + _where(index)))
        return out

    def of_block(self) -> list[tuple[str, Attribute | None]]:
        """Return the attributes of the model, each with the one of the schema before."""
        out: list[tuple[str, Attribute | None]] = []
        key = self._table.primary_key
        if key is not None and (len(key.columns) > 1 or self._has_block_key()):
            known = self._model.primary_key if self._model is not None else None
            name = [f"name: {quoted(known.name)}"] if known is not None and known.name else []
            fields = ", ".join(self._field(column) for column in key.columns)
            arguments = [f"[{fields}]", *name, *self._key_map()]
            out.append((_called("@id", arguments), known.node if known is not None else None))
        places = {id(one): place for place, one in enumerate(self._known_indexes())}
        found = [(index, self._before(index)) for index in self._others]
        found.sort(key=lambda one: places.get(id(one[1]), len(places)))
        out += [(self._block(index, one), one.node if one else None) for index, one in found]
        return out

    def _known_indexes(self) -> list[before.Index]:
        return self._model.indexes if self._model is not None else []

    def _has_block_key(self) -> bool:
        """Say whether the user has written the key of one field, with a name, on the model."""
        known = self._model.primary_key if self._model is not None else None
        return known is not None and known.source is None and known.name is not None

    def _is_named(self, index: Index) -> bool:
        """Say whether the user has given an index a name that the client knows."""
        known = self._before(index)
        if known is None or known.source is not None or known.name is None:
            return False
        # Once, a name was the index's own.
        return known.mapped_name is not None or known.name != index.name

    def _before(self, index: Index) -> before.Index | None:
        for one in self._known_indexes():
            if one.kind == ("unique" if index.is_unique else "normal") and (
                index_name(one, LONGEST_NAME) == index.name
                or (one.mapped_name is None and one.name == index.name)
            ):
                return one
        return None

    def _field(self, column: str) -> str:
        return self._known.column(self._table.key, column).name or column

    def _key_map(self) -> list[str]:
        key = self._table.primary_key
        if key is None or key.name == cut(self._table.name, "_pkey", LONGEST_NAME):
            return []
        return [f"map: {quoted(key.name)}"]

    def _map(self, index: Index) -> list[str]:
        columns = "_".join(column.name for column in index.columns)
        suffix = "_key" if index.is_unique else "_idx"
        if index.name == cut(f"{self._table.name}_{columns}", suffix, LONGEST_NAME):
            return []
        return [f"map: {quoted(index.name)}"]

    def _block(self, index: Index, known: before.Index | None) -> str:
        arguments = [f"[{', '.join(self._column(one) for one in index.columns)}]"]
        if index.is_unique and known is not None and known.name:
            arguments.append(f"name: {quoted(known.name)}")
        arguments += self._map(index)
        if index.algorithm != "BTree":
            arguments.append(f"type: {index.algorithm}")
        kind = "@unique" if index.is_unique else "@index"
        return _called(kind, arguments + _where(index))

    def _column(self, one: IndexColumn) -> str:
        arguments = []
        if one.sort == "Desc":
            arguments.append("sort: Desc")
        if one.ops is not None:
            name = _CLASSES.get(one.ops)
            arguments.append(f"ops: {name or f'raw({quoted(one.ops)})'}")
        written = f"({', '.join(arguments)})" if arguments else ""
        return self._field(one.name) + written


def _where(index: Index) -> list[str]:
    return [] if index.where is None else [f"where: raw({quoted(index.where)})"]


def _called(name: str, arguments: list[str]) -> str:
    return f"@{name}({', '.join(arguments)})" if arguments else f"@{name}"
