"""Walks what is written: new rows, changes, and writes to related records at any depth."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from forebay.client.extensions.scoping.walk import Json, Object, Walk, each
from forebay.engine.catalog import Entity, Link
from forebay.engine.failures import RequestError


class WriteWalk(Walk):
    """A walk through requests of every action."""

    # What a subclass says

    @abstractmethod
    def raw(self, action: str) -> None:
        """Look at raw SQL; raise where there must be none."""

    @abstractmethod
    def new_row(self, entity: Entity, data: Object, via: Link | None) -> Object:
        """Return the values of a new record; ``via`` is the relation that it is made through."""

    @abstractmethod
    def changed_row(self, entity: Entity, data: Object, via: Link | None) -> Object:
        """Return what is assigned to a record."""

    @abstractmethod
    def follows(self, link: Link, name: str, value: Json) -> None:
        """Look at a write to related records; raise where it must not be."""

    @abstractmethod
    def removed(self, entity: Entity) -> None:
        """Look at a model whose records are deleted; raise where they must not be."""

    # Requests

    def request(self, request: Object) -> Object:
        """Return a request that reaches only what may be reached."""
        action = str(request.get("action"))
        name = request.get("modelName")
        if name is None:
            self.raw(action)
            return request
        entity = self.catalog.entities.get(str(name))
        rewrite = _BY_ACTION.get(action)
        query = request.get("query")
        if entity is None or rewrite is None or not isinstance(query, dict):
            # Fail closed: an action that is not known here is not let through to be guessed at.
            raise RequestError("P2009", f"There is no operation `{action}` of `{name}`.")
        arguments = query.get("arguments") or {}
        if not isinstance(arguments, dict):
            raise RequestError("P2009", "The arguments of a query must be an object.")
        made = getattr(self, f"request_{rewrite}")(entity, arguments)
        return self.finished(entity, request, action, made)

    def finished(self, entity: Entity, request: Object, action: str, arguments: Object) -> Object:
        """Put a request together again."""
        query = dict(request["query"])
        query["arguments"] = arguments
        if action not in _SUMMED and "selection" in query:
            query["selection"] = self.selection(entity, query["selection"])
        return request | {"action": action, "query": query}

    def request_find(self, entity: Entity, arguments: Object) -> Object:
        """Rewrite it."""
        return self.page(entity, arguments)

    def request_create(self, entity: Entity, arguments: Object) -> Object:
        """Rewrite it."""
        return arguments | {"data": each(arguments.get("data"), self.creating(entity, None))}

    def request_update(self, entity: Entity, arguments: Object) -> Object:
        """Rewrite it."""
        return arguments | {
            "where": self.scoped(entity, arguments.get("where")),
            "data": self.update(entity, arguments.get("data"), None),
        }

    def request_upsert(self, entity: Entity, arguments: Object) -> Object:
        """Rewrite it."""
        return arguments | self.upsert(entity, arguments, None)

    def request_delete(self, entity: Entity, arguments: Object) -> Object:
        """Rewrite it."""
        self.removed(entity)
        return arguments | {"where": self.scoped(entity, arguments.get("where"))}

    # Data

    def creating(self, entity: Entity, via: Link | None) -> Callable[[Json], Json]:
        """Return what makes the values of a new record of those in a request."""
        return lambda data: self.create(entity, data, via)

    def create(self, entity: Entity, data: Json, via: Link | None) -> Json:
        """Return the data of a new record."""
        if not isinstance(data, dict):
            raise _no_object(entity)
        return self._relations(entity, self.new_row(entity, data, via), True)

    def update(self, entity: Entity, data: Json, via: Link | None) -> Json:
        """Return the data of a change."""
        if not isinstance(data, dict):
            raise _no_object(entity)
        return self._relations(entity, self.changed_row(entity, data, via), False)

    def upsert(self, entity: Entity, given: Object, via: Link | None) -> Object:
        """Return the three parts of an upsert."""
        return {
            "where": self.scoped(entity, given.get("where")),
            "create": self.create(entity, given.get("create"), via),
            "update": self.update(entity, given.get("update"), via),
        }

    def _relations(self, entity: Entity, data: Object, is_new: bool) -> Object:
        if data.keys().isdisjoint(entity.links):
            return data
        return {
            name: self.related(entity.links[name], value, is_new)
            if name in entity.links and isinstance(value, dict)
            else value
            for name, value in data.items()
        }

    def related(self, link: Link, operations: Object, is_new: bool) -> Object:
        """Return the writes to the records of one relation."""
        made: Object = {}
        for name, value in operations.items():
            if value is None:
                continue
            self.follows(link, name, value)
            rewrite = _NESTED.get(name)
            if rewrite is None:
                raise RequestError(
                    "P2009", f"`{name}` is not an operation on the relation `{link.name}`."
                )
            for key, one in getattr(self, f"nested_{rewrite}")(link, value).items():
                made[key] = together(made[key], one) if key in made else one
        return made

    # Nested writes: each returns the writes that it becomes

    def nested_create(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        return {"create": each(value, self.creating(link.other, link))}

    def nested_create_many(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        if not isinstance(value, dict):
            raise _no_object(link.other)
        rows = each(value.get("data"), self.creating(link.other, link))
        return {"createMany": value | {"data": rows}}

    def nested_connect(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        return {"connect": each(value, lambda one: self.scoped(link.other, one))}

    def nested_set(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        return {"set": each(value, lambda one: self.scoped(link.other, one))}

    def nested_connect_or_create(self, link: Link, value: Json) -> Object:
        """Rewrite it."""

        def one(item: Json) -> Json:
            return _object(link.other, item) | {
                "where": self.scoped(link.other, item.get("where")),
                "create": self.create(link.other, item.get("create"), link),
            }

        return {"connectOrCreate": each(value, one)}

    def nested_disconnect(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        # A record that holds the keys lets go without a look at the other one.
        return {"disconnect": self._named(link, value, is_blind=link.holds_keys)}

    def nested_delete(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        self.removed(link.other)
        return {"delete": self._named(link, value, is_blind=False)}

    def _named(self, link: Link, value: Json, *, is_blind: bool) -> Json:
        """Return which related records are meant: conditions, or true for the only one."""
        if value is True and not link.is_list:
            return True if is_blind else (self.condition(link.other) or True)
        if value is False:
            return value
        return each(value, lambda one: self.scoped(link.other, one))

    def nested_delete_many(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        self.removed(link.other)
        return {"deleteMany": each(value, lambda one: self.scoped(link.other, one))}

    def nested_update(self, link: Link, value: Json) -> Object:
        """Rewrite it."""
        return {"update": each(value, lambda one: self._one_update(link, one))}

    def _one_update(self, link: Link, value: Json) -> Object:
        item = _object(link.other, value)
        where, data = item.get("where"), item.get("data")
        # The same rule as the engine's: a single record's change may stand without `data` around.
        if not link.is_list and not is_conditional(link, item):
            where, data = None, item
        made = {"data": self.update(link.other, data, link)}
        found = self.scoped(link.other, where)
        if link.is_list or found:
            made["where"] = found
        return made

    def nested_update_many(self, link: Link, value: Json) -> Object:
        """Rewrite it."""

        def one(item: Json) -> Json:
            return _object(link.other, item) | {
                "where": self.scoped(link.other, item.get("where")),
                "data": self.update(link.other, item.get("data"), link),
            }

        return {"updateMany": each(value, one)}

    def nested_upsert(self, link: Link, value: Json) -> Object:
        """Rewrite it."""

        def one(item: Json) -> Json:
            made = _object(link.other, item) | self.upsert(link.other, item, link)
            if not made["where"]:
                del made["where"]
            return made

        return {"upsert": each(value, one)}


def is_conditional(link: Link, item: Object) -> bool:
    """Say whether the change of a single record stands in `data`, beside a condition."""
    return "data" in item and set(item) <= {"data", "where"} and "data" not in link.other.columns


def together(one: Json, other: Json) -> list[Json]:
    """Return the items of two, each one object or a list of them."""
    first = one if isinstance(one, list) else [one]
    return first + (other if isinstance(other, list) else [other])


def _object(entity: Entity, value: Json) -> Object:
    if not isinstance(value, dict):
        raise _no_object(entity)
    return value


def _no_object(entity: Entity) -> RequestError:
    return RequestError("P2009", f"What is written to `{entity.name}` must be an object.")


# Actions whose answer holds no records.
_SUMMED = frozenset({"aggregate", "groupBy", "createMany", "updateMany", "deleteMany"})

# Which method rewrites an action, and which an operation on related records.
_BY_ACTION = {
    "findUnique": "find",
    "findUniqueOrThrow": "find",
    "findFirst": "find",
    "findFirstOrThrow": "find",
    "findMany": "find",
    "aggregate": "find",
    "groupBy": "find",
    "createOne": "create",
    "createMany": "create",
    "createManyAndReturn": "create",
    "updateOne": "update",
    "updateMany": "update",
    "updateManyAndReturn": "update",
    "upsertOne": "upsert",
    "deleteOne": "delete",
    "deleteMany": "delete",
}
_NESTED = {
    "create": "create",
    "createMany": "create_many",
    "connect": "connect",
    "connectOrCreate": "connect_or_create",
    "set": "set",
    "disconnect": "disconnect",
    "delete": "delete",
    "deleteMany": "delete_many",
    "update": "update",
    "updateMany": "update_many",
    "upsert": "upsert",
}
COVERED = frozenset(_BY_ACTION) | {"queryRaw", "executeRaw"}
COVERED_NESTED = frozenset(_NESTED)
