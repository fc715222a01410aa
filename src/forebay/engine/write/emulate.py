"""Referential actions where the database has no foreign keys: `relationMode = "prisma"`.

What refers to a record is found and changed before the record is, so that nothing is left that
refers to nothing. Statements are made when they are needed: which ones is known only then.
"""

from __future__ import annotations

from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.scope import Scope
from forebay.engine.shape import Node
from forebay.engine.write import nested
from forebay.engine.write.context import Context, Raw, Steps
from forebay.engine.write.lookup import (
    Condition,
    Find,
    among,
    by_found,
    change,
    found_value,
    note_rows,
    nothing,
    removal,
)
from forebay.schema.model import Action


def referrers(scope: Scope, entity: Entity) -> list[Link]:
    """Return the relations by which others refer to an entity."""
    if not scope.catalog.emulates_relations:
        return []
    return [
        link
        for other in scope.catalog.entities.values()
        for link in other.links.values()
        if link.holds_keys and link.other is entity
    ]


def referred_columns(scope: Scope, entity: Entity) -> list[Column]:
    """Return the columns that others refer to."""
    found = {column.name: column for link in referrers(scope, entity) for column in link.far}
    return list(found.values())


def _on_delete(link: Link) -> Action:
    return link.field.on_delete or ("SetNull" if link.field.arity == "?" else "Restrict")


class Removal:
    """Deletes the records of some conditions; ``run`` returns how many.

    A ``limit`` holds where there are referrers.
    """

    def __init__(
        self, scope: Scope, entity: Entity, *conditions: Condition, limit: Node | None = None
    ) -> None:
        self.scope = scope
        self.entity = entity
        self.is_single = not referrers(scope, entity)
        if self.is_single:
            self.statement = removal(scope, entity, *conditions)
        else:
            columns = [*entity.identifier, *referred_columns(scope, entity)]
            self.find = Find(scope, entity, columns, *conditions, limit=limit)

    def run(self, context: Context) -> Steps:
        """Delete the records."""
        if self.is_single:
            result = yield from context.ask(self.statement)
            return result.count
        rows = yield from self.find.run(context)
        yield from delete_rows(self.scope, self.entity, context, rows)
        return len(rows)


def delete_rows(scope: Scope, entity: Entity, context: Context, rows: list[Raw]) -> Steps:
    """Delete records, and do to those that refer to them what the schema says."""
    if not rows:
        return
    for link in referrers(scope, entity):
        yield from _delete_referrers(scope, link, context, rows)
    key = object()
    note_rows(context, key, entity.identifier, rows)
    yield from context.ask(removal(scope, entity, among(key, entity.identifier)))


def _delete_referrers(scope: Scope, link: Link, context: Context, rows: list[Raw]) -> Steps:
    action = _on_delete(link)
    if action == "NoAction":
        return
    key = object()
    for near, far in zip(link.near, link.far, strict=True):
        context.found[key, near.name] = [row[far.name] for row in rows]
    which = among(key, link.near)
    if action in ("SetNull", "SetDefault"):
        made = [(column, nothing) for column in link.near if column.is_nullable]
        yield from context.ask(change(scope, link.entity, made, which))
        return
    columns = [*link.entity.identifier, *referred_columns(scope, link.entity)]
    found = yield from Find(scope, link.entity, columns, which).run(context)
    if action == "Restrict" and found:
        raise nested.violates(link)
    yield from delete_rows(scope, link.entity, context, found)


def update_referrers(scope: Scope, entity: Entity, context: Context, old: Raw, new: Raw) -> Steps:
    """Do to those that refer to a record what the schema says, once its keys have changed."""
    for link in referrers(scope, entity):
        if all(str(old[column.name]) == str(new[column.name]) for column in link.far):
            continue
        action = link.field.on_update or "Cascade"
        if action == "NoAction":
            continue
        key, new_key = object(), object()
        for near, far in zip(link.near, link.far, strict=True):
            context.found[key, near.name] = old[far.name]
            context.found[new_key, near.name] = new[far.name]
        which = by_found(key, link.near)
        if action == "Restrict":
            if (yield from Find(scope, link.entity, link.entity.identifier, which).run(context)):
                raise nested.violates(link)
            continue
        made = [
            (one, found_value(new_key, one.name) if action == "Cascade" else nothing)
            for one in link.near
        ]
        yield from context.ask(change(scope, link.entity, made, which))
