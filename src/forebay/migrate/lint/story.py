"""What a script has done so far: what it made, what it holds, what it has set.

A table that a script made is nobody's to wait for. Several scripts that run one after the other on
a database that has seen none of them tell one story.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.modes import Lock
from forebay.migrate.lint.parse import Statement
from forebay.migrate.lint.transactions import Place
from forebay.migrate.lint.tree import (
    Name,
    constant_of,
    constraints,
    dotted,
    is_looked_up,
    key_names,
    named,
    not_null_columns,
    object_name,
    strings,
)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Check:
    """A constraint that the script added: what it says is not null, and when it was added."""

    columns: frozenset[str]
    transaction: int | None
    is_valid: bool


@dataclass
class Story:
    """The state of a script between two statements."""

    facts: Facts = field(default_factory=Facts)
    made: set[Key] = field(default_factory=set)
    columns: set[tuple[Key, str]] = field(default_factory=set)
    types: dict[tuple[Key, str], str] = field(default_factory=dict)
    checks: dict[tuple[Key, str], Check] = field(default_factory=dict)
    foreign: dict[tuple[Key, str], Name] = field(default_factory=dict)
    indexes: dict[Key, Name] = field(default_factory=dict)
    # Constraints that the script dropped, and the columns that its indexes begin with.
    dropped: set[tuple[Key, str]] = field(default_factory=set)
    leading: dict[Key, list[list[str]]] = field(default_factory=dict)
    schemas: set[str] = field(default_factory=set)
    values: dict[tuple[Key, str], int | None] = field(default_factory=dict)
    kinds: set[Key] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    # Settings that end with the transaction.
    local: set[str] = field(default_factory=set)
    held: dict[int, dict[Key, Lock]] = field(default_factory=dict)
    # Partitions that the script attached or made, each with its table, and those it detached.
    attached: dict[Key, tuple[Name, Name]] = field(default_factory=dict)
    detached: set[Key] = field(default_factory=set)
    # Tables that the script made to be divided.
    divided: set[Key] = field(default_factory=set)

    def begin(self, *, is_continued: bool) -> None:
        """Go on to another script; ``is_continued`` says that it runs right behind the last one."""
        for waits in (self.held, self.settings, self.values, self.columns, self.local):
            waits.clear()
        if not is_continued:
            self.made.clear()
            self.kinds.clear()
            self.schemas.clear()
            self.attached.clear()
            self.detached.clear()
            self.divided.clear()
        for key, one in self.checks.items():
            self.checks[key] = Check(one.columns, None, one.is_valid)

    def is_new(self, name: Name) -> bool:
        """Say whether the script made a table, or the database has none of its name."""
        return name.key in self.made

    def table_of_index(self, name: Name) -> Name | None:
        """Return the table that an index belongs to."""
        return self.indexes.get(name.key) or self.facts.table_of_index(name)

    def neighbours(self, name: Name) -> list[Name] | None:
        """Return the tables at the other ends of a table's foreign keys."""
        own = [other for (key, _), other in self.foreign.items() if key == name.key]
        theirs = [Name(*key) for (key, _), other in self.foreign.items() if other.key == name.key]
        return [*own, *theirs, *(self.facts.neighbours(name) or ())]

    def referrers(self, name: Name) -> list[Name] | None:
        """Return the tables that refer to a table."""
        theirs = [Name(*key) for (key, _), other in self.foreign.items() if other.key == name.key]
        return [*theirs, *(self.facts.referrers(name) or ())]

    def other_side(self, name: Name, constraint: str) -> Name | None:
        """Return the table that a foreign key of a table refers to."""
        known = self.foreign.get((name.key, constraint))
        return known or self.facts.other_side(name, constraint)

    def tables_of_domain(self, name: Name) -> list[Name] | None:
        """Return the tables with a column of a domain."""
        return self.facts.tables_of_domain(name)

    def parts(self, name: Name) -> list[Name] | None:
        """Return the partitions of a table, and the tables that inherit from it, of all depths."""
        found = [one for one in self.facts.parts(name) or () if one.key not in self.detached]
        ahead = {name.key, *(one.key for one in found)}
        for part, whole in self.attached.values():
            if whole.key in ahead and part.key not in ahead:
                ahead.add(part.key)
                found += [part, *(self.facts.parts(part) or ())]
        return found

    def is_partitioned(self, name: Name) -> bool:
        """Say whether a table is divided into partitions."""
        return name.key in self.divided or self.facts.is_partitioned(name)

    def whole(self, name: Name) -> Name | None:
        """Return the table that a table is a partition of."""
        if name.key in self.attached:
            return self.attached[name.key][1]
        return None if name.key in self.detached else self.facts.whole(name)

    def default_part(self, name: Name) -> Name | None:
        """Return the partition for the rows that no other one takes."""
        found = self.facts.default_part(name)
        return None if found is None or found.key in self.detached else found

    def is_inherited(self, table: Name, constraint: str) -> bool:
        """Say whether a constraint is one that partitions have under the same name."""
        own = self.checks.get((table.key, constraint))
        is_check = own is not None and (table.key, constraint) not in self.foreign
        return is_check or self.facts.is_inherited(table, constraint)

    @property
    def version(self) -> int | None:
        """The major version of the server, where it is known."""
        return self.facts.version

    def is_for_rows(self, table: Name, trigger: str) -> bool:
        """Say whether a trigger is one for each row."""
        return self.facts.is_for_rows(table, trigger)

    def is_proved(self, table: Name, column: str, gone: frozenset[str] = frozenset()) -> bool:
        """Say whether a validated check says that a column is not null; ``gone`` are dropped."""
        own = [
            check.is_valid
            for (key, name), check in self.checks.items()
            if key == table.key and column in check.columns and name not in gone
        ]
        known = set(self.facts.proofs(table, column) or ()) - gone
        return any(own) or any((table.key, name) not in self.dropped for name in known)

    def column_type(self, table: Name, column: str) -> str | None:
        """Return the type of a column, as it was written or as the database writes it."""
        return self.types.get((table.key, column)) or self.facts.column_type(table, column)

    @property
    def is_utc(self) -> bool:
        """Whether the session's time zone is UTC, by the script's word or the database's."""
        zone = self.settings.get("timezone") or self.facts.time_zone or ""
        return zone.upper() in ("UTC", "ETC/UTC", "GMT", "ETC/GMT")

    def attach(self, part: Name, whole: Name) -> None:
        """Take a table as a partition of another."""
        self.detached.discard(part.key)
        self.attached[part.key] = (part, whole)

    def detach(self, part: Name) -> None:
        """Take a table as a partition no more."""
        self.attached.pop(part.key, None)
        self.detached.add(part.key)

    def take(self, statement: Statement, place: Place, locks: Sequence[Lock]) -> None:
        """Go on behind a statement."""
        if place.transaction is not None:
            held = self.held.setdefault(place.transaction, {})
            for lock in locks:
                before = held.get(lock.relation.key)
                if before is None or before.mode < lock.mode:
                    held[lock.relation.key] = lock
        taker = _TAKERS.get(statement.kind)
        if taker is not None and statement.node is not None:
            taker(self, getattr(statement.node, statement.kind), place)


_Taker = Callable[[Story, Any, Place], None]
_TAKERS: dict[str, _Taker] = {}


def _takes(kind: str) -> Callable[[_Taker], _Taker]:
    def register(taker: _Taker) -> _Taker:
        _TAKERS[kind] = taker
        return taker

    return register


@_takes("create_stmt")
def _create_table(story: Story, node: Any, place: Place) -> None:
    name = named(node.relation)
    # IF NOT EXISTS makes nothing where the database has it already.
    if not (node.if_not_exists and story.facts.exists(name)):
        story.made.add(name.key)
    if node.HasField("partspec"):
        story.divided.add(name.key)
    if node.HasField("partbound"):
        story.attach(name, named(node.inh_relations[0].range_var))
    for one in node.table_elts:
        if one.HasField("column_def"):
            _column(story, name, one.column_def)
        elif one.HasField("constraint"):
            _constraint(story, name, one.constraint, place)


def _column(story: Story, table: Name, column: Any) -> None:
    from forebay.migrate.lint.types import written

    if constraints(column, pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE):
        story.leading.setdefault(table.key, []).append([column.colname])
    story.columns.add((table.key, column.colname))
    story.types[table.key, column.colname] = written(column.type_name)
    for one in constraints(column, pb.CONSTR_FOREIGN):
        usual = f"{table.name}_{column.colname}_fkey"
        story.foreign[table.key, one.conname or usual] = named(one.pktable)


def _constraint(story: Story, table: Name, one: Any, place: Place) -> None:
    if one.contype in (pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE) and key_names(one):
        story.leading.setdefault(table.key, []).append(key_names(one))
    if one.contype == pb.CONSTR_FOREIGN:
        usual = f"{table.name}_{'_'.join(strings(one.fk_attrs))}_fkey"
        story.foreign[table.key, one.conname or usual] = named(one.pktable)
    if one.contype in (pb.CONSTR_CHECK, pb.CONSTR_FOREIGN, pb.CONSTR_NOTNULL) and one.conname:
        columns = not_null_columns(one) if one.contype == pb.CONSTR_CHECK else frozenset()
        if one.contype == pb.CONSTR_NOTNULL:
            columns = frozenset(key_names(one))
        valid = not one.skip_validation
        story.checks[table.key, one.conname] = Check(columns, place.transaction, valid)
        story.dropped.discard((table.key, one.conname))


@_takes("create_table_as_stmt")
def _create_table_as(story: Story, node: Any, place: Place) -> None:
    story.made.add(named(node.into.rel).key)


@_takes("alter_table_stmt")
def _alter_table(story: Story, node: Any, place: Place) -> None:
    table = named(node.relation)
    for one in node.cmds:
        command = one.alter_table_cmd
        definition = getattr(command, "def")
        kind = command.subtype
        if kind == pb.AT_AddColumn:
            _column(story, table, definition.column_def)
        elif kind == pb.AT_AddConstraint:
            _constraint(story, table, definition.constraint, place)
        elif kind == pb.AT_ValidateConstraint:
            known = story.checks.get((table.key, command.name))
            if known is not None:
                proved = Check(known.columns, known.transaction, True)
                story.checks[table.key, command.name] = proved
        elif kind == pb.AT_DropConstraint:
            story.checks.pop((table.key, command.name), None)
            story.dropped.add((table.key, command.name))
            story.foreign.pop((table.key, command.name), None)
        elif kind == pb.AT_AttachPartition:
            story.attach(named(definition.partition_cmd.name), table)
        elif kind == pb.AT_DetachPartition:
            story.detach(named(definition.partition_cmd.name))
        elif kind == pb.AT_AlterColumnType:
            _retyped(story, table, command.name, definition)


def _retyped(story: Story, table: Name, column: str, definition: Any) -> None:
    from forebay.migrate.lint.types import written

    story.types[table.key, column] = written(definition.column_def.type_name)


@_takes("index_stmt")
def _create_index(story: Story, node: Any, place: Place) -> None:
    if node.idxname:
        # An index is made in its table's schema.
        story.indexes[Name(node.relation.schemaname, node.idxname).key] = named(node.relation)
    if is_looked_up(node):
        columns = [one.index_elem.name for one in node.index_params]
        story.leading.setdefault(named(node.relation).key, []).append(columns)


@_takes("drop_stmt")
def _drop(story: Story, node: Any, place: Place) -> None:
    if node.remove_type != pb.OBJECT_TABLE:
        return
    for one in node.objects:
        key = object_name(one).key
        story.made.discard(key)
        story.detach(object_name(one))
        gone = {pair for pair, other in story.foreign.items() if key in (pair[0], other.key)}
        for pair in gone:
            del story.foreign[pair]


@_takes("rename_stmt")
def _rename(story: Story, node: Any, place: Place) -> None:
    if node.rename_type == pb.OBJECT_COLUMN:
        _rename_column(story, named(node.relation).key, node.subname, node.newname)
    if node.rename_type != pb.OBJECT_TABLE:
        return
    old = named(node.relation)
    if old.key in story.made:
        story.made.discard(old.key)
        story.made.add(Name(old.schema, node.newname).key)


def _rename_column(story: Story, table: Key, old: str, new: str) -> None:
    """Have what is known of a column be known of its new name."""
    for key, one in story.checks.items():
        if key[0] == table and old in one.columns:
            story.checks[key] = replace(one, columns=one.columns - {old} | {new})
    if (kind := story.types.pop((table, old), None)) is not None:
        story.types[table, new] = kind
    if (table, old) in story.columns:
        story.columns.remove((table, old))
        story.columns.add((table, new))


@_takes("create_schema_stmt")
def _create_schema(story: Story, node: Any, place: Place) -> None:
    if not node.if_not_exists:
        story.schemas.add(node.schemaname)


@_takes("create_domain_stmt")
def _create_domain(story: Story, node: Any, place: Place) -> None:
    story.kinds.add(dotted(node.domainname).key)


@_takes("create_enum_stmt")
def _create_enum(story: Story, node: Any, place: Place) -> None:
    story.kinds.add(dotted(node.type_name).key)


@_takes("alter_enum_stmt")
def _alter_enum(story: Story, node: Any, place: Place) -> None:
    name = dotted(node.type_name)
    if not node.old_val and name.key not in story.kinds:
        story.values[name.key, node.new_val] = place.transaction


@_takes("variable_set_stmt")
def _set(story: Story, node: Any, place: Place) -> None:
    name = node.name.lower()
    if node.kind == pb.VAR_SET_VALUE:
        value = constant_of(node.args[0].a_const) if node.args else ""
        story.settings[name] = value
        if node.is_local:
            story.local.add(name)
    elif node.kind in (pb.VAR_RESET, pb.VAR_SET_DEFAULT):
        story.settings.pop(name, None)
    elif node.kind == pb.VAR_RESET_ALL:
        story.settings.clear()


@_takes("transaction_stmt")
def _end(story: Story, node: Any, place: Place) -> None:
    """Forget what was set for as long as the transaction lasts."""
    if node.kind in (pb.TRANS_STMT_COMMIT, pb.TRANS_STMT_ROLLBACK, pb.TRANS_STMT_PREPARE):
        for name in story.local:
            story.settings.pop(name, None)
        story.local.clear()


@_takes("select_stmt")
def _select(story: Story, node: Any, place: Place) -> None:
    """Take notice of set_config, which is SET with another spelling, and of SELECT INTO."""
    if node.HasField("into_clause"):
        story.made.add(named(node.into_clause.rel).key)
    for one in node.target_list:
        call = one.res_target.val.func_call
        if dotted(call.funcname).name == "set_config" and len(call.args) > 1:
            value = constant_of(call.args[1].a_const)
            story.settings[call.args[0].a_const.sval.sval.lower()] = value
