"""Nested writes of a relation to many records."""

from __future__ import annotations

from collections.abc import Callable

from forebay.engine.catalog import Link
from forebay.engine.scope import Scope, Source
from forebay.engine.shape import Node
from forebay.engine.where import disjunction, where
from forebay.engine.write import nested
from forebay.engine.write.batch import CreateRows
from forebay.engine.write.context import Context, Raw, Steps
from forebay.engine.write.create import Create, MakeRows
from forebay.engine.write.emulate import Removal
from forebay.engine.write.lookup import (
    Condition,
    Find,
    Ties,
    among,
    by_found,
    by_request,
    change,
    distinct,
    found_value,
    linked,
    note_rows,
    nothing,
    untie,
)
from forebay.engine.write.single import given_by
from forebay.engine.write.update import Update
from forebay.engine.write.updates import UpdateRows


def operation(
    scope: Scope, link: Link, name: str, node: Node, *, is_new: bool
) -> list[nested.After]:
    """Return the operations that a request names."""
    if name == "createMany":
        return [_CreateMany(scope, link, node)]
    if name in ("connect", "set", "disconnect", "delete"):
        found = nested.items(node, scope)
        if name == "set":
            return [_Set(scope, link, found)]
        if not found:
            return []
        return [_GROUPS[name](scope, link, found)]
    if name == "create":
        return [_MakeAll(scope, link, nested.items(node, scope))]
    make = _EACH.get(name)
    if make is None:
        raise nested.unknown(link, name)
    return [make(scope, link, item) for item in nested.items(node, scope)]


class _Make:
    """create."""

    def __init__(self, scope: Scope, link: Link, data: dict[str, Node]) -> None:
        self.link = link
        given = [] if link.is_many_to_many else link.far
        self.create = Create(scope, link.other, data, given=given, wanted=link.far)
        self.ties = Ties(link) if link.is_many_to_many else None

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        if self.ties is None:
            yield from self.create.run(context, given_by(self.link, parent))
            return
        row = yield from self.create.run(context)
        yield from self.ties.tie(context, parent, [row])


class _MakeAll:
    """create: those records that nothing is nested in are one statement."""

    def __init__(self, scope: Scope, link: Link, items: list[dict[str, Node]]) -> None:
        self.link = link
        given = [] if link.is_many_to_many else link.far
        is_flat = not any(name in link.other.links for item in items for name in item)
        self.rows = None
        self.creates: list[Create] = []
        if is_flat and len(items) > 1:
            self.rows = MakeRows(scope, link.other, items, given, link.far)
        else:
            self.creates = [
                Create(scope, link.other, item, given=given, wanted=link.far) for item in items
            ]
        self.ties = Ties(link) if link.is_many_to_many else None

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        given = None if self.ties is not None else given_by(self.link, parent)
        made: list[Raw] = []
        if self.rows is not None:
            made = yield from self.rows.run(context, given)
        for create in self.creates:
            made.append((yield from create.run(context, given)))
        if self.ties is not None:
            yield from self.ties.tie(context, parent, made)


class _CreateMany:
    """createMany: rows in one statement."""

    def __init__(self, scope: Scope, link: Link, node: Node) -> None:
        self.link = link
        (item,) = nested.items(node, scope)
        self.rows = CreateRows(
            scope, link.other, item["data"], item.get("skipDuplicates"), given=link.far
        )

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        yield from self.rows.run(context, given_by(self.link, parent))


def _any(conditions: list[dict[str, Node]]) -> Condition:
    def condition(source: Source) -> str:
        return disjunction([where(source, node) for node in conditions])

    return condition


class _Tie:
    """Ties records that are found to a parent, and unties them."""

    def __init__(self, scope: Scope, link: Link) -> None:
        self.link = link
        self.ties = Ties(link) if link.is_many_to_many else None
        if self.ties is None:
            self.key, self.parent_key = object(), object()
            pairs = zip(link.near, link.far, strict=True)
            made = [(far, found_value(self.parent_key, near.name)) for near, far in pairs]
            which = among(self.key, link.other.identifier)
            self.hold = change(scope, link.other, made, which)
            self.clear = change(scope, link.other, [(one, nothing) for one in link.far], which)

    def tie(self, context: Context, parent: Raw, rows: list[Raw]) -> Steps:
        """Tie records."""
        if not rows:
            return
        if self.ties is not None:
            yield from self.ties.tie(context, parent, rows)
            return
        context.note(self.parent_key, [column.name for column in self.link.near], parent)
        note_rows(context, self.key, self.link.other.identifier, rows)
        yield from context.ask(self.hold)

    def untie(self, context: Context, parent: Raw, rows: list[Raw]) -> Steps:
        """Untie records."""
        if not rows:
            return
        if self.ties is not None:
            yield from self.ties.untie(context, parent, rows)
            return
        if any(not column.is_nullable for column in self.link.far):
            raise nested.violates(self.link)
        note_rows(context, self.key, self.link.other.identifier, rows)
        yield from context.ask(self.clear)


class _Connect(_Tie):
    """connect."""

    def __init__(self, scope: Scope, link: Link, conditions: list[dict[str, Node]]) -> None:
        super().__init__(scope, link)
        self.expected = len(conditions)
        columns = [*link.other.identifier, *link.far]
        self.find = Find(scope, link.other, columns, _any(conditions))

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        rows = yield from self.find.run(context)
        if len(rows) < self.expected:
            raise nested.few_connected(self.link, self.expected, len(rows))
        yield from self.tie(context, parent, rows)


class _FindOrMake(_Tie):
    """connectOrCreate."""

    def __init__(self, scope: Scope, link: Link, item: dict[str, Node]) -> None:
        super().__init__(scope, link)
        (data,) = nested.items(item["create"], scope)
        columns = [*link.other.identifier, *link.far]
        self.find = Find(scope, link.other, columns, by_request(item["where"]))
        self.make = _Make(scope, link, data)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        rows = yield from self.find.run(context)
        if rows:
            yield from self.tie(context, parent, rows)
        else:
            yield from self.make.run(context, parent)


class _Some(_Tie):
    """Finds those of a parent's records that conditions name."""

    def __init__(self, scope: Scope, link: Link, conditions: list[dict[str, Node]] | None) -> None:
        super().__init__(scope, link)
        self.of_key = object()
        columns = [*link.other.identifier, *link.far]
        more = [] if conditions is None else [_any(conditions)]
        self.mine = Find(scope, link.other, columns, linked(link, self.of_key), *more)

    def some(self, context: Context, parent: Raw) -> Steps:
        """Return the records."""
        context.note(self.of_key, [column.name for column in self.link.near], parent)
        return (yield from self.mine.run(context))


class _Disconnect:
    """disconnect: one statement, for those of the parent's records that are named."""

    def __init__(self, scope: Scope, link: Link, conditions: list[dict[str, Node]]) -> None:
        self.link = link
        self.key = object()
        if link.is_many_to_many:
            self.clear = untie(scope, link, self.key, _any(conditions))
            return
        if any(not column.is_nullable for column in link.far):
            raise nested.violates(link)
        made = [(one, nothing) for one in link.far]
        self.clear = change(scope, link.other, made, linked(link, self.key), _any(conditions))

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        context.note(self.key, [column.name for column in self.link.near], parent)
        yield from context.ask(self.clear)


class _Set(_Some):
    """set: these records, and no others."""

    def __init__(self, scope: Scope, link: Link, conditions: list[dict[str, Node]]) -> None:
        super().__init__(scope, link, None)
        columns = [*link.other.identifier, *link.far]
        self.find = Find(scope, link.other, columns, _any(conditions)) if conditions else None
        self.expected = len(conditions)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        old = yield from self.some(context, parent)
        new = (yield from self.find.run(context)) if self.find is not None else []
        if self.link.is_many_to_many and len(new) < self.expected:
            raise nested.few_connected(self.link, self.expected, len(new))
        columns = self.link.other.identifier
        kept = {tuple(str(row[column.name]) for column in columns) for row in new}
        has = {tuple(str(row[column.name]) for column in columns) for row in old}
        gone = [r for r in old if tuple(str(r[column.name]) for column in columns) not in kept]
        come = [r for r in new if tuple(str(r[column.name]) for column in columns) not in has]
        yield from self.untie(context, parent, gone)
        yield from self.tie(context, parent, distinct(come, columns))


class _Delete(_Some):
    """delete."""

    def __init__(self, scope: Scope, link: Link, conditions: list[dict[str, Node]]) -> None:
        super().__init__(scope, link, conditions)
        self.expected = len(conditions)
        self.rows_key = object()
        self.remove = Removal(scope, link.other, among(self.rows_key, link.other.identifier))

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        rows = yield from self.some(context, parent)
        if len(rows) < self.expected:
            raise nested.not_connected(self.link)
        note_rows(context, self.rows_key, self.link.other.identifier, rows)
        yield from self.remove.run(context)


class _Update(_Some):
    """update."""

    def __init__(self, scope: Scope, link: Link, item: dict[str, Node]) -> None:
        (condition,) = nested.items(item["where"], scope)
        super().__init__(scope, link, [condition])
        (data,) = nested.items(item["data"], scope)
        # Prisma leaves out an update of nothing, and so never misses its record.
        self.is_empty = not data
        self.row_key = object()
        which = by_found(self.row_key, link.other.identifier)
        self.update = Update(scope, link.other, data, which)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        rows = yield from self.some(context, parent)
        if not rows and self.is_empty:
            return
        if not rows:
            raise nested.not_found(self.link, "update")
        names = [column.name for column in self.link.other.identifier]
        context.note(self.row_key, names, rows[0])
        yield from self.update.run(context)


class _Upsert(_Some):
    """upsert."""

    def __init__(self, scope: Scope, link: Link, item: dict[str, Node]) -> None:
        (condition,) = nested.items(item["where"], scope)
        super().__init__(scope, link, [condition])
        (data,) = nested.items(item["update"], scope)
        (new,) = nested.items(item["create"], scope)
        self.row_key = object()
        which = by_found(self.row_key, link.other.identifier)
        self.update = Update(scope, link.other, data, which)
        self.make = _Make(scope, link, new)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        rows = yield from self.some(context, parent)
        if not rows:
            yield from self.make.run(context, parent)
            return
        names = [column.name for column in self.link.other.identifier]
        context.note(self.row_key, names, rows[0])
        yield from self.update.run(context)


class _UpdateMany:
    """updateMany."""

    def __init__(self, scope: Scope, link: Link, item: dict[str, Node]) -> None:
        self.link = link
        self.key = object()
        (data,) = nested.items(item["data"], scope)
        which = (linked(link, self.key), by_request(item.get("where")))
        self.rows = UpdateRows(scope, link.other, data, *which)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        context.note(self.key, [column.name for column in self.link.near], parent)
        yield from self.rows.run(context)


class _DeleteMany:
    """deleteMany."""

    def __init__(self, scope: Scope, link: Link, condition: dict[str, Node]) -> None:
        self.link = link
        self.key = object()
        self.remove = Removal(scope, link.other, linked(link, self.key), by_request(condition))

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        context.note(self.key, [column.name for column in self.link.near], parent)
        yield from self.remove.run(context)


_GROUPS: dict[str, Callable[[Scope, Link, list[dict[str, Node]]], nested.After]] = {
    "connect": _Connect,
    "disconnect": _Disconnect,
    "delete": _Delete,
}
_EACH: dict[str, Callable[[Scope, Link, dict[str, Node]], nested.After]] = {
    "connectOrCreate": _FindOrMake,
    "update": _Update,
    "upsert": _Upsert,
    "updateMany": _UpdateMany,
    "deleteMany": _DeleteMany,
}
