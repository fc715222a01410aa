"""The plans of the operations that write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forebay.engine.catalog import Column, Entity
from forebay.engine.failures import DatabaseFailure, Unsupported, input_error
from forebay.engine.keyed import PLACE, by_keys
from forebay.engine.plan import Plan
from forebay.engine.read import ReadCompiler, ReadNode, keys_array
from forebay.engine.rows import Layout
from forebay.engine.run import read
from forebay.engine.scope import Scope, Source
from forebay.engine.selection import Selection, read_selection
from forebay.engine.shape import Leaf, Node
from forebay.engine.shaping import Shaper
from forebay.engine.transaction import in_one_transaction
from forebay.engine.types import key_text
from forebay.engine.write import nested
from forebay.engine.write.batch import CreateRows
from forebay.engine.write.context import Context, Raw, Steps
from forebay.engine.write.create import Create
from forebay.engine.write.emulate import Removal, delete_rows, referred_columns, referrers
from forebay.engine.write.lookup import Condition, Find, by_found, by_request, removal
from forebay.engine.write.update import Update
from forebay.engine.write.updates import DeleteRows, UpdateRows

Run = Callable[[Context], Steps]


class WritePlan(Plan):
    """Any operation that writes."""

    __slots__ = ("_is_single", "_run", "parts")

    def __init__(self, name: str, run: Run, *parts: object, is_single: bool) -> None:
        super().__init__(name)
        self._run = run
        self._is_single = is_single
        # What it is made of, for whoever wants to see it.
        self.parts = parts

    @property
    def is_one_statement(self) -> bool:
        """Whether it never takes more than one statement."""
        return self._is_single

    def run(self, values: list[Any], in_transaction: bool) -> Steps:
        """Carry it out."""
        steps = self._run(Context(values, in_transaction or not self._is_single))
        if not self._is_single and not in_transaction:
            steps = in_one_transaction(steps)
        return (yield from steps)


class Answer:
    """Makes the answer of a record that was written: of its columns, or by reading it again.

    It ``must_read`` where what is written around a record may change the record itself. With
    ``where`` it reads what a request's condition finds.
    """

    def __init__(
        self,
        scope: Scope,
        entity: Entity,
        selection: Node,
        *,
        must_read: bool = False,
        where: Node | None = None,
    ) -> None:
        self.chosen = read_selection(scope, entity, selection, into=scope.into)
        self.entity = entity
        self.is_flat = self.chosen.is_flat and not must_read
        self.wanted = self.chosen.columns if self.is_flat else []
        self.key = object()
        self.root: ReadNode | None = None
        self.nodes: list[ReadNode] = []
        self.shape: Shaper | None = None
        if self.is_flat:
            self.shape = Layout(scope.shaping, entity, scope.into, 0, self.chosen.columns).shaper()
        else:
            reader = ReadCompiler(scope)
            if where is not None:
                self.root = reader.node(self.chosen, {"where": where})
            else:
                self.root = reader.node(self.chosen, {}, self._restriction)
            self.nodes = reader.nodes

    def _restriction(self, source: Source) -> str:
        return " AND ".join(
            f"{source.sql(column)} = {source.builder.found((self.key, column.name), key_text)}"
            for column in self.entity.identifier
        )

    def of(self, context: Context, row: Raw) -> Steps:
        """Return the answer for a record, of which the key, or all that is wanted, is known."""
        if self.shape is not None:
            cells = tuple(row[column.name] for column in self.chosen.columns)
            return self.shape([cells], [])[0]
        context.note(self.key, [column.name for column in self.entity.identifier], row)
        records = yield from self.read(context)
        return records[0] if records else None

    def read(self, context: Context) -> Steps:
        """Read what the restriction finds."""
        if self.root is None:
            return []
        return (
            yield from read(
                self.root, len(self.nodes), context.values, context.found, in_transaction=True
            )
        )


def create_one(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile createOne."""
    answer = Answer(scope, entity, selection)
    data = _object(scope, arguments.get("data", {}))
    create = Create(scope, entity, data, wanted=answer.wanted)

    def run(context: Context) -> Steps:
        """Carry it out."""
        row = yield from create.run(context)
        return (yield from answer.of(context, row))

    is_single = create.is_single and answer.is_flat
    return WritePlan(f"createOne{entity.name}", run, create, answer, is_single=is_single)


def update_one(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile updateOne."""
    data = _object(scope, arguments.get("data", {}))
    answer = Answer(scope, entity, selection, must_read=_is_nested(entity, data))
    update = Update(scope, entity, data, by_request(arguments.get("where")), wanted=answer.wanted)

    def run(context: Context) -> Steps:
        """Carry it out."""
        row = yield from update.run(context)
        if row is None:
            raise update.absent or nested.missing("No record was found for an update.")
        return (yield from answer.of(context, row))

    is_single = update.is_single and answer.is_flat
    return WritePlan(f"updateOne{entity.name}", run, update, answer, is_single=is_single)


def delete_one(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile deleteOne."""
    answer = Answer(scope, entity, selection)
    which = by_request(arguments.get("where"))
    if answer.is_flat and not referrers(scope, entity):
        remove = removal(scope, entity, which)
        chosen = ", ".join(column.read(_alias(remove.sql)) for column in answer.wanted)
        remove.sql += f" RETURNING {chosen or '1'}"
        shape = answer.shape

        def run(context: Context) -> Steps:
            result = yield from context.ask(remove)
            if not result.rows or shape is None:
                raise nested.missing("No record was found for a delete.")
            return shape(result.rows, [])[0]

        return WritePlan(f"deleteOne{entity.name}", run, remove, is_single=True)
    if answer.is_flat:
        return _delete_emulated(scope, entity, answer, which)
    whole = Answer(scope, entity, selection, where=arguments.get("where"))
    remove_one = Removal(scope, entity, which)

    def run_with_relations(context: Context) -> Steps:
        records = yield from whole.read(context)
        if not records:
            raise nested.missing("No record was found for a delete.")
        yield from remove_one.run(context)
        return records[0]

    name = f"deleteOne{entity.name}"
    return WritePlan(name, run_with_relations, whole, remove_one, is_single=False)


def _delete_emulated(scope: Scope, entity: Entity, answer: Answer, which: Condition) -> Plan:
    columns = [*entity.identifier, *referred_columns(scope, entity), *answer.wanted]
    find = Find(scope, entity, columns, which)

    def run(context: Context) -> Steps:
        rows = yield from find.run(context)
        if not rows:
            raise nested.missing("No record was found for a delete.")
        yield from delete_rows(scope, entity, context, rows)
        return (yield from answer.of(context, rows[0]))

    return WritePlan(f"deleteOne{entity.name}", run, find, is_single=False)


def _alias(sql: str) -> str:
    return '"w"' if ' AS "w" ' in sql else '"t0"'


def upsert_one(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile upsertOne."""
    from forebay.engine.write.upsert import Native

    name = f"upsertOne{entity.name}"
    new = _object(scope, arguments["create"])
    data = _object(scope, arguments["update"])
    answer = Answer(scope, entity, selection, must_read=_is_nested(entity, data))
    where_node = arguments["where"]
    native = Native.of(scope, entity, where_node, new, data, answer.wanted)
    if native is not None and answer.is_flat:
        shape = answer.shape

        def run_native(context: Context) -> Steps:
            result = yield from context.ask(native.statement)
            if shape is None:
                return None
            return shape(result.rows, [])[0]

        return WritePlan(name, run_native, native, is_single=True)
    key = object()
    find = Find(scope, entity, entity.identifier, by_request(where_node))
    create = Create(scope, entity, new, wanted=answer.wanted)
    which = by_found(key, entity.identifier)
    update = Update(scope, entity, data, which, wanted=answer.wanted)

    def run(context: Context) -> Steps:
        """Carry it out."""
        rows = yield from find.run(context)
        if rows:
            context.note(key, [column.name for column in entity.identifier], rows[0])
            row = yield from update.run(context)
        else:
            row = yield from create.run(context)
        return (yield from answer.of(context, row))

    return UpsertPlan(name, run, find, update, create, answer, is_single=False)


class UpsertPlan(WritePlan):
    """An upsert of more than one statement: when another was quicker to create, it tries again."""

    __slots__ = ()

    def run(self, values: list[Any], in_transaction: bool) -> Steps:
        """Carry it out."""
        try:
            return (yield from super().run(values, in_transaction))
        except DatabaseFailure as failure:
            if failure.sqlstate != "23505" or in_transaction:
                raise
        return (yield from super().run(values, in_transaction))


def create_many(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile createMany and createManyAndReturn."""
    data, skip = arguments.get("data", []), arguments.get("skipDuplicates")
    if action == "createMany":
        rows = CreateRows(scope, entity, data, skip)
        return WritePlan(f"createMany{entity.name}", _counted(rows.run), rows, is_single=True)
    many = _Many(scope, entity, selection)
    rows = CreateRows(scope, entity, data, skip, returned=many.columns)
    return many.plan(f"createMany{entity.name}AndReturn", rows)


def update_many(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile updateMany and updateManyAndReturn."""
    data = _object(scope, arguments.get("data", {}))
    which = by_request(arguments.get("where"))
    limit = arguments.get("limit")
    _check_limit(scope, limit)
    if action == "updateMany":
        rows = UpdateRows(scope, entity, data, which, limit=limit)
        return WritePlan(
            f"updateMany{entity.name}", _counted(rows.run), rows, is_single=rows.each is None
        )
    many = _Many(scope, entity, selection)
    rows = UpdateRows(scope, entity, data, which, limit=limit, returned=many.columns)
    return many.plan(f"updateMany{entity.name}AndReturn", rows)


def delete_many(
    scope: Scope, entity: Entity, action: str, arguments: dict[str, Node], selection: Node
) -> Plan:
    """Compile deleteMany."""
    limit = arguments.get("limit")
    _check_limit(scope, limit)
    which = by_request(arguments.get("where"))
    if referrers(scope, entity):
        every = Removal(scope, entity, which, limit=limit)
        return WritePlan(f"deleteMany{entity.name}", _counted(every.run), every, is_single=False)
    rows = DeleteRows(scope, entity, which, limit=limit)
    return WritePlan(f"deleteMany{entity.name}", _counted(rows.run), rows, is_single=True)


def _check_limit(scope: Scope, limit: Node | None) -> None:
    if isinstance(limit, Leaf) and limit.index is not None:
        number = scope.number(limit)
        if number < 0:
            raise input_error(f"Provided limit ({number}) must be a positive integer.")


def _counted(run: Run) -> Run:
    def counted(context: Context) -> Steps:
        count = yield from run(context)
        return {"count": count}

    return counted


def _is_nested(entity: Entity, data: dict[str, Node]) -> bool:
    return any(name in entity.links for name in data)


def _object(scope: Scope, node: Node) -> dict[str, Node]:
    found = nested.items(node, scope)
    if len(found) != 1:
        raise Unsupported("`data` that is not one object")
    return found[0]


class _Many:
    """Makes the answers of many records that were written."""

    def __init__(self, scope: Scope, entity: Entity, selection: Node) -> None:
        self.answer = Answer(scope, entity, selection)
        self.reader = ReadCompiler(scope)
        self.entity = entity
        flat = self.answer.is_flat
        self.columns: list[Column] = self.answer.wanted if flat else entity.identifier
        self.chosen: Selection = self.answer.chosen

    def plan(self, name: str, rows_of: CreateRows | UpdateRows) -> Plan:
        """Return the plan."""
        run = rows_of.run
        shape = self.answer.shape
        if shape is not None:

            def shaped(context: Context) -> Steps:
                rows = yield from run(context)
                return shape(rows, [])

            # Where relations are emulated each record is written by itself.
            is_single = isinstance(rows_of, CreateRows) or rows_of.each is None
            return WritePlan(name, shaped, rows_of, is_single=is_single)

        key = object()
        root = self.reader.node(
            self.chosen, {}, by_keys(key, self.columns, keys_array), extra=PLACE
        )
        nodes = self.reader.nodes

        def read_again(context: Context) -> Steps:
            rows = yield from run(context)
            if not rows:
                return []
            for i in range(len(self.columns)):
                context.found[key, i] = [row[i] for row in rows]
            pairs = yield from read(
                root,
                len(nodes),
                context.values,
                context.found,
                in_transaction=True,
                with_last=True,
            )
            return [record for _, record in sorted(pairs, key=lambda pair: int(pair[0]))]

        return WritePlan(name, read_again, rows_of, nodes, is_single=False)
