"""Many records updated or deleted in one statement."""

from __future__ import annotations

from forebay.engine.catalog import Column, Entity
from forebay.engine.scope import Scope, Source
from forebay.engine.shape import Node
from forebay.engine.statement import Builder, Statement
from forebay.engine.where import conjunction
from forebay.engine.write.context import Context, Steps
from forebay.engine.write.emulate import referred_columns
from forebay.engine.write.lookup import Condition, Find, by_found, limited, target
from forebay.engine.write.update import Update, assignments


class UpdateRows:
    """Updates the records of some conditions; ``run`` returns how many, or the rows returned."""

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        data: dict[str, Node],
        *conditions: Condition,
        limit: Node | None = None,
        returned: list[Column] | None = None,
    ) -> None:
        self.returned = returned
        self.entity = entity
        self.each: Update | None = None
        if any(column.name in data for column in referred_columns(scope, entity)):
            self.key = object()
            self.find = Find(scope, entity, entity.identifier, *conditions, limit=limit)
            which = by_found(self.key, entity.identifier)
            self.each = Update(scope, entity, data, which, wanted=returned)
        self.statement = self._compile(scope, entity, data, conditions, limit)

    def _compile(
        self,
        scope: Scope,
        entity: Entity,
        data: dict[str, Node],
        conditions: tuple[Condition, ...],
        limit: Node | None,
    ) -> Statement | None:
        builder = Builder()
        source = Source(scope, builder, entity, builder.alias(), is_written=True)
        condition = conjunction([one(source) for one in conditions])
        if not data:
            if self.returned is None:
                return None
            chosen = ", ".join(column.read(source.alias) for column in self.returned)
            return builder.finish(
                f"SELECT {chosen or '1'} FROM {entity.table} AS {source.alias}"
                f"{''.join(source.joins)} WHERE {condition}{limited(builder, limit)}"
            )
        alias, condition = target(source, condition, limited(builder, limit))
        source.alias = alias
        made = ", ".join(assignments(source, data).values())
        sql = f"UPDATE {entity.table} AS {alias} SET {made} WHERE {condition}"
        if self.returned is not None:
            chosen = ", ".join(column.read(alias) for column in self.returned)
            sql += f" RETURNING {chosen or '1'}"
        return builder.finish(sql)

    def run(self, context: Context) -> Steps:
        """Update the records."""
        if self.each is not None:
            return (yield from self._one_by_one(context, self.each))
        if self.statement is None:
            return 0
        result = yield from context.ask(self.statement)
        return result.rows if self.returned is not None else result.count

    def _one_by_one(self, context: Context, each: Update) -> Steps:
        names = [column.name for column in self.entity.identifier]
        done = []
        for row in (yield from self.find.run(context)):
            context.note(self.key, names, row)
            done.append((yield from each.run(context)))
        if self.returned is None:
            return len(done)
        return [tuple(row[column.name] for column in self.returned) for row in done]


class DeleteRows:
    """Deletes the records of some conditions; ``run`` returns how many."""

    def __init__(
        self, scope: Scope, entity: Entity, *conditions: Condition, limit: Node | None = None
    ) -> None:
        builder = Builder()
        source = Source(scope, builder, entity, builder.alias(), is_written=True)
        condition = conjunction([one(source) for one in conditions])
        alias, condition = target(source, condition, limited(builder, limit))
        self.statement = builder.finish(f"DELETE FROM {entity.table} AS {alias} WHERE {condition}")

    def run(self, context: Context) -> Steps:
        """Delete the records."""
        result = yield from context.ask(self.statement)
        return result.count
