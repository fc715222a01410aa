"""Makes random requests of an attacker's: any action, any nesting, keys of whoever's records."""

from __future__ import annotations

import random
from typing import Any, TypeAlias

from forebay.client.operations import ACTIONS
from forebay.engine.catalog import Catalog, Column, Entity, Link

Json: TypeAlias = Any

_IDS = (1, 2, 3, 101, 102, 103, 7777)
_TEXTS = ("a one", "ann@x", "abe", "tag a", "python", "secret-bob", "secret-b tag", "x", "")
_NEW = ("new", "newer", "ann", "secret-bob", "tag a", "secret-b tag2")
_TENANTS = ("a", "a", "a", "b", "c")


class Attacker:
    """Makes requests about one schema."""

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self.catalog = catalog
        self.random = random.Random(seed)
        self.number = 0

    def request(self) -> Json:
        """Return a request."""
        action = self.random.choice(sorted(ACTIONS - {"queryRaw", "executeRaw"}))
        entity = self.random.choice(list(self.catalog.entities.values()))
        return self.about(entity, action)

    def about(self, entity: Entity, action: str) -> Json:
        """Return a request of an action."""
        self.number += 1
        made = getattr(self, f"_{_MAKERS[action]}")(entity)
        selection: Json = self.selection(entity, 2)
        if action in ("createMany", "updateMany", "deleteMany"):
            selection = {"count": True}
        elif action == "aggregate":
            names = [column.name for column in entity.columns.values() if _is_number(column)]
            selection = {"_count": {"selection": {"_all": True}}}
            if names:
                name = self.random.choice(names)
                selection |= {"_max": {"selection": {name: True}}}
        elif action == "groupBy":
            selection = dict.fromkeys(made["by"], True)
            selection["_count"] = {"selection": {"_all": True}}
        return {
            "modelName": entity.name,
            "action": action,
            "query": {"arguments": made, "selection": selection},
        }

    # Arguments

    def _unique(self, entity: Entity) -> Json:
        return {"where": self.unique(entity)}

    def _many(self, entity: Entity) -> Json:
        made: Json = {}
        if self._chance(0.7):
            made["where"] = self.where(entity, 3)
        some = self.random.randint(1, 2) if self._chance(0.5) else 0
        # In the end by key: without an order records come as a plan finds them, and plans depend on
        # how many there are, whoever they belong to.
        made["orderBy"] = [*(self.order(entity) for _ in range(some)), {"id": "asc"}]
        if self._chance(0.3):
            made["cursor"] = self.unique(entity)
        if self._chance(0.3):
            made["take"] = self.random.choice((-1, 1, 2, 5))
        if self._chance(0.2):
            made["skip"] = self.random.randint(0, 2)
        return made

    def _first(self, entity: Entity) -> Json:
        made = self._many(entity)
        made.pop("take", None)
        return made

    def _group(self, entity: Entity) -> Json:
        names = [column.name for column in entity.columns.values() if column.type.family != "json"]
        by = sorted(self.random.sample(names, min(2, len(names))))
        made: Json = {"by": by, "orderBy": [{name: "asc"} for name in by]}
        if self._chance(0.7):
            made["where"] = self.where(entity, 2)
        if self._chance(0.3):
            made["having"] = {by[0]: {"_count": {"gt": 0}}}
        return made

    def _create(self, entity: Entity) -> Json:
        return {"data": self.data(entity, 2, is_new=True)}

    def _create_many(self, entity: Entity) -> Json:
        rows = [self.scalars(entity, is_new=True) for _ in range(self.random.randint(1, 3))]
        return {"data": rows}

    def _update(self, entity: Entity) -> Json:
        return {"where": self.unique(entity), "data": self.data(entity, 2, is_new=False)}

    def _update_many(self, entity: Entity) -> Json:
        made: Json = {"data": self.scalars(entity, is_new=False)}
        if self._chance(0.8):
            made["where"] = self.where(entity, 2)
        return made

    def _upsert(self, entity: Entity) -> Json:
        return {
            "where": self.unique(entity),
            "create": self.data(entity, 1, is_new=True),
            "update": self.data(entity, 1, is_new=False),
        }

    def _delete_many(self, entity: Entity) -> Json:
        return {"where": self.where(entity, 2)} if self._chance(0.8) else {}

    # Conditions

    def unique(self, entity: Entity) -> Json:
        """Return a condition on a key, at times with more."""
        name = self.random.choice(list(entity.keys))
        columns = entity.keys[name]
        if len(columns) == 1:
            made: Json = {name: self.value(columns[0])}
        else:
            made = {name: {column.name: self.value(column) for column in columns}}
        if self._chance(0.2):
            made[self.random.choice(("AND", "OR", "NOT"))] = [self.where(entity, 1)]
        return made

    def where(self, entity: Entity, depth: int) -> Json:
        """Return a condition."""
        made: Json = {}
        for _ in range(self.random.randint(0, 2)):
            kind = self.random.random()
            if kind < 0.3 and depth:
                name = self.random.choice(("AND", "OR", "NOT"))
                items = [self.where(entity, depth - 1) for _ in range(self.random.randint(1, 2))]
                made[name] = items if self._chance(0.7) else items[0]
            elif kind < 0.7 and depth and entity.links:
                link = self.random.choice(list(entity.links.values()))
                made[link.name] = self._related(link, depth - 1)
            else:
                column = self.random.choice(list(entity.columns.values()))
                if column.type.family != "json":
                    made[column.name] = self._filter(column)
        return made

    def _related(self, link: Link, depth: int) -> Json:
        inner = self.where(link.other, depth)
        if link.is_list:
            return {self.random.choice(("some", "every", "none")): inner}
        kind = self.random.random()
        if kind < 0.2 and not link.is_required:
            return self.random.choice((None, {"is": None}, {"isNot": None}))
        if kind < 0.5:
            return inner or {"is": {}}
        made = {"is": inner} if kind < 0.7 else {"isNot": inner}
        if self._chance(0.2):
            made["is"] = self.where(link.other, 0)
        return made

    def _filter(self, column: Column) -> Json:
        kind = self.random.random()
        if column.is_nullable and kind < 0.2:
            return None
        if kind < 0.5:
            return self.value(column)
        if kind < 0.7:
            return {"not": self.value(column)}
        if kind < 0.85:
            return {"in": [self.value(column) for _ in range(2)]}
        return {"gte": self.value(column)}

    def value(self, column: Column) -> Json:
        """Return a value, of either tenant's records or of none."""
        if column.name == "tenant_id" or column.field.model.name == "Organization":
            return self.random.choice(_TENANTS)
        if column.type.family == "json":
            return {"$type": "Json", "value": '{"k":1}'}
        if column.field.type == "DateTime":
            return {"$type": "DateTime", "value": "2024-01-01T00:00:00.000Z"}
        return self.random.choice(_IDS if _is_number(column) else _TEXTS)

    def order(self, entity: Entity) -> Json:
        """Return an order."""
        direction = self.random.choice(("asc", "desc"))
        if self._chance(0.4) and entity.links:
            link = self.random.choice(list(entity.links.values()))
            if link.is_list:
                return {link.name: {"_count": direction}}
            return {link.name: self.order(link.other)}
        names = [c.name for c in entity.columns.values() if c.type.family != "json"]
        return {self.random.choice(names): direction}

    # What is selected

    def selection(self, entity: Entity, depth: int) -> Json:
        """Return a selection."""
        made: Json = {"$scalars": True, "$composites": True}
        if not depth:
            return made
        for link in entity.links.values():
            if not self._chance(0.35):
                continue
            if self._chance(0.3):
                made[link.name] = True
                continue
            one: Json = {"selection": self.selection(link.other, depth - 1)}
            if link.is_list:
                one["arguments"] = self._many(link.other)
            elif not link.is_required and self._chance(0.3):
                one["arguments"] = {"where": self.where(link.other, 1)}
            made[link.name] = one
        lists = [link for link in entity.links.values() if link.is_list]
        if lists and self._chance(0.5):
            made["_count"] = True if self._chance(0.3) else {"selection": self._counts(lists)}
        return made

    def _counts(self, lists: list[Link]) -> Json:
        return {
            link.name: True
            if self._chance(0.5)
            else {"arguments": {"where": self.where(link.other, 1)}}
            for link in lists
        }

    # What is written

    def scalars(self, entity: Entity, *, is_new: bool, without: tuple[str, ...] = ()) -> Json:
        """Return values of an entity's own."""
        made: Json = {}
        for column in entity.columns.values():
            if column.name in without:
                continue
            if column.name == "tenant_id":
                if self._chance(0.1):
                    made[column.name] = self.random.choice(_TENANTS)
                continue
            is_needed = is_new and not column.is_nullable and column.field.default is None
            if is_needed or self._chance(0.25):
                made[column.name] = self._new_value(column, is_new)
        return made

    def _new_value(self, column: Column, is_new: bool) -> Json:
        if column.type.family == "json" or column.field.type == "DateTime":
            return self.value(column)
        if _is_number(column):
            if not is_new and self._chance(0.1):
                return {"increment": 1}
            if column.name in ("points", "views"):
                return self.random.choice((1, 2, 3))
            return self.random.choice(_IDS)
        if column.field.model.name == "Organization":
            return self.random.choice((*_TENANTS, "new"))
        return self.random.choice((f"new {self.number}", *_NEW))

    def data(self, entity: Entity, depth: int, *, is_new: bool, via: Link | None = None) -> Json:
        """Return values, and at times writes to related records."""
        links = [link for link in entity.links.values() if via is None or link is not via.opposite]
        chosen = [link for link in links if depth and self._chance(0.3)]
        held = {column.name for link in entity.links.values() for column in link.near}
        is_checked = any(link.holds_keys for link in chosen)
        without: tuple[str, ...] = ()
        if is_checked:
            without = tuple(held - {"tenant_id", "id"})
            for link in links:
                if link.holds_keys and link.is_required and link not in chosen and is_new:
                    if link.name != "organization":
                        chosen.append(link)
        elif via is not None and not via.holds_keys and not via.is_many_to_many:
            without = tuple(column.name for column in via.far)
        made = self.scalars(entity, is_new=is_new, without=without)
        for link in chosen:
            made[link.name] = self.nested(link, depth - 1, is_new=is_new)
        return made

    def nested(self, link: Link, depth: int, *, is_new: bool) -> Json:
        """Return writes to related records."""
        names = ["create", "connect", "connectOrCreate"]
        if link.is_list and not link.is_many_to_many:
            names.append("createMany")
        if not is_new:
            names += ["update", "upsert"]
            if link.is_list:
                names += ["set", "disconnect", "delete", "updateMany", "deleteMany"]
            elif not link.is_required:
                names += ["disconnect", "delete"]
        made: Json = {}
        for name in self.random.sample(names, 1 if self._chance(0.8) else 2):
            made[name] = self._nested_one(link, name, depth)
        return made

    def _nested_one(self, link: Link, name: str, depth: int) -> Json:
        other = link.other
        if name in ("connect", "set"):
            return self._some(link, lambda: self.unique(other))
        if name in ("disconnect", "delete"):
            if link.is_list:
                return self._some(link, lambda: self.unique(other))
            return True if self._chance(0.6) else self.where(other, 1)
        if name == "create":
            return self._some(link, lambda: self.data(other, depth, is_new=True, via=link))
        if name == "createMany":
            without = tuple(column.name for column in link.far)
            rows = [self.scalars(other, is_new=True, without=without) for _ in range(2)]
            return {"data": rows}
        if name == "connectOrCreate":
            return self._some(
                link,
                lambda: {
                    "where": self.unique(other),
                    "create": self.data(other, depth, is_new=True, via=link),
                },
            )
        if name == "deleteMany":
            return self._some(link, lambda: self.where(other, 1))
        return self._changing(link, name, depth)

    def _changing(self, link: Link, name: str, depth: int) -> Json:
        other = link.other
        if name == "updateMany":
            without = tuple(column.name for column in link.far)
            data = self.scalars(other, is_new=False, without=without)
            return self._some(link, lambda: {"where": self.where(other, 1), "data": data})
        data = self.data(other, depth, is_new=False, via=link)
        if name == "update":
            if link.is_list:
                return self._some(link, lambda: {"where": self.unique(other), "data": data})
            return data if self._chance(0.5) else {"where": self.where(other, 1), "data": data}
        made = {"create": self.data(other, depth, is_new=True, via=link), "update": data}
        if link.is_list:
            return self._some(link, lambda: made | {"where": self.unique(other)})
        return made | {"where": self.where(other, 1)} if self._chance(0.3) else made

    def _some(self, link: Link, make: Any) -> Json:
        if not link.is_list:
            return make()
        if self._chance(0.5):
            return make()
        return [make() for _ in range(self.random.randint(1, 2))]

    def _chance(self, likelihood: float) -> bool:
        return self.random.random() < likelihood


def _is_number(column: Column) -> bool:
    return column.field.type == "Int"


_MAKERS = {
    "findUnique": "unique",
    "findUniqueOrThrow": "unique",
    "findFirst": "first",
    "findFirstOrThrow": "first",
    "findMany": "many",
    "aggregate": "many",
    "groupBy": "group",
    "createOne": "create",
    "createMany": "create_many",
    "createManyAndReturn": "create_many",
    "updateOne": "update",
    "updateMany": "update_many",
    "updateManyAndReturn": "update_many",
    "upsertOne": "upsert",
    "deleteOne": "unique",
    "deleteMany": "delete_many",
}
