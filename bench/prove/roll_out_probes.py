"""Requests of a client's, each with what it touches: to see which of them fail on a database."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bench.prove.roll_out_schemas import text_of
from forebay.migrate.roll_out.breaks import Break, Facet
from forebay.migrate.roll_out.uses import Uses, client_makes, uses_of
from forebay.migrate.types import column_of
from forebay.schema.dmmf.client import Client, is_many_to_many, key_name, opposite
from forebay.schema.model import RelationField, ScalarField, Schema
from tests.reference.engine.build import Json

Touch: TypeAlias = tuple[str, Facet, str | None]

ALL: Json = {"$scalars": True, "$composites": True}
# A row that is there, another that is, one that is not, and one inside it.
THERE, OTHER, NEW, INNER = 1, 2, 58, 59

_ACTIONS = {
    "create": "createOne",
    "update": "updateOne",
    "upsert": "upsertOne",
    "delete": "deleteOne",
    "findUniqueOrThrow": "findUnique",
    "findFirstOrThrow": "findFirst",
    "count": "aggregate",
}


@dataclass
class Probe:
    """A request, the operation it is, and what it touches; ``is_plain`` is one as usually made."""

    model: str
    operation: str
    query: Json
    touches: set[Touch] = field(default_factory=set)
    is_plain: bool = False
    what: str = ""

    @property
    def body(self) -> Json:
        """The request."""
        action = _ACTIONS.get(self.operation, self.operation)
        return {"modelName": self.model, "action": action, "query": self.query}

    def touched_by(self, found: Break) -> bool:
        """Say whether it is one of the queries that a break speaks of."""
        if "all" in found.facets and found.code == "table-missing":
            return (found.model, "all", None) in self.touches
        return any((found.model, facet, found.part) in self.touches for facet in found.facets)


def value_of(field_: ScalarField, row: int) -> Any:
    """Return a field's value in a row, as a request has it."""
    column = column_of(field_)
    if field_.enum is not None:
        members = field_.enum.members
        one: Any = members[(row - 1) % len(members)].name
    else:
        text = text_of(column.type.name, column.type.arguments, row)
        one = _tagged(field_, text)
    return [one] if column.arity == "list" else one


def _tagged(field_: ScalarField, text: str) -> Any:
    match field_.type:
        case "Int":
            return int(text)
        case "Float":
            return float(text)
        case "Boolean":
            return text == "t"
        case "BigInt" | "Decimal" | "Json":
            return {"$type": field_.type, "value": text}
        case "Bytes":
            encoded = base64.b64encode(bytes.fromhex(text[2:])).decode()
            return {"$type": "Bytes", "value": encoded}
        case "DateTime":
            return {"$type": "DateTime", "value": _moment(text)}
    return text


def _moment(text: str) -> str:
    if len(text) == 10:
        return f"{text}T00:00:00.000Z"
    if text[2] == ":":
        return f"1970-01-01T{text[:8]}.000Z"
    return f"{text[:10]}T{text[11:19]}.000Z"


class Probes:
    """Makes the requests of one client."""

    def __init__(self, schema: Schema) -> None:
        self.uses = uses_of(Client(schema, 6))

    def all(self) -> Iterator[Probe]:
        """Yield all of them."""
        for uses in self.uses.values():
            yield from _Of(uses, self.uses).all()


class _Of:
    def __init__(self, uses: Uses, every: dict[str, Uses]) -> None:
        self.uses = uses
        self.every = every
        self.name = uses.name
        self.scalars = uses.client.scalars
        model = uses.client.model
        self.keys: list[tuple[str, list[ScalarField]]] = []
        if model.primary_key is not None:
            key = model.primary_key
            self.keys.append((key_name(key), [part.field for part in key.fields]))
        for index in uses.client.uniques:
            self.keys.append((key_name(index), [part.field for part in index.fields]))
        self.keys = [(name, fields) for name, fields in self.keys if _is_usable(fields)]

    # What a part of a request touches

    def _all(self) -> set[Touch]:
        return {(self.name, "all", None)}

    def _reads(self, fields: list[ScalarField] | None = None) -> set[Touch]:
        chosen = self.scalars if fields is None else fields
        found = self._all()
        for one in chosen:
            found |= {(self.name, "read", one.name), (self.name, "value", one.name)}
        return found

    def _returns(self, given: set[str]) -> set[Touch]:
        """Return what reading a new record touches: of what it leaves out there is no value."""
        found = self._all()
        for one in self.scalars:
            found.add((self.name, "read", one.name))
        has = [one for one in self.scalars if one.name in given or one.default is not None]
        has += [one for one in self.scalars if one.is_updated_at]
        for one in has:
            found.add((self.name, "value", one.name))
        return found

    def _identified(self) -> set[Touch]:
        return self._reads(self.uses.identifier())

    def _filters(self, fields: list[ScalarField]) -> set[Touch]:
        return self._all() | {(self.name, "filter", one.name) for one in fields}

    def _inserts(self, given: set[str], facet: Facet = "write") -> set[Touch]:
        found: set[Touch] = self._all() | {(self.name, "omit", None), (self.name, facet, None)}
        for one in self.uses.client.model.scalars:
            if one.name in given or client_makes(one):
                found.add((self.name, facet, one.name))
            else:
                found.add((self.name, "omit", one.name))
        return found

    def _updates(self, given: set[str]) -> set[Touch]:
        moments = [one.name for one in self.uses.client.model.scalars if one.is_updated_at]
        names = (*given, *moments, None)
        return self._all() | {(self.name, "write", name) for name in names}

    def _where(self, fields: list[ScalarField], name: str, row: int) -> Json:
        if len(fields) == 1:
            return {name: value_of(fields[0], row)}
        return {name: {one.name: value_of(one, row) for one in fields}}

    def _data(self, row: int, more: list[ScalarField] | None = None) -> Json:
        """Return what a new record must be given, and some fields more."""
        needed = [
            one
            for one in self.scalars
            if one.kind != "unsupported" and one.arity == "" and not _has_default(one)
        ]
        needed = [one for one in needed if not one.is_updated_at]
        return {one.name: value_of(one, row) for one in (*needed, *(more or ()))}

    # Requests

    def all(self) -> Iterator[Probe]:
        operations = set(self.uses.operations())
        for probe in (*self._finds(), *self._summaries(), *self._writes(), *self._related()):
            if probe.operation in operations:
                yield probe

    def _probe(
        self, operation: str, arguments: Json, selection: Json, touches: set[Touch], what: str = ""
    ) -> Probe:
        query = {"arguments": arguments, "selection": selection}
        return Probe(self.name, operation, query, touches, not what, what)

    def _finds(self) -> Iterator[Probe]:
        for one in ("findFirst", "findFirstOrThrow", "findMany"):
            yield self._probe(one, {}, ALL, self._reads())
        for number, (name, fields) in enumerate(self.keys):
            where = {"where": self._where(fields, name, THERE)}
            touches = self._reads() | self._filters(fields)
            for one in ("findUnique", "findUniqueOrThrow"):
                what = "" if number == 0 and len(self.keys) == 1 else f"by {name}"
                yield self._probe(one, where, ALL, touches, what)
        for field_ in self.scalars:
            if field_.kind == "unsupported":
                continue
            only = {field_.name: True}
            yield self._probe("findMany", {}, only, self._reads([field_]), f"select {field_.name}")
            if field_.type == "Json" and field_.arity == "[]":
                continue
            where = {"where": {field_.name: {"equals": value_of(field_, THERE)}}}
            touches = self._filters([field_])
            count = {"_count": {"selection": {"_all": True}}}
            yield self._probe("count", where, count, touches, f"where {field_.name}")

    def _summaries(self) -> Iterator[Probe]:
        count = {"_count": {"selection": {"_all": True}}}
        for one in ("count", "aggregate"):
            yield self._probe(one, {}, count, self._all())

    def _writes(self) -> Iterator[Probe]:
        data = self._data(NEW)
        names = set(data)
        # `dbgenerated()` gives nothing here: such a field is given a value, as it need not be.
        what = "whole" if any(one.default for one in self.scalars if one.name in data) else ""
        touches = self._returns(names) | self._identified() | self._inserts(names)
        yield self._probe("create", {"data": data}, ALL, touches, what)
        bulk = self._inserts(names, "bulk")
        returned = bulk | self._returns(names)
        yield self._probe("createMany", {"data": [data]}, {"count": True}, bulk, what)
        yield self._probe("createManyAndReturn", {"data": [data]}, ALL, returned, what)
        for field_ in self.uses.client.scalars:
            if field_.kind != "unsupported" and field_.name not in data:
                yield from self._given(field_)
        yield from self._changes()
        if self.keys:
            name, fields = self.keys[0]
            where = {"where": self._where(fields, name, THERE)}
            what = "" if len(self.keys) == 1 else f"by {name}"
            yield self._probe("delete", where, ALL, self._reads() | self._filters(fields), what)
        yield self._probe("deleteMany", {"where": {}}, {"count": True}, self._all())

    def _given(self, field_: ScalarField) -> Iterator[Probe]:
        data = self._data(NEW, [field_])
        names, what = set(data), f"give {field_.name}"
        key = {one.name: True for one in self.uses.identifier() if one in self.scalars}
        touches = self._identified() | self._inserts(names)
        yield self._probe("create", {"data": data}, key or ALL, touches, what)
        bulk = self._inserts(names, "bulk")
        yield self._probe("createMany", {"data": [data]}, {"count": True}, bulk, what)

    def _changes(self) -> Iterator[Probe]:
        keyed = {one for _, fields in self.keys for one in fields}
        plain = [
            one
            for one in self.scalars
            if one.kind != "unsupported" and one not in keyed and one.arity != "[]"
        ]
        for field_ in plain:
            data = {field_.name: value_of(field_, OTHER)}
            yield self._probe(
                "updateMany",
                {"data": data, "where": {}},
                {"count": True},
                self._updates({field_.name}),
                f"set {field_.name}",
            )
        if not self.keys:
            return
        name, fields = self.keys[0]
        by = "" if len(self.keys) == 1 else f"by {name}"
        where = self._where(fields, name, THERE)
        filters = self._filters(fields) | self._identified()
        yield self._probe("update", {"where": where, "data": {}}, ALL, self._reads() | filters, by)
        if not plain:
            return
        for number, (name, fields) in enumerate(self.keys):
            chosen = plain[0]
            given = {one.name: value_of(one, NEW) for one in fields}
            new = {**self._data(NEW), **given}
            data = {chosen.name: value_of(chosen, OTHER)}
            touches = self._returns(set(new)) | self._filters(fields) | self._identified()
            touches |= self._inserts(set(new)) | self._updates({chosen.name})
            touches.add((self.name, "conflict", name))
            arguments = {
                "where": self._where(fields, name, NEW),
                "create": new,
                "update": data,
            }
            what = f"by {name}" if number or len(self.keys) > 1 else " "
            yield self._probe("upsert", arguments, ALL, touches, what)

    # Relations

    def _related(self) -> Iterator[Probe]:
        for relation in self.uses.client.relations:
            other = _Of(self.every[relation.related_model.name], self.every)
            way = self._way(relation)
            include = {**ALL, relation.name: {"arguments": {}, "selection": ALL}}
            touches = self._reads() | other._reads() | way
            yield self._probe("findMany", {}, include, touches, f"include {relation.name}")
            if relation.arity == "[]":
                counted = {"_count": {"arguments": {}, "selection": {relation.name: True}}}
                selection = {**self._key_selection(), **counted}
                touches = self._identified() | other._all() | way
                yield self._probe("findMany", {}, selection, touches, f"count {relation.name}")
            condition: Json = {"some": {}} if relation.arity == "[]" else {"isNot": None}
            if relation.arity != "":
                touches = self._identified() | way
                # Whether there is one is seen in the key, where this side holds it.
                touches = self._identified() if relation.fields else touches | other._all()
                touches |= {(self.name, "read", one.name) for one in relation.fields or ()}
                yield self._probe(
                    "findMany",
                    {"where": {relation.name: condition}},
                    self._key_selection(),
                    touches,
                    f"where {relation.name}",
                )
            yield from self._tied(relation, other, way)

    def _tied(self, relation: RelationField, other: _Of, way: set[Touch]) -> Iterator[Probe]:
        """Create records with related ones, and with some that are there."""
        data = self._data(NEW)
        for one in relation.fields or ():
            data.pop(one.name, None)
        inner = other._data(INNER)
        for one in opposite(relation).fields or ():
            inner.pop(one.name, None)
        links = {one.name for one in relation.fields or ()}
        back = {one.name for one in opposite(relation).fields or ()}
        touches = self._identified() | self._inserts({*data, *links}) | way
        touches |= self._reads(self._near(relation))
        touches |= other._reads(other._near(opposite(relation)))
        made = touches | other._identified() | other._inserts({*inner, *back})
        arguments = {"data": {**data, relation.name: {"create": inner}}}
        if other.uses.client.is_creatable:
            yield self._probe(
                "create", arguments, self._key_selection(), made, f"create {relation.name}"
            )
        if not is_many_to_many(relation) or not other.keys:
            return
        name, fields = other.keys[0]
        arguments = {
            "data": {**data, relation.name: {"connect": other._where(fields, name, OTHER)}}
        }
        tied = touches | other._identified() | other._filters(fields)
        yield self._probe(
            "create", arguments, self._key_selection(), tied, f"connect {relation.name}"
        )

    def _key_selection(self) -> Json:
        found = {one.name: True for one in self.uses.identifier() if one in self.scalars}
        return found or {self.scalars[0].name: True}

    def _near(self, relation: RelationField) -> list[ScalarField]:
        """Return the fields of this model by which a relation goes."""
        if is_many_to_many(relation):
            return self.uses.identifier()
        return list(relation.fields or opposite(relation).references or ())

    def _way(self, relation: RelationField) -> set[Touch]:
        other = self.every[relation.related_model.name]
        back = opposite(relation)
        found: set[Touch] = {
            (self.name, "relation", relation.name),
            (other.name, "relation", back.name),
        }
        for one in self._near(relation):
            found.add((self.name, "relation", one.name))
        for one in _Of(other, self.every)._near(back):
            found.add((other.name, "relation", one.name))
        return found


def _has_default(field_: ScalarField) -> bool:
    """Say whether a new record may go without a field; `dbgenerated()` gives it nothing here."""
    default = column_of(field_).default
    is_nothing = default is not None and default.kind == "expression" and default.value is None
    return field_.default is not None and not is_nothing


def _is_usable(fields: list[ScalarField]) -> bool:
    return all(
        one.kind != "unsupported" and one.arity != "[]" and not one.is_ignored for one in fields
    )
