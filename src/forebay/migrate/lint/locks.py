"""Which lock each statement takes on which relation, and what that lock blocks.

Modes are PostgreSQL's, in the order of their strength as the rules use it. A relation that the
script does not name is found through who knows it: the script's own story, or the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.parse import Statement, walk
from forebay.migrate.lint.tree import Name, constraints, dotted, named, object_name, option


class Mode(IntEnum):
    """A lock's mode, by PostgreSQL's own numbers."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def sql(self) -> str:
        """The name in PostgreSQL's manual."""
        return self.name.replace("_", " ")

    @property
    def in_catalog(self) -> str:
        """The name in pg_locks."""
        return self.name.title().replace("_", "") + "Lock"

    @property
    def blocks(self) -> str:
        """What others must wait with."""
        if self is Mode.ACCESS_EXCLUSIVE:
            return "reads and writes"
        if self >= Mode.SHARE:
            return "writes"
        return "no reads or writes"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on a table, a view or a sequence."""

    relation: Name
    mode: Mode

    def __str__(self) -> str:
        return f"{self.mode.sql} on {self.relation}: blocks {self.mode.blocks}"


class Knowledge(Protocol):
    """Who knows relations that a statement does not name."""

    def table_of_index(self, name: Name) -> Name | None:
        """Return the table that an index belongs to."""

    def neighbours(self, name: Name) -> list[Name] | None:
        """Return the tables at the other ends of a table's foreign keys."""

    def referrers(self, name: Name) -> list[Name] | None:
        """Return the tables that refer to a table."""

    def other_side(self, name: Name, constraint: str) -> Name | None:
        """Return the table that a foreign key of a table refers to."""

    def tables_of_domain(self, name: Name) -> list[Name] | None:
        """Return the tables with a column of a domain."""


Found = Iterator[tuple[Name, Mode]]
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
    for name, mode in reader(getattr(statement.node, statement.kind), knowledge):
        if not name.name:
            continue
        held = strongest.get(name.key)
        if held is None or held.mode < mode:
            strongest[name.key] = Lock(name, mode)
    return tuple(strongest.values())


def _reads(*kinds: str) -> Callable[[_Reader], _Reader]:
    def register(reader: _Reader) -> _Reader:
        for kind in kinds:
            _READERS[kind] = reader
        return reader

    return register


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
    for one in node.cmds:
        command = one.alter_table_cmd
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


def _is_foreign(constraint: Any) -> bool:
    return bool(constraint.contype == pb.CONSTR_FOREIGN)


def _is_light_option(command: Any) -> bool:
    given = {one.def_elem.defname for one in _definition(command).list.items}
    return not given & _HEAVY_OPTIONS


# What a foreign key's other table meets when the key goes, or is checked.
_OTHER_SIDE = {
    pb.AT_DropConstraint: Mode.ACCESS_EXCLUSIVE,
    pb.AT_ValidateConstraint: Mode.ROW_SHARE,
}


def _further(table: Name, command: Any, knowledge: Knowledge) -> Found:
    """Find the locks on other tables than the one that is altered."""
    kind, definition = command.subtype, _definition(command)
    if kind == pb.AT_AddConstraint and _is_foreign(definition.constraint):
        yield named(definition.constraint.pktable), Mode.SHARE_ROW_EXCLUSIVE
    elif kind == pb.AT_AddColumn:
        for one in constraints(definition.column_def, pb.CONSTR_FOREIGN):
            yield named(one.pktable), Mode.SHARE_ROW_EXCLUSIVE
    elif kind in _OTHER_SIDE:
        if (other := knowledge.other_side(table, command.name)) is not None:
            yield other, _OTHER_SIDE[kind]
    elif kind in (pb.AT_AttachPartition, pb.AT_DetachPartition):
        # Detached concurrently, a partition is only marked; its own lock comes at the end.
        yield named(definition.partition_cmd.name), Mode.ACCESS_EXCLUSIVE
    elif kind in (pb.AT_AddInherit, pb.AT_DropInherit):
        yield named(definition.range_var), Mode.SHARE_UPDATE_EXCLUSIVE


@_reads("index_stmt")
def _index(node: Any, knowledge: Knowledge) -> Found:
    yield named(node.relation), Mode.SHARE_UPDATE_EXCLUSIVE if node.concurrent else Mode.SHARE


@_reads("drop_stmt")
def _drop(node: Any, knowledge: Knowledge) -> Found:
    kind = node.remove_type
    for one in node.objects:
        name = object_name(one)
        if kind == pb.OBJECT_INDEX:
            mode = Mode.SHARE_UPDATE_EXCLUSIVE if node.concurrent else Mode.ACCESS_EXCLUSIVE
            if (table := knowledge.table_of_index(name)) is not None:
                yield table, mode
        elif kind in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
            yield name, Mode.ACCESS_EXCLUSIVE
            for other in knowledge.neighbours(name) or ():
                yield other, Mode.ACCESS_EXCLUSIVE
        elif kind in (pb.OBJECT_VIEW, pb.OBJECT_MATVIEW, pb.OBJECT_SEQUENCE):
            yield name, Mode.ACCESS_EXCLUSIVE
        elif kind in (pb.OBJECT_TRIGGER, pb.OBJECT_POLICY, pb.OBJECT_RULE):
            yield dotted(one.list.items[:-1]), Mode.ACCESS_EXCLUSIVE


@_reads("create_stmt")
def _create_table(node: Any, knowledge: Knowledge) -> Found:
    own = named(node.relation)
    is_part = node.HasField("partbound")
    for one in node.inh_relations:
        mode = Mode.ACCESS_EXCLUSIVE if is_part else Mode.SHARE_UPDATE_EXCLUSIVE
        yield named(one.range_var), mode
    for one in walk(node):
        if isinstance(one, pb.Constraint) and _is_foreign(one):
            other = named(one.pktable)
            if other.key != own.key:
                yield other, Mode.SHARE_ROW_EXCLUSIVE
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
    yield named(node.relation), Mode.ACCESS_EXCLUSIVE


@_reads("alter_object_schema_stmt", "refresh_mat_view_stmt", "cluster_stmt", "rule_stmt")
def _whole(node: Any, knowledge: Knowledge) -> Found:
    if node.HasField("relation"):
        is_gentle = isinstance(node, pb.RefreshMatViewStmt) and node.concurrent
        yield named(node.relation), Mode.EXCLUSIVE if is_gentle else Mode.ACCESS_EXCLUSIVE


@_reads("create_trig_stmt")
def _trigger(node: Any, knowledge: Knowledge) -> Found:
    yield named(node.relation), Mode.SHARE_ROW_EXCLUSIVE


@_reads("create_policy_stmt", "alter_policy_stmt")
def _policy(node: Any, knowledge: Knowledge) -> Found:
    yield named(node.table), Mode.ACCESS_EXCLUSIVE


@_reads("truncate_stmt")
def _truncate(node: Any, knowledge: Knowledge) -> Found:
    names = [named(one.range_var) for one in node.relations]
    met = referring(names, knowledge) if node.behavior == pb.DROP_CASCADE else []
    for name in (*names, *met):
        yield name, Mode.ACCESS_EXCLUSIVE


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
    for one in node.relations:
        yield named(one.range_var), Mode(node.mode) if node.mode else Mode.ACCESS_EXCLUSIVE


@_reads("vacuum_stmt")
def _vacuum(node: Any, knowledge: Knowledge) -> Found:
    is_full = node.is_vacuumcmd and option(node.options, "full")
    mode = Mode.ACCESS_EXCLUSIVE if is_full else Mode.SHARE_UPDATE_EXCLUSIVE
    for one in node.rels:
        yield named(one.vacuum_relation.relation), mode


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
