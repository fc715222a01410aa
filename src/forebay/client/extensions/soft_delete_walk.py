"""Turns deletes into updates, and leaves what is deleted out of everything that is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from forebay.client.extensions.scoping.failures import Forbidden
from forebay.client.extensions.scoping.walk import Json, Object, both, each
from forebay.client.extensions.scoping.writes import WriteWalk
from forebay.engine.catalog import Catalog, Entity, Link

# Which records are there: those that are not deleted, all, or (of the model asked) the deleted.
Sight: TypeAlias = Literal["live", "all", "deleted"]
OnUpsert: TypeAlias = Literal["restore", "refuse"]


class SoftDeleteWalk(WriteWalk):
    """One request."""

    def __init__(
        self,
        catalog: Catalog,
        columns: Mapping[str, str],
        sight: Sight,
        on_upsert: OnUpsert,
        now: datetime,
    ) -> None:
        super().__init__(catalog)
        self._columns = columns
        self._sight = sight
        self._on_upsert = on_upsert
        self._now = now

    def condition(self, entity: Entity) -> Object | None:
        """Return the condition that a record is not deleted."""
        column = self._columns.get(entity.name)
        return None if column is None or self._sight != "live" else {column: None}

    def request(self, request: Object) -> Object:
        """Look only at deleted records of the model that is asked, where that is wanted."""
        made = super().request(request)
        column = self._columns.get(str(request.get("modelName")))
        if self._sight != "deleted" or column is None:
            return made
        arguments = made["query"]["arguments"]
        if request["action"] == "upsertOne":
            raise Forbidden(
                f"upsert of {request['modelName']} is refused where only deleted records are seen: "
                "it could not tell a record that is there from none.",
                "Use the client without only_deleted.",
            )
        if request["action"].startswith("create"):
            return made
        where = both(arguments.get("where") or {}, {column: {"not": None}})
        return made | {"query": made["query"] | {"arguments": arguments | {"where": where}}}

    def raw(self, action: str) -> None:
        """Let raw SQL through: it sees deleted records, and says so itself."""

    def ordered_by(self, link: Link) -> None:
        """Refuse an order by a number that deleted records are part of."""
        if link.is_list and self.condition(link.other) is not None:
            raise Forbidden(
                f"{link.entity.name} cannot be ordered by the `_count` of `{link.name}`: deleted "
                f"records of {link.other.name} would be counted.",
                "Use `with_deleted`, or order what was read by its own `_count`.",
            )

    def new_row(self, entity: Entity, data: Object, via: Link | None) -> Object:
        """Leave new records as they are."""
        return data

    def changed_row(self, entity: Entity, data: Object, via: Link | None) -> Object:
        """Leave changes as they are."""
        return data

    def follows(self, link: Link, name: str, value: Json) -> None:
        """Leave nested writes as they are."""

    def removed(self, entity: Entity) -> None:
        """Let records of other models be deleted."""

    # Deletes

    def _deleted(self, entity: Entity) -> Object | None:
        column = self._columns.get(entity.name)
        return None if column is None else {column: self._now}

    def finished(self, entity: Entity, request: Object, action: str, arguments: Object) -> Object:
        """Make an update of what was a delete."""
        data = self._deleted(entity)
        if data is not None and action in ("deleteOne", "deleteMany"):
            action = "updateOne" if action == "deleteOne" else "updateMany"
            arguments = arguments | {"data": data}
        return super().finished(entity, request, action, arguments)

    def nested_delete(self, link: Link, value: Json) -> Object:
        """Mark related records."""
        data = self._deleted(link.other)
        if data is None:
            return super().nested_delete(link, value)
        if value is False:
            return {}
        if link.is_list:
            return {
                "update": each(
                    value, lambda one: {"where": self.scoped(link.other, one), "data": data}
                )
            }
        where = self.scoped(link.other, None if value is True else value)
        return {"update": {"where": where, "data": data}}

    def nested_delete_many(self, link: Link, value: Json) -> Object:
        """Mark related records."""
        data = self._deleted(link.other)
        if data is None:
            return super().nested_delete_many(link, value)
        return {
            "updateMany": each(
                value, lambda one: {"where": self.scoped(link.other, one), "data": data}
            )
        }

    # Upserts

    def upsert(self, entity: Entity, given: Object, via: Link | None) -> Object:
        """Find a deleted record too, and restore it; a unique key allows for no second one."""
        made = super().upsert(entity, given, via)
        column = self._columns.get(entity.name)
        if column is None or self._on_upsert == "refuse" or self._sight != "live":
            return made
        made["where"] = self.where(entity, given.get("where") or {})
        made["update"] = {column: None} | made["update"]
        return made
