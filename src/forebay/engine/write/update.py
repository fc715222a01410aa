"""One record is updated: its own values, and what is nested around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.failures import RequestError
from forebay.engine.scope import Scope, Source
from forebay.engine.shape import Node
from forebay.engine.statement import Builder, Statement
from forebay.engine.types import key_text
from forebay.engine.where import conjunction
from forebay.engine.write.context import NOW, Context, Raw, Steps
from forebay.engine.write.emulate import referred_columns, update_referrers
from forebay.engine.write.lookup import Condition, Find, by_found, target
from forebay.engine.write.values import changed, moment_writer

if TYPE_CHECKING:
    from forebay.engine.write.nested import After, Before


class Update:
    """Updates the one record that conditions find; ``run`` returns None where there is none."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        data: dict[str, Node],
        *conditions: Condition,
        wanted: list[Column] | None = None,
    ) -> None:
        from forebay.engine.write import nested
        from forebay.engine.write.create import _returned

        self.scope = scope
        self.entity = entity
        self.key = object()
        self.before: list[tuple[Link, Before]] = []
        self.after: list[After] = []
        scalars: dict[str, Node] = {}
        # What Prisma says where there is no such record: the first nested write finds out.
        self.absent: RequestError | None = None
        for name, node in data.items():
            link = entity.links.get(name)
            if link is None:
                scalars[name] = node
                continue
            node = scope.operations(node)
            if not scope.catalog.emulates_relations:
                self.absent = self.absent or nested.without_parent(link, node)
            before, after = nested.around(scope, link, node)
            self.before += before
            self.after += after
        self.returned = _returned(entity, self.after, wanted)
        # Others refer to these, and no foreign key takes care of them.
        self.keys = [column for column in referred_columns(scope, entity) if column.name in scalars]
        self.returned += [column for column in self.keys if column not in self.returned]
        self.is_single = not self.before and not self.after and not self.keys
        self.find = None
        if not self.is_single:
            near = [column for link, _ in self.before for column in link.near]
            self.find = Find(
                scope, entity, [*entity.identifier, *near, *self.returned], *conditions
            )
            conditions = (by_found(self.key, entity.identifier),)
        self.writes = bool(scalars or self.before)
        self.statement = self._compile(scalars, conditions)

    def _compile(self, scalars: dict[str, Node], conditions: tuple[Condition, ...]) -> Statement:
        builder = Builder()
        source = Source(self.scope, builder, self.entity, builder.alias(), is_written=True)
        if not self.writes:
            condition = conjunction([one(source) for one in conditions])
            chosen = ", ".join(column.read(source.alias) for column in self.returned)
            return builder.finish(
                f"SELECT {chosen or '1'} FROM {self.entity.table} AS {source.alias}"
                f"{''.join(source.joins)} WHERE {condition}"
            )
        alias, condition = target(source, conjunction([one(source) for one in conditions]))
        source.alias = alias
        made = assignments(source, scalars, touches=bool(self.before))
        for link, _ in self.before:
            for column in link.near:
                made[column.name] = (
                    f"{column.sql} = {builder.found((self.key, 'new', column.name), key_text)}"
                )
        chosen = ", ".join(column.read(alias) for column in self.returned)
        return builder.finish(
            f"UPDATE {self.entity.table} AS {alias} SET {', '.join(made.values())}"
            f" WHERE {condition} RETURNING {chosen or '1'}"
        )

    def run(self, context: Context) -> Steps:
        """Update the record; return the columns in ``returned``, or None."""
        if self.find is not None:
            found = yield from self.find.run(context)
            if not found:
                return None
            old = found[0]
            context.note(self.key, [column.name for column in self.entity.identifier], old)
            for link, before in self.before:
                keys = yield from before.run(context, old)
                for near, far in zip(link.near, link.far, strict=True):
                    context.found[self.key, "new", near.name] = keys[far.name]
            row: Raw | None = old
            if self.writes:
                row = yield from self._write(context)
            if self.keys and row is not None:
                yield from update_referrers(self.scope, self.entity, context, old, row)
            for after in self.after:
                yield from after.run(context, row or old)
            return row
        return (yield from self._write(context))

    def _write(self, context: Context) -> Steps:
        result = yield from context.ask(self.statement)
        if not result.rows:
            return None
        names = [column.name for column in self.returned]
        return dict(zip(names, result.rows[0], strict=False))


def assignments(
    source: Source, scalars: dict[str, Node], *, touches: bool = False
) -> dict[str, str]:
    """Return what is assigned, by column; a moment of change where anything is, or ``touches``."""
    made: dict[str, str] = {}
    for name, node in scalars.items():
        column = source.entity.all_columns[name]
        made[name] = f"{column.sql} = {changed(source, column, node)}"
    for column in source.entity.all_columns.values():
        if (scalars or touches) and column.field.is_updated_at and column.name not in made:
            value = source.builder.found(NOW, moment_writer(column.type))
            made[column.name] = f"{column.sql} = {value}"
    return made
