"""Makes up requests: any number of them, each the same again for the same seed.

Every list is in a total order, so that two engines that are right cannot differ in it. Values come
from the rows of the seeds, so that conditions meet something.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from typing import Any

from forebay.schema.check import check
from forebay.schema.dmmf.client import Client, ClientModel, key_name, opposite
from forebay.schema.model import RelationField, ScalarField
from tests.reference.engine import build
from tests.reference.engine.build import ALL, Json
from tests.reference.engine.database import schema_text

READS = ("findMany", "findMany", "findMany", "findFirst", "findUnique", "aggregate", "groupBy")
_TEXT = ("contains", "startsWith", "endsWith", "equals", "not", "in", "notIn", "lt", "gte")
_ORDERED = ("equals", "not", "in", "notIn", "lt", "lte", "gt", "gte")
_PLAIN = ("equals", "not", "in", "notIn")


class Maker:
    """Makes up requests for one schema, from the rows that its database holds."""

    def __init__(self, schema: str, rows: dict[str, list[Any]]) -> None:
        checked = check((("schema.prisma", schema_text(schema)),), 6)
        self.client = Client(checked.schema, 6)
        self.models = {one.name: one for one in self.client.models}
        self._rows = {name: _rows_of(one, rows) for name, one in self.models.items()}
        self.random = random.Random()

    def request(self, seed: int) -> Json:
        """Return the request of a seed."""
        self.random.seed(seed)
        if self.random.random() < 0.45:
            from tests.reference.engine.generate_writes import Writes

            return Writes(self).request()
        model = self.pick(list(self.models.values()))
        made: Json = getattr(self, f"_{self.pick(READS)}")(model)
        return made

    # Chance

    def pick(self, items: Any) -> Any:
        """Choose one."""
        return self.random.choice(items)

    def chance(self, share: float) -> bool:
        """Say yes in this share of cases."""
        return self.random.random() < share

    # Values

    def value(self, field: ScalarField) -> Any:
        """Return a value that a field may have: mostly one that is there."""
        there = [
            row[field.database_name]
            for row in self._rows[field.model.name]
            if row.get(field.database_name) is not None
        ]
        if field.arity == "[]":
            there = [item for items in there for item in items]
        if there and self.chance(0.8):
            return as_value(field, self.pick(there))
        return self.fresh(field)

    def fresh(self, field: ScalarField) -> Any:
        """Return a value that is most likely not there."""
        if field.enum is not None:
            return self.pick([member.name for member in field.enum.members])
        number = self.random.randrange(200, 100000)
        if field.native_type is not None and field.native_type.name == "Uuid":
            return f"00000000-0000-4000-8000-{number:012d}"
        return self._fresh(field, number)

    def _fresh(self, field: ScalarField, number: int) -> Any:
        match field.type:
            case "Int":
                return number
            case "BigInt":
                return build.big(number * 10**10)
            case "Float":
                return number / 8
            case "Decimal":
                return build.decimal(f"{number / 100:.2f}")
            case "Boolean":
                return self.chance(0.5)
            case "DateTime":
                return build.when(f"20{number % 20:02d}-03-04T05:06:07.{number % 1000:03d}Z")
            case "Json":
                return build.document(self.pick([{"n": number}, [number], "t", number, True]))
            case "Bytes":
                return build.blob("AQID")
        return f"new {number}"

    # Conditions

    def where(self, model: ClientModel, depth: int = 2, *, least: int = 0) -> Json:
        """Make up a condition, of ``least`` parts or more."""
        made: Json = {}
        for _ in range(max(least, self.pick((0, 1, 1, 1, 2)))):
            chance = self.random.random()
            if chance < 0.2 and depth:
                made[self.pick(("AND", "OR", "NOT"))] = [
                    self.where(model, depth - 1, least=1) for _ in range(self.pick((1, 2)))
                ]
            elif chance < 0.45 and depth and model.relations:
                field = self.pick(model.relations)
                made[field.name] = self._related(field, depth - 1)
            else:
                field = self.pick(model.scalars)
                made[field.name] = self._operators(field)
        return made

    def _related(self, field: RelationField, depth: int) -> Json | None:
        other = self.client.of(field.related_model)
        if field.arity == "[]":
            return {self.pick(("some", "every", "none")): self.where(other, depth)}
        if field.arity == "?" and self.chance(0.2):
            missing: Json | None = self.pick((None, {"is": None}, {"isNot": None}))
            return missing
        inner = self.where(other, depth, least=1)
        return inner if self.chance(0.4) else {self.pick(("is", "isNot")): inner}

    def _operators(self, field: ScalarField) -> Any:
        if field.arity == "[]":
            return self._list_operator(field)
        if field.arity == "?" and self.chance(0.1):
            return (
                {self.pick(("equals", "not")): build.special("DbNull")}
                if field.type == "Json"
                else self.pick((None, {"not": None}))
            )
        if field.type == "Json":
            return self._json_operator(field)
        if self.chance(0.25):
            return self.value(field)
        is_text = field.type == "String" and field.native_type is None
        known: tuple[str, ...] = _TEXT if is_text else _ORDERED
        if field.enum is not None or field.type in ("Boolean", "Bytes"):
            known = _PLAIN
        if field.type == "Boolean":
            known = ("equals", "not")
        made = {}
        for name in self.random.sample(known, self.pick((1, 1, 2))):
            made[name] = self._operand(field, name)
        if is_text and self.chance(0.2):
            made["mode"] = "insensitive"
        return made

    def _operand(self, field: ScalarField, name: str) -> Any:
        if name in ("in", "notIn"):
            return [self.value(field) for _ in range(self.pick((0, 1, 2, 3)))]
        value = self.value(field)
        if name in ("contains", "startsWith", "endsWith"):
            cut = self.random.randrange(0, 4)
            return value[:cut] if name != "endsWith" else value[-cut:]
        if name == "not" and self.chance(0.3):
            return {"equals": value}
        return value

    def _list_operator(self, field: ScalarField) -> Json:
        name = self.pick(("has", "hasSome", "hasEvery", "isEmpty", "equals"))
        if name == "isEmpty":
            return {name: self.chance(0.5)}
        if name == "has":
            return {name: self.value(field)}
        return {name: [self.value(field) for _ in range(self.pick((0, 1, 2)))]}

    def _json_operator(self, field: ScalarField) -> Json:
        value = self.value(field)
        made: Json = self.pick(
            (
                {"equals": value},
                {"not": value},
                {"path": ["n"], "gt": build.document(5)},
                {"path": ["city"], "string_contains": "sl"},
                {"path": ["kg"], "lte": build.document(1.5)},
                {"path": ["k", "0"], "equals": build.document(1)},
                {"array_contains": build.document([1])},
                {"equals": build.special(self.pick(("JsonNull", "AnyNull")))},
            )
        )
        return made

    def unique(self, model: ClientModel) -> Json:
        """Name one record, mostly one that is there."""
        keys = [key for key in (model.model.primary_key, *model.uniques) if key is not None]
        keys = [key for key in keys if all(part.field.arity == "" for part in key.fields)]
        key = self.pick(keys)
        rows = self._rows[model.name]
        row = self.pick(rows) if rows and self.chance(0.9) else {}
        made = {
            part.field.name: as_value(part.field, row[part.field.database_name])
            if part.field.database_name in row
            else self.fresh(part.field)
            for part in key.fields
        }
        return made if len(made) == 1 else {key_name(key): made}

    # Order and pages

    def total(self, model: ClientModel) -> list[Json]:
        """Order by a key."""
        key = model.model.primary_key or model.uniques[0]
        direction = self.pick(("asc", "asc", "desc"))
        return [{part.field.name: direction} for part in key.fields]

    def order(self, model: ClientModel) -> list[Json]:
        """Make up a total order."""
        made: list[Json] = []
        for _ in range(self.pick((0, 0, 1, 2))):
            made.append(self._term(model))
        return [*made, *self.total(model)]

    def _term(self, model: ClientModel) -> Json:
        direction = self.pick(("asc", "desc"))
        if model.relations and self.chance(0.25):
            field = self.pick(model.relations)
            if field.arity == "[]":
                return {field.name: {"_count": direction}}
            other = self.client.of(field.related_model)
            return {field.name: self._value_term(other, direction)}
        return self._value_term(model, direction)

    def _value_term(self, model: ClientModel, direction: str) -> Json:
        fields = [one for one in model.scalars if one.arity != "[]" and one.type != "Json"]
        field = self.pick(fields)
        if field.arity == "?" and self.chance(0.5):
            return {field.name: {"sort": direction, "nulls": self.pick(("first", "last"))}}
        return {field.name: direction}

    def page(self, model: ClientModel, *, inside: bool = False) -> Json:
        """Make up arguments that order and cut."""
        made: Json = {"orderBy": self.order(model)}
        share = 0.25 if inside else 0.5
        if self.chance(share):
            made["take"] = self.pick((0, 1, 2, 3, 5, -1, -2, -3))
        if self.chance(share / 2):
            made["skip"] = self.pick((0, 1, 2, 4))
        if self.chance(0.02 if inside else share / 2):
            made["cursor"] = self.unique(model)
        if self.chance(share / 4):
            fields = [one for one in model.scalars if one.type != "Json"]
            made["distinct"] = [one.name for one in self.random.sample(fields, 1)]
        return made

    # Selections

    def selection(self, model: ClientModel, depth: int = 2) -> Json:
        """Make up a selection."""
        made: Json
        if self.chance(0.3):
            chosen = self.random.sample(model.scalars, self.pick((1, 2)) % len(model.scalars) or 1)
            made = {field.name: True for field in chosen}
        else:
            made = dict(ALL)
            if self.chance(0.1):
                made[self.pick(model.scalars).name] = False
        if depth:
            for field in model.relations:
                if self.chance(0.35):
                    made[field.name] = self._nested(field, depth - 1)
            lists = [field for field in model.relations if field.arity == "[]"]
            if lists and self.chance(0.15):
                made["_count"] = {"arguments": {}, "selection": self._counts(lists)}
        return made if any(value is not False for value in made.values()) else dict(ALL)

    def _counts(self, lists: list[RelationField]) -> Json:
        field = self.pick(lists)
        if self.chance(0.5):
            return {field.name: True}
        where = self.where(self.client.of(field.related_model), 1)
        return {field.name: {"arguments": {"where": where}, "selection": {}}}

    def _nested(self, field: RelationField, depth: int) -> Json:
        other = self.client.of(field.related_model)
        given: Json = {}
        if field.arity == "[]":
            given = self.page(other, inside=True)
        if field.arity != "" and self.chance(0.25):
            given["where"] = self.where(other, 1)
        return {"arguments": given, "selection": self.selection(other, depth)}

    # Operations that read

    def _findMany(self, model: ClientModel) -> Json:
        return self._find("findMany", model)

    def _findFirst(self, model: ClientModel) -> Json:
        return self._find("findFirst", model)

    def _find(self, action: str, model: ClientModel) -> Json:
        given = self.page(model)
        if action == "findFirst" and "take" in given and self.chance(0.95):
            given["take"] = self.pick((1, -1))
        if self.chance(0.7):
            given["where"] = self.where(model)
        return made_up(action, model, given, self.selection(model))

    def _findUnique(self, model: ClientModel) -> Json:
        given = {"where": self.unique(model)}
        if self.chance(0.2):
            given["where"] |= {"AND": [self.where(model, 1)]}
        return made_up("findUnique", model, given, self.selection(model))

    def _aggregate(self, model: ClientModel) -> Json:
        given = self.page(model)
        given.pop("distinct", None)
        if self.chance(0.6):
            given["where"] = self.where(model)
        return made_up("aggregate", model, given, self._aggregates(model))

    def _aggregates(self, model: ClientModel) -> Json:
        numbers = [
            field.name
            for field in model.scalars
            if field.arity != "[]" and field.type in ("Int", "Decimal", "Float")
        ]
        made: Json = {"_count": _of(["_all"])}
        if numbers:
            for name in self.random.sample(("_sum", "_avg", "_min", "_max"), 2):
                made[name] = _of(self.random.sample(numbers, 1))
        return made

    def _groupBy(self, model: ClientModel) -> Json:
        fields = [one for one in model.scalars if one.type != "Json"]
        by = [
            one.name for one in self.random.sample(fields, self.pick((1, 1, 2)) % len(fields) or 1)
        ]
        given: Json = {"by": by, "orderBy": [{name: self.pick(("asc", "desc"))} for name in by]}
        if self.chance(0.5):
            given["where"] = self.where(model)
        if self.chance(0.3):
            given["take"] = self.pick((1, 2, 5, -2))
        if self.chance(0.2):
            given["skip"] = self.pick((1, 2))
        if self.chance(0.3):
            given["having"] = {by[0]: {"_count": {self.pick(("gt", "lte", "equals")): 1}}}
        return made_up(
            "groupBy", model, given, {**dict.fromkeys(by, True), **self._aggregates(model)}
        )


def made_up(action: str, model: ClientModel, given: Json, selection: Json) -> Json:
    """Write a request."""
    return {
        "modelName": model.name,
        "action": action,
        "query": {"arguments": given, "selection": selection},
    }


def _of(names: list[str]) -> Json:
    return {"arguments": {}, "selection": dict.fromkeys(names, True)}


def _rows_of(model: ClientModel, rows: dict[str, list[Any]]) -> list[Any]:
    name = model.model.database_name
    schema = model.model.schema
    full = f"{schema}.{name}" if schema not in (None, "public") else name
    return rows.get(full, [])


def as_value(field: ScalarField, read: Any) -> Any:
    """Write a value that was read as JSON from the database the way the protocol has it."""
    if field.enum is not None:
        return next(one.name for one in field.enum.members if one.database_name == read)
    shapes: dict[str, Callable[[Any], Any]] = {
        "BigInt": build.big,
        "Decimal": lambda value: build.decimal(str(value)),
        "Json": build.document,
        "DateTime": lambda value: build.when(value if value.endswith("Z") else f"{value}Z"),
        "Bytes": lambda value: build.blob(_base64(value)),
    }
    return shapes[field.type](read) if field.type in shapes else read


def _base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text[2:])).decode()


__all__ = ["Maker", "as_value", "made_up", "opposite"]
