"""Which lock each statement takes on which relation, and what that lock blocks.

Modes are PostgreSQL's, in the order of their strength as the rules use it. A relation that the
script does not name is found through who knows it: the script's own story, or the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.modes import Knowledge, Lock, Mode
from forebay.migrate.lint.parse import Statement, walk
from forebay.migrate.lint.tree import Name, constraints, dotted, named, object_name, option

# A relation, how it is locked, and which table it is a part of if the script does not name it.
Found = Iterator[tuple[Name, Mode] | tuple[Name, Mode, Name]]
_Reader = Callable[[Any, Knowledge], Found]
_READERS: dict[str, _Reader] = {}


_QUERY = re.compile(r"\b(?:select|table)\b", re.IGNORECASE)


def locks(statement: Statement, knowledge: Knowledge) -> tuple[Lock, ...]:
    """Return the strongest lock that a statement takes on each relation, as they come."""
    reader = _READERS.get(statement.kind)
    if reader is None or statement.node is None:
        return ()
    if statement.kind == "insert_stmt" and not _QUERY.search(statement.text):
        # A dump is a hundred thousand of these: there is nothing else in them to look for.
        return (Lock(named(statement.node.insert_stmt.relation), Mode.ROW_EXCLUSIVE),)
    strongest: dict[tuple[str, str], Lock] = {}
    for name, mode, *whole in reader(getattr(statement.node, statement.kind), knowledge):
        if not name.name:
            continue
        held = strongest.get(name.key)
        if held is None or held.mode < mode:
            strongest[name.key] = Lock(name, mode, *whole)
    return tuple(strongest.values())


def _reads(*kinds: str) -> Callable[[_Reader], _Reader]:
    def register(reader: _Reader) -> _Reader:
        for kind in kinds:
            _READERS[kind] = reader
        return reader

    return register


def _parts(table: Name, mode: Mode, knowledge: Knowledge) -> Found:
    for one in knowledge.parts(table) or ():
        yield one, mode, table


def _with_parts(table: Name, mode: Mode, knowledge: Knowledge) -> Found:
    yield table, mode
    yield from _parts(table, mode, knowledge)


def _divided(table: Name, mode: Mode, knowledge: Knowledge) -> Found:
    """Lock a table with its partitions; what only inherits from it is left alone."""
    yield table, mode
    if knowledge.is_partitioned(table):
        yield from _parts(table, mode, knowledge)


def _with_default(table: Name, mode: Mode, knowledge: Knowledge) -> Found:
    """Lock a partitioned table whose partitions change: its default one is a neighbour of them."""
    yield table, mode
    if (other := knowledge.default_part(table)) is not None:
        yield other, Mode.ACCESS_EXCLUSIVE, table


_LIGHT = frozenset(
    {
        pb.AT_SetStatistics,
        pb.AT_SetOptions,
        pb.AT_ResetOptions,
        pb.AT_ClusterOn,
        pb.AT_DropCluster,
        pb.AT_ValidateConstraint,
        pb.AT_AttachPartition,
    }
)
_TRIGGERS = frozenset(
    {
        pb.AT_EnableTrig,
        pb.AT_EnableAlwaysTrig,
        pb.AT_EnableReplicaTrig,
        pb.AT_EnableTrigAll,
        pb.AT_EnableTrigUser,
        pb.AT_DisableTrig,
        pb.AT_DisableTrigAll,
        pb.AT_DisableTrigUser,
    }
)
_OPTIONS = frozenset({pb.AT_SetRelOptions, pb.AT_ResetRelOptions})
# Storage parameters that readers look at; the others only wait for each other.
_HEAVY_OPTIONS = frozenset({"user_catalog_table", "security_barrier", "check_option"})


@_reads("alter_table_stmt")
def _alter_table(node: Any, knowledge: Knowledge) -> Found:
    table = named(node.relation)
    if node.objtype == pb.OBJECT_INDEX:
        yield from _alter_index(node, knowledge)
        return
    commands = [one.alter_table_cmd for one in node.cmds]
    reaching = [one for one in commands if _is_for_parts(one, table, knowledge)]
    if node.relation.inh and reaching:
        # The parts are locked as the whole is, whatever is done to them.
        strongest = max(_mode(one) for one in commands)
        if all(_is_index_alone(one, knowledge) for one in reaching):
            strongest = Mode.SHARE
        yield from _parts(table, strongest, knowledge)
    for command in commands:
        yield table, _mode(command)
        yield from _further(table, command, knowledge)


def _alter_index(node: Any, knowledge: Knowledge) -> Found:
    index = named(node.relation)
    for one in node.cmds:
        command = one.alter_table_cmd
        yield index, _mode(command)
        if command.subtype == pb.AT_AttachPartition:
            for name in (index, named(_definition(command).partition_cmd.name)):
                if (table := knowledge.table_of_index(name)) is not None:
                    yield table, Mode.ACCESS_SHARE


def _definition(command: Any) -> Any:
    return getattr(command, "def")


def _mode(command: Any) -> Mode:
    kind = command.subtype
    if kind in _LIGHT:
        return Mode.SHARE_UPDATE_EXCLUSIVE
    if kind in _TRIGGERS:
        return Mode.SHARE_ROW_EXCLUSIVE
    if kind == pb.AT_AddConstraint and _is_foreign(_definition(command).constraint):
        return Mode.SHARE_ROW_EXCLUSIVE
    if kind == pb.AT_DetachPartition and _definition(command).partition_cmd.concurrent:
        return Mode.SHARE_UPDATE_EXCLUSIVE
    if kind in _OPTIONS and _is_light_option(command):
        return Mode.SHARE_UPDATE_EXCLUSIVE
    return Mode.ACCESS_EXCLUSIVE


_LAST_GENTLE = 15
_FOR_PARTS = frozenset(
    {
        pb.AT_AddColumn,
        pb.AT_DropColumn,
        pb.AT_AlterColumnType,
        pb.AT_ColumnDefault,
        pb.AT_SetNotNull,
        pb.AT_DropNotNull,
        pb.AT_SetStatistics,
        pb.AT_SetStorage,
        pb.AT_SetCompression,
        pb.AT_SetExpression,
        pb.AT_DropExpression,
        pb.AT_AddIdentity,
        pb.AT_SetIdentity,
        pb.AT_DropIdentity,
        pb.AT_AddConstraint,
        pb.AT_ValidateConstraint,
        pb.AT_DropConstraint,
    }
)


def _is_for_parts(command: Any, table: Name, knowledge: Knowledge) -> bool:
    """Say whether what is done to a table is done to its parts as well."""
    kind = command.subtype
    return kind in _FOR_PARTS or (kind in _TRIGGERS and knowledge.is_partitioned(table))


def _is_index_alone(command: Any, knowledge: Knowledge) -> bool:
    """Say whether the parts get no more than an index, as with UNIQUE up to version 15."""
    is_old = knowledge.version is not None and knowledge.version <= _LAST_GENTLE
    is_unique = _definition(command).constraint.contype == pb.CONSTR_UNIQUE
    return is_old and command.subtype == pb.AT_AddConstraint and is_unique


def _is_foreign(constraint: Any) -> bool:
    return bool(constraint.contype == pb.CONSTR_FOREIGN)


def _is_light_option(command: Any) -> bool:
    given = {one.def_elem.defname for one in _definition(command).list.items}
    return not given & _HEAVY_OPTIONS


_INHERITING = {
    pb.AT_AddInherit: Mode.SHARE_UPDATE_EXCLUSIVE,
    pb.AT_DropInherit: Mode.ACCESS_SHARE,
}
# What a foreign key's other table meets when the key goes, or is checked.
_OTHER_SIDE = {
    pb.AT_DropConstraint: Mode.ACCESS_EXCLUSIVE,
    pb.AT_ValidateConstraint: Mode.ROW_SHARE,
}


def _further(table: Name, command: Any, knowledge: Knowledge) -> Found:
    """Find the locks on other tables than the one that is altered."""
    kind, definition = command.subtype, _definition(command)
    if kind == pb.AT_AddConstraint and _is_foreign(definition.constraint):
        other = named(definition.constraint.pktable)
        yield from _with_parts(other, Mode.SHARE_ROW_EXCLUSIVE, knowledge)
    elif kind == pb.AT_AddColumn:
        for one in constraints(definition.column_def, pb.CONSTR_FOREIGN):
            yield from _with_parts(named(one.pktable), Mode.SHARE_ROW_EXCLUSIVE, knowledge)
    elif kind in _OTHER_SIDE:
        if (found := knowledge.other_side(table, command.name)) is not None:
            yield found, _OTHER_SIDE[kind]
            if kind == pb.AT_DropConstraint:
                yield from _parts(found, _OTHER_SIDE[kind], knowledge)
    elif kind in (pb.AT_AttachPartition, pb.AT_DetachPartition):
        # Detached concurrently, a partition is only marked; its own lock comes at the end.
        part = named(definition.partition_cmd.name)
        yield from _with_parts(part, Mode.ACCESS_EXCLUSIVE, knowledge)
        other_rows = knowledge.default_part(table)
        if other_rows is not None and not definition.partition_cmd.concurrent:
            yield other_rows, Mode.ACCESS_EXCLUSIVE, table
    elif kind in _INHERITING:
        yield named(definition.range_var), _INHERITING[kind]


@_reads("index_stmt")
def _index(node: Any, knowledge: Knowledge) -> Found:
    table = named(node.relation)
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if node.concurrent else Mode.SHARE
    if node.relation.inh:
        yield from _divided(table, mode, knowledge)
    else:
        yield table, mode


@_reads("drop_stmt")
def _drop(node: Any, knowledge: Knowledge) -> Found:
    kind = node.remove_type
    for one in node.objects:
        name = object_name(one)
        if kind == pb.OBJECT_INDEX:
            mode = Mode.SHARE_UPDATE_EXCLUSIVE if node.concurrent else Mode.ACCESS_EXCLUSIVE
            if (table := knowledge.table_of_index(name)) is not None:
                yield from _divided(table, mode, knowledge)
        elif kind in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
            yield from _drop_table(name, knowledge)
        elif kind in (pb.OBJECT_VIEW, pb.OBJECT_MATVIEW, pb.OBJECT_SEQUENCE):
            yield name, Mode.ACCESS_EXCLUSIVE
        elif kind == pb.OBJECT_TRIGGER:
            yield from _drop_trigger(one.list.items, knowledge)
        elif kind in (pb.OBJECT_POLICY, pb.OBJECT_RULE):
            yield dotted(one.list.items[:-1]), Mode.ACCESS_EXCLUSIVE


def _drop_table(name: Name, knowledge: Knowledge) -> Found:
    yield from _divided(name, Mode.ACCESS_EXCLUSIVE, knowledge)
    if (whole := knowledge.whole(name)) is not None:
        yield from _with_default(whole, Mode.ACCESS_EXCLUSIVE, knowledge)
    for other in knowledge.neighbours(name) or ():
        yield other, Mode.ACCESS_EXCLUSIVE


def _drop_trigger(words: Any, knowledge: Knowledge) -> Found:
    table = dotted(words[:-1])
    yield table, Mode.ACCESS_EXCLUSIVE
    # A trigger for statements has no copies.
    if knowledge.is_for_rows(table, dotted(words).name):
        yield from _divided(table, Mode.ACCESS_EXCLUSIVE, knowledge)


@_reads("create_stmt")
def _create_table(node: Any, knowledge: Knowledge) -> Found:
    own = named(node.relation)
    is_part = node.HasField("partbound")
    for one in node.inh_relations:
        if is_part:
            yield from _with_default(named(one.range_var), Mode.ACCESS_EXCLUSIVE, knowledge)
        else:
            yield named(one.range_var), Mode.SHARE_UPDATE_EXCLUSIVE
    for one in walk(node):
        if isinstance(one, pb.Constraint) and _is_foreign(one):
            other = named(one.pktable)
            if other.key != own.key:
                yield from _with_parts(other, Mode.SHARE_ROW_EXCLUSIVE, knowledge)
        elif isinstance(one, pb.TableLikeClause):
            yield named(one.relation), Mode.ACCESS_SHARE


@_reads("rename_stmt")
def _rename(node: Any, knowledge: Knowledge) -> Found:
    if not node.HasField("relation"):
        return
    kind = node.rename_type
    if kind == pb.OBJECT_INDEX:
        yield named(node.relation), Mode.SHARE_UPDATE_EXCLUSIVE
        return
    table = named(node.relation)
    yield table, Mode.ACCESS_EXCLUSIVE
    is_check = kind == pb.OBJECT_TABCONSTRAINT and knowledge.is_inherited(table, node.subname)
    if (kind == pb.OBJECT_COLUMN or is_check) and node.relation.inh:
        yield from _parts(table, Mode.ACCESS_EXCLUSIVE, knowledge)


@_reads("alter_object_schema_stmt", "refresh_mat_view_stmt", "cluster_stmt", "rule_stmt")
def _whole(node: Any, knowledge: Knowledge) -> Found:
    if node.HasField("relation"):
        is_gentle = isinstance(node, pb.RefreshMatViewStmt) and node.concurrent
        yield named(node.relation), Mode.EXCLUSIVE if is_gentle else Mode.ACCESS_EXCLUSIVE


@_reads("create_trig_stmt")
def _trigger(node: Any, knowledge: Knowledge) -> Found:
    table = named(node.relation)
    yield table, Mode.SHARE_ROW_EXCLUSIVE
    if node.row:
        yield from _divided(table, Mode.SHARE_ROW_EXCLUSIVE, knowledge)


@_reads("create_policy_stmt", "alter_policy_stmt")
def _policy(node: Any, knowledge: Knowledge) -> Found:
    yield named(node.table), Mode.ACCESS_EXCLUSIVE


@_reads("truncate_stmt")
def _truncate(node: Any, knowledge: Knowledge) -> Found:
    names = [named(one.range_var) for one in node.relations]
    met = referring(names, knowledge) if node.behavior == pb.DROP_CASCADE else []
    only = {named(one.range_var).key for one in node.relations if not one.range_var.inh}
    for name in (*names, *met):
        yield name, Mode.ACCESS_EXCLUSIVE
        if name.key not in only:
            yield from _parts(name, Mode.ACCESS_EXCLUSIVE, knowledge)


def referring(names: list[Name], knowledge: Knowledge) -> list[Name]:
    """Return the tables that refer to some, and those that refer to one of these, and so on."""
    seen = {one.key for one in names}
    ahead, found = list(names), list[Name]()
    while ahead:
        for one in knowledge.referrers(ahead.pop()) or ():
            if one.key not in seen:
                seen.add(one.key)
                found.append(one)
                ahead.append(one)
    return found


@_reads("lock_stmt")
def _lock(node: Any, knowledge: Knowledge) -> Found:
    mode = Mode(node.mode) if node.mode else Mode.ACCESS_EXCLUSIVE
    for one in node.relations:
        yield named(one.range_var), mode
        if one.range_var.inh:
            yield from _parts(named(one.range_var), mode, knowledge)


@_reads("vacuum_stmt")
def _vacuum(node: Any, knowledge: Knowledge) -> Found:
    is_full = node.is_vacuumcmd and option(node.options, "full")
    mode = Mode.ACCESS_EXCLUSIVE if is_full else Mode.SHARE_UPDATE_EXCLUSIVE
    for one in node.rels:
        yield from _divided(named(one.vacuum_relation.relation), mode, knowledge)


@_reads("reindex_stmt")
def _reindex(node: Any, knowledge: Knowledge) -> Found:
    gentle = option(node.params, "concurrently")
    mode = Mode.SHARE_UPDATE_EXCLUSIVE if gentle else Mode.SHARE
    if node.kind == pb.REINDEX_OBJECT_TABLE:
        yield named(node.relation), mode
    elif node.kind == pb.REINDEX_OBJECT_INDEX:
        if (table := knowledge.table_of_index(named(node.relation))) is not None:
            yield table, mode


@_reads("comment_stmt")
def _comment(node: Any, knowledge: Knowledge) -> Found:
    if node.objtype == pb.OBJECT_COLUMN:
        yield dotted(node.object.list.items[:-1]), Mode.SHARE_UPDATE_EXCLUSIVE
    elif node.objtype in (pb.OBJECT_TABLE, pb.OBJECT_VIEW, pb.OBJECT_MATVIEW):
        yield object_name(node.object), Mode.SHARE_UPDATE_EXCLUSIVE


@_reads("create_stats_stmt")
def _statistics(node: Any, knowledge: Knowledge) -> Found:
    for one in node.relations:
        yield named(one.range_var), Mode.SHARE_UPDATE_EXCLUSIVE


@_reads("alter_domain_stmt")
def _domain(node: Any, knowledge: Knowledge) -> Found:
    is_checked = node.subtype == "C" and not _definition(node).constraint.skip_validation
    if is_checked or node.subtype in ("O", "V"):
        for table in knowledge.tables_of_domain(dotted(node.type_name)) or ():
            yield table, Mode.SHARE


@_reads("insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "copy_stmt")
def _write(node: Any, knowledge: Knowledge) -> Found:
    is_read = isinstance(node, pb.CopyStmt) and not node.is_from
    if node.HasField("relation"):
        yield named(node.relation), Mode.ACCESS_SHARE if is_read else Mode.ROW_EXCLUSIVE
    yield from _read(node, knowledge)


@_reads("select_stmt", "create_table_as_stmt", "view_stmt")
def _read(node: Any, knowledge: Knowledge) -> Found:
    """Find the tables that a query reads; what its WITH names is none of them."""
    own: set[str] = set()
    met: list[Any] = []
    is_locking = False
    for one in walk(node):
        if isinstance(one, pb.RangeVar):
            met.append(one)
        elif isinstance(one, pb.CommonTableExpr):
            own.add(one.ctename)
        elif isinstance(one, pb.LockingClause):
            is_locking = True
    made = node.into.rel if isinstance(node, pb.CreateTableAsStmt) else None
    if isinstance(node, pb.ViewStmt):
        made = node.view
        if node.replace:
            yield named(made), Mode.ACCESS_EXCLUSIVE
    for one in met:
        if one.relname not in own and one is not made:
            yield named(one), Mode.ROW_SHARE if is_locking else Mode.ACCESS_SHARE
