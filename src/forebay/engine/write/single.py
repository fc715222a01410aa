"""Nested writes of a relation to one record, whichever of the two holds the keys."""

from __future__ import annotations

from forebay.engine.catalog import Link
from forebay.engine.scope import Scope
from forebay.engine.shape import Leaf, Node
from forebay.engine.write import nested
from forebay.engine.write.context import Context, Raw, Steps
from forebay.engine.write.create import Create
from forebay.engine.write.emulate import Removal
from forebay.engine.write.lookup import (
    Find,
    by_found,
    by_request,
    change,
    found_value,
    linked,
    nothing,
)
from forebay.engine.write.update import Update


class _Unlink:
    """Takes a record away from whoever holds its keys, in a relation of one to one."""

    def __init__(self, scope: Scope, link: Link) -> None:
        # `link` leads from the holder of the keys to the record.
        self.link = link
        self.key = object()
        names = [column.name for column in link.far]
        of_record = by_found(self.key, link.near, names)
        self.find = Find(scope, link.entity, link.entity.identifier, of_record)
        self.clear = change(scope, link.entity, [(one, nothing) for one in link.near], of_record)

    def run(self, context: Context, record: Raw, old: Raw | None) -> Steps:
        """Make the record free; ``old`` is the holder that may go on to hold it."""
        for column in self.link.far:
            context.found[self.key, column.name] = record[column.name]
        holders = yield from self.find.run(context)
        identifier = [column.name for column in self.link.entity.identifier]
        if old is not None:
            holders = [one for one in holders if any(one[n] != old[n] for n in identifier)]
        if not holders:
            return
        if any(not column.is_nullable for column in self.link.near):
            raise nested.violates(self.link)
        yield from context.ask(self.clear)


def _is_one_to_one(link: Link) -> bool:
    return not link.is_list and not link.opposite.is_list


# The record holds the keys


class MakeFirst:
    """create: the related record first."""

    def __init__(self, scope: Scope, link: Link, node: Node, *, is_new: bool) -> None:
        (data,) = nested.items(node, scope)
        self.create = Create(scope, link.other, data, wanted=link.far)

    def run(self, context: Context, old: Raw | None) -> Steps:
        """Carry it out."""
        return (yield from self.create.run(context))


class FindFirst:
    """connect: the related record's keys."""

    def __init__(self, scope: Scope, link: Link, node: Node, *, is_new: bool) -> None:
        self.link = link
        self.is_new = is_new
        self.find = Find(scope, link.other, link.far, by_request(node))
        self.unlink = _Unlink(scope, link) if _is_one_to_one(link) else None

    def run(self, context: Context, old: Raw | None) -> Steps:
        """Carry it out."""
        rows = yield from self.find.run(context)
        if not rows:
            link = self.link
            raise nested.missing(
                f"No '{link.other.name}' record{self._needed()} was found for a nested connect on "
                f"{nested.kind_of(link)} relation '{nested.relation_name(link)}'."
            )
        if self.unlink is not None:
            yield from self.unlink.run(context, rows[0], old)
        return rows[0]

    def _needed(self) -> str:
        of = f"'{self.link.entity.name}' record(s)"
        if not _is_one_to_one(self.link):
            return f" (needed to inline the relation on {of})"
        return f" (needed to create or connect inlined relation for {of})" if self.is_new else ""


class FindOrMakeFirst:
    """connectOrCreate: the related record's keys, or a new one's."""

    def __init__(self, scope: Scope, link: Link, node: Node, *, is_new: bool) -> None:
        (item,) = nested.items(node, scope)
        (data,) = nested.items(item["create"], scope)
        self.find = Find(scope, link.other, link.far, by_request(item["where"]))
        self.create = Create(scope, link.other, data, wanted=link.far)
        self.unlink = _Unlink(scope, link) if _is_one_to_one(link) else None

    def run(self, context: Context, old: Raw | None) -> Steps:
        """Carry it out."""
        rows = yield from self.find.run(context)
        if not rows:
            return (yield from self.create.run(context))
        if self.unlink is not None:
            yield from self.unlink.run(context, rows[0], old)
        return rows[0]


def held(scope: Scope, link: Link, name: str, node: Node) -> list[nested.After]:
    """Return an operation on the related record whose keys the record holds."""
    if isinstance(node, Leaf) and name in ("disconnect", "delete") and not node.value:
        return []
    if name == "disconnect":
        return [_Let(scope, link, node)]
    if name == "delete":
        return [_DeleteOne(scope, link, node)]
    if name == "update":
        return [_UpdateOne(scope, link, node)]
    if name == "upsert":
        return [_UpsertOne(scope, link, node)]
    raise nested.unknown(link, name)


class _Known:
    """Knows the related record of a parent, by the keys on either side."""

    def __init__(self, scope: Scope, link: Link, condition: Node | None) -> None:
        self.scope = scope
        self.link = link
        self.parent_key = object()
        self.key = object()
        node = None if isinstance(condition, Leaf) else condition
        far = [*link.other.identifier, *link.far]
        of_parent = linked(link, self.parent_key)
        self.find = Find(scope, link.other, far, of_parent, by_request(node))

    def one(self, context: Context, parent: Raw) -> Steps:
        """Return the related record, or None."""
        if any(parent[column.name] is None for column in self.link.near):
            return None
        context.note(self.parent_key, [column.name for column in self.link.near], parent)
        rows = yield from self.find.run(context)
        if not rows:
            return None
        context.note(self.key, [column.name for column in self.find.columns], rows[0])
        return rows[0]


class _Free(_Known):
    """Makes the related record free: the keys become null on the side that holds them."""

    def __init__(self, scope: Scope, link: Link, condition: Node | None) -> None:
        super().__init__(scope, link, condition)
        if link.holds_keys:
            self.own_key = object()
            entity, columns = link.entity, link.near
            which = by_found(self.own_key, link.entity.identifier)
        else:
            entity, columns = link.other, link.far
            which = by_found(self.key, link.other.identifier)
        self.is_required = any(not column.is_nullable for column in columns)
        self.clear = change(scope, entity, [(one, nothing) for one in columns], which)

    def free(self, context: Context, parent: Raw) -> Steps:
        """Set the keys to null."""
        if self.is_required:
            raise nested.violates(self.link)
        if self.link.holds_keys:
            names = [column.name for column in self.link.entity.identifier]
            context.note(self.own_key, names, parent)
        yield from context.ask(self.clear)


class _Let(_Free):
    """disconnect."""

    def __init__(self, scope: Scope, link: Link, condition: Node | None) -> None:
        super().__init__(scope, link, condition)
        if self.is_required:
            raise nested.violates(link)

        # Whoever holds the key lets go of it without a look at the other.
        self.is_blind = link.holds_keys and not isinstance(condition, dict)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        if self.is_blind or (yield from self.one(context, parent)) is not None:
            yield from self.free(context, parent)


class _DeleteOne(_Known):
    """delete: what becomes of the keys is for the relation's referential action to say."""

    def __init__(self, scope: Scope, link: Link, condition: Node | None) -> None:
        super().__init__(scope, link, condition)
        self.remove = Removal(scope, link.other, by_found(self.key, link.other.identifier))

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        record = yield from self.one(context, parent)
        if record is None:
            raise nested.not_found(self.link, "delete")
        yield from self.remove.run(context)


class _UpdateOne(_Known):
    """update."""

    def __init__(self, scope: Scope, link: Link, node: Node) -> None:
        (item,) = nested.items(node, scope)
        condition: Node | None = None
        data = item
        if "data" in item and set(item) <= {"data", "where"} and "data" not in link.other.columns:
            condition = item.get("where")
            (data,) = nested.items(item["data"], scope)
        super().__init__(scope, link, condition)
        # Prisma leaves out an update of nothing, and so never misses its record.
        self.is_empty = not data
        self.update = Update(scope, link.other, data, by_found(self.key, link.other.identifier))

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        record = yield from self.one(context, parent)
        if record is None and not self.is_empty:
            raise nested.not_found(self.link, "update")
        if record is not None:
            yield from self.update.run(context)


class _UpsertOne(_Known):
    """upsert."""

    def __init__(self, scope: Scope, link: Link, node: Node) -> None:
        (item,) = nested.items(node, scope)
        super().__init__(scope, link, item.get("where"))
        (data,) = nested.items(item["update"], scope)
        (new,) = nested.items(item["create"], scope)
        self.update = Update(scope, link.other, data, by_found(self.key, link.other.identifier))
        self.own_key, self.new_key = object(), object()
        if link.holds_keys:
            self.create = Create(scope, link.other, new, wanted=link.far)
            pairs = zip(link.near, link.far, strict=True)
            made = [(near, found_value(self.new_key, far.name)) for near, far in pairs]
            which = by_found(self.own_key, link.entity.identifier)
            self.hold = change(scope, link.entity, made, which)
        else:
            self.create = Create(scope, link.other, new, given=link.far)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        record = yield from self.one(context, parent)
        if record is not None:
            yield from self.update.run(context)
            return
        link = self.link
        if not link.holds_keys:
            yield from self.create.run(context, given_by(link, parent))
            return
        row = yield from self.create.run(context)
        context.note(self.new_key, [column.name for column in link.far], row)
        context.note(self.own_key, [column.name for column in link.entity.identifier], parent)
        yield from context.ask(self.hold)


def given_by(link: Link, parent: Raw) -> Raw:
    """Return the keys that a parent gives to a record that holds them."""
    return {far.name: parent[near.name] for near, far in zip(link.near, link.far, strict=True)}


# The related record holds the keys


def operation(
    scope: Scope, link: Link, name: str, node: Node, *, is_new: bool
) -> list[nested.After]:
    """Return an operation on the one record that holds this record's keys."""
    if name == "create":
        return [_MakeThen(scope, link, node, is_new=is_new)]
    if name == "connect":
        return [_ConnectThen(scope, link, node, None, is_new=is_new)]
    if name == "connectOrCreate":
        (item,) = nested.items(node, scope)
        return [_ConnectThen(scope, link, item["where"], item["create"], is_new=is_new)]
    return held(scope, link, name, node)


class _MakeThen:
    """create."""

    def __init__(self, scope: Scope, link: Link, node: Node, *, is_new: bool) -> None:
        (data,) = nested.items(node, scope)
        self.link = link
        self.free = None if is_new else _Free(scope, link, None)
        self.create = Create(scope, link.other, data, given=link.far)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        if self.free is not None and (yield from self.free.one(context, parent)) is not None:
            yield from self.free.free(context, parent)
        yield from self.create.run(context, given_by(self.link, parent))


class _ConnectThen:
    """connect, and connectOrCreate."""

    def __init__(
        self, scope: Scope, link: Link, condition: Node, new: Node | None, *, is_new: bool
    ) -> None:
        self.link = link
        self.free = None if is_new else _Free(scope, link, None)
        self.find = Find(scope, link.other, link.other.identifier, by_request(condition))
        self.key, self.parent_key = object(), object()
        pairs = zip(link.near, link.far, strict=True)
        made = [(far, found_value(self.parent_key, near.name)) for near, far in pairs]
        self.tie = change(scope, link.other, made, by_found(self.key, link.other.identifier))
        self.create = None
        if new is not None:
            (data,) = nested.items(new, scope)
            self.create = Create(scope, link.other, data, given=link.far)

    def run(self, context: Context, parent: Raw) -> Steps:
        """Carry it out."""
        rows = yield from self.find.run(context)
        if not rows and self.create is None:
            link = self.link
            of = f"inlined relation for '{link.entity.name}' record(s)"
            needed = f" (needed to create or connect {of})" if self.free is None else ""
            raise nested.missing(
                f"No '{link.other.name}' record{needed} was found for a nested connect on "
                f"{nested.kind_of(link)} relation '{nested.relation_name(link)}'."
            )
        if not rows and self.create is not None:
            yield from self.create.run(context, given_by(self.link, parent))
            return
        if self.free is not None:
            current = yield from self.free.one(context, parent)
            if current is not None and not _same(self.link, rows[0], current):
                yield from self.free.free(context, parent)
        context.note(self.key, [column.name for column in self.link.other.identifier], rows[0])
        context.note(self.parent_key, [column.name for column in self.link.near], parent)
        yield from context.ask(self.tie)


def _same(link: Link, one: Raw, other: Raw) -> bool:
    return all(one[column.name] == other[column.name] for column in link.other.identifier)
