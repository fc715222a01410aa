"""Makes up requests that write: single, many, and nested in every way a relation allows."""

from __future__ import annotations

from typing import Any

from forebay.schema.dmmf.client import ClientModel, is_autoincrement, opposite
from forebay.schema.model import RelationField, ScalarField
from tests.reference.engine import build
from tests.reference.engine.build import Json
from tests.reference.engine.generate import Maker, made_up

ACTIONS = (
    *("createOne", "createOne", "updateOne", "updateOne", "updateOne", "upsertOne"),
    *("deleteOne", "updateMany", "deleteMany", "createMany", "createManyAndReturn"),
    "updateManyAndReturn",
)
_COUNT = {"count": True}


class Writes:
    """Makes up one request that writes."""

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.pick = maker.pick
        self.chance = maker.chance

    def request(self) -> Json:
        """Return the request."""
        models = [one for one in self.maker.models.values() if not one.model.is_view]
        model = self.pick(models)
        action = self.pick(ACTIONS)
        given: Json = {}
        if action in ("updateOne", "upsertOne", "deleteOne"):
            given["where"] = self.maker.unique(model)
        elif action not in ("createOne", "createMany", "createManyAndReturn"):
            given["where"] = self.maker.where(model)
        if action == "upsertOne":
            given["create"] = self._create(model, None, 1)
            given["update"] = self._update(model, None, 1)
        elif action in ("createOne", "updateOne"):
            make = self._create if action == "createOne" else self._update
            given["data"] = make(model, None, 2)
        elif action.startswith("createMany"):
            given["data"] = [self._row(model) for _ in range(self.pick((1, 2, 3)))]
            if self.chance(0.3):
                given["skipDuplicates"] = True
        elif action.startswith("updateMany"):
            given["data"] = self._changes(model)
        return made_up(action, model, given, self._selection(action, model))

    def _selection(self, action: str, model: ClientModel) -> Json:
        if action in ("createMany", "updateMany", "deleteMany"):
            return dict(_COUNT)
        depth = 0 if action.endswith("AndReturn") else 1
        return self.maker.selection(model, depth)

    # Values

    def _needs(self, field: ScalarField) -> bool:
        return field.arity == "" and field.default is None and not field.is_updated_at

    def _row(self, model: ClientModel, without: RelationField | None = None) -> Json:
        """Return the values of a new record, keys of other records among them."""
        made: Json = {}
        linked = [key.name for key in (without.fields or [])] if without is not None else []
        for field in model.scalars:
            if field.name in linked:
                continue
            if self._needs(field) or self.chance(0.3):
                if is_autoincrement(field):
                    continue
                made[field.name] = self._given(field)
        return made

    def _given(self, field: ScalarField) -> Any:
        if field.arity == "[]":
            return [self.maker.value(field) for _ in range(self.pick((0, 1, 2)))]
        if field.arity == "?" and self.chance(0.2):
            return build.special("DbNull") if field.type == "Json" else None
        keys = any(field in (relation.fields or []) for relation in field.model.relations)
        if keys and field.arity == "" and self.chance(0.9):
            return self._key(field)
        is_key = any(
            any(part.field is field for part in key.fields)
            for key in (field.model.primary_key, *field.model.indexes)
            if key is not None and getattr(key, "kind", "unique") == "unique"
        )
        if is_key and self.chance(0.9):
            return self.maker.fresh(field)
        return self.maker.value(field)

    def _key(self, field: ScalarField) -> Any:
        for relation in field.model.relations:
            for key, other in zip(relation.fields or [], relation.references or [], strict=True):
                if key is field:
                    return self.maker.value(other)
        return self.maker.value(field)

    def _changes(self, model: ClientModel) -> Json:
        made: Json = {}
        keys = [key for relation in model.relations for key in relation.fields or []]
        for field in model.scalars:
            if field in keys or (field.name in ("id",) and not self.chance(0.05)):
                continue
            if self.chance(0.3):
                made[field.name] = self._change(field)
        return made

    def _change(self, field: ScalarField) -> Any:
        if field.arity == "[]":
            return self.pick(
                (
                    {"push": self.maker.value(field)},
                    {"set": [self.maker.value(field)]},
                    [self.maker.value(field)],
                )
            )
        number = field.type in ("Int", "Decimal", "Float") and field.enum is None
        if number and self.chance(0.4):
            how = self.pick(("increment", "decrement", "multiply", "divide"))
            return {how: self.pick((1, 2, 3))}
        value = self._given(field)
        return {"set": value} if self.chance(0.2) and field.type != "Json" else value

    # Nested

    def _create(self, model: ClientModel, back: RelationField | None, depth: int) -> Json:
        """Return a new record with records inside, linked by their relations alone."""
        links = [field for field in model.relations if field is not back]
        held = [key for field in model.relations for key in field.fields or []]
        made = {
            field.name: self._given(field)
            for field in model.scalars
            if field not in held
            and not is_autoincrement(field)
            and (self._needs(field) or self.chance(0.25))
        }
        for field in links:
            is_needed = field.arity == "" and bool(field.fields)
            if is_needed or (depth and self.chance(0.3)):
                made[field.name] = self._link(field, depth - 1, new=True)
        return made

    def _update(self, model: ClientModel, back: RelationField | None, depth: int) -> Json:
        made = self._changes(model)
        if depth:
            for field in model.relations:
                if field is not back and self.chance(0.4):
                    made[field.name] = self._link(field, depth - 1, new=False)
        return made

    def _link(self, field: RelationField, depth: int, *, new: bool) -> Json:
        other = self.maker.client.of(field.related_model)
        back = opposite(field)
        if depth < 0:
            return {"connect": self.maker.unique(other)}
        operations = self._ways(field, back, new=new)
        chosen = [self.pick(operations)]
        if field.arity == "[]" and self.chance(0.3):
            chosen.append(self.pick(operations))
        return {name: self._operation(name, field, other, back, depth) for name in chosen}

    def _ways(self, field: RelationField, back: RelationField, *, new: bool) -> list[str]:
        ways = ["create", "connect", "connect", "connectOrCreate"]
        is_list = field.arity == "[]"
        if is_list and back.arity != "[]":
            ways.append("createMany")
        if new:
            return ways
        ways += ["update", "upsert"]
        if is_list:
            ways += ["updateMany", "deleteMany", "delete", "set", "disconnect"]
        elif field.arity == "?":
            ways += ["delete", "disconnect"]
        # A record that cannot do without the other is not cut off from it.
        if is_list and back.arity == "" and self.chance(0.8):
            ways = [way for way in ways if way not in ("set", "disconnect")]
        return ways

    def _operation(
        self,
        name: str,
        field: RelationField,
        other: ClientModel,
        back: RelationField,
        depth: int,
    ) -> Any:
        many = field.arity == "[]"
        key = self.maker.unique(other)
        new = self._create(other, back, depth)
        match name:
            case "create":
                return [new] if many else new
            case "connect":
                return [key] if many else key
            case "connectOrCreate":
                one = {"where": key, "create": new}
                return [one] if many else one
            case "createMany":
                return {"data": [self._row(other, back)], "skipDuplicates": self.chance(0.3)}
            case "set" | "disconnect" | "delete" if many:
                return [key] if self.chance(0.9) else []
            case "disconnect" | "delete":
                return self.pick((True, True, False, self.maker.where(other, 1)))
            case "deleteMany":
                return [self.maker.where(other, 1)]
            case "updateMany":
                return [{"where": self.maker.where(other, 1), "data": self._changes(other)}]
        changes = self._update(other, back, depth)
        if name == "update":
            return {"where": key, "data": changes} if many else changes
        upsert = {"create": new, "update": changes}
        return {"where": key, **upsert} if many else upsert
