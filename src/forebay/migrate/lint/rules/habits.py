"""Rules about habits: names, types and wording that cause trouble later. Most are opt-in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import Name, named, object_name, type_name, type_numbers
from forebay.migrate.lint.types import SERIALS

LONGEST_NAME = 63
_DEFINING = ("create_stmt", "alter_table_stmt")
_NAME = re.compile(r'"((?:[^"]|"")+)"|([A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)')
_BIG = {
    "int4": "bigint",
    "serial": "bigserial",
    "serial4": "bigserial",
    "int2": "bigint",
    "smallserial": "bigserial",
    "serial2": "bigserial",
}


def _columns(look: Look) -> Iterator[Any]:
    """Return the columns that a statement defines, or gives another type."""
    node = look.node
    if look.statement.kind == "create_stmt":
        for one in node.table_elts:
            if one.HasField("column_def"):
                yield one.column_def
        return
    if node.objtype != pb.OBJECT_TABLE:
        return
    for command, definition in look.commands(pb.AT_AddColumn, pb.AT_AlterColumnType):
        column = definition.column_def
        if not column.colname:
            named_so = pb.ColumnDef()
            named_so.CopyFrom(column)
            named_so.colname = command.name
            column = named_so
        yield column


def _place(column: Any) -> int:
    return int(column.type_name.location or column.location)


@rule(
    "FM404",
    "identifier-too-long",
    Severity.WARNING,
    "fails",
    Page(
        about="A name is longer than the 63 bytes that PostgreSQL keeps.",
        why="""PostgreSQL cuts it and says so in a notice that few read. Two names may become one,
and programs look for the name that was written.""",
        instead="Choose a shorter name, or one with @map and map:.",
        bad='CREATE TABLE "a_name_that_goes_on_and_on_and_on_until_nobody_remembers_where_it_began"'
        ' ("id" bigint);',
        good='CREATE TABLE "a_name" ("id" bigint);',
    ),
    kinds=(
        "create_stmt",
        "alter_table_stmt",
        "index_stmt",
        "rename_stmt",
        "create_enum_stmt",
        "view_stmt",
        "create_seq_stmt",
        "create_trig_stmt",
        "create_function_stmt",
        "create_schema_stmt",
        "create_domain_stmt",
        "create_role_stmt",
        "create_policy_stmt",
        "create_table_as_stmt",
        "composite_type_stmt",
        "alter_enum_stmt",
    ),
)
def identifier_too_long(look: Look) -> Iterator[Found]:
    """Find names that are cut; the tree holds them as they will be, so the text is looked at."""
    text = look.statement.text
    if len(text.encode()) <= LONGEST_NAME:
        return
    for found in _NAME.finditer(_without_texts(text)):
        name = found[1] or found[2]
        if len(name.replace('""', '"').encode()) > LONGEST_NAME:
            cut = name.encode()[:LONGEST_NAME].decode(errors="ignore")
            before = len(text[: found.start()].encode())
            yield Found(f"{name} becomes {cut}", look.statement.first_byte + before)


_TEXTS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$", re.DOTALL)


def _without_texts(text: str) -> str:
    """Return a statement with its texts and remarks blanked out."""
    return _TEXTS.sub(lambda found: " " * len(found[0]), text)


@rule(
    "FM405",
    "duplicate-column",
    Severity.ERROR,
    "fails",
    Page(
        about="A column is named twice where once is allowed.",
        why="PostgreSQL refuses the statement when it runs.",
        instead="Take one of them out.",
        bad='UPDATE "Reader" SET "city" = \'Rome\', "city" = \'Oslo\' WHERE "id" = 1;',
        good='UPDATE "Reader" SET "city" = \'Oslo\' WHERE "id" = 1;',
    ),
    kinds=(
        "create_stmt",
        "alter_table_stmt",
        "update_stmt",
        "view_stmt",
        "insert_stmt",
        "merge_stmt",
    ),
    aliases=("ban-duplicate-column-assignments",),
)
def duplicate_column(look: Look) -> Iterator[Found]:
    """Find columns that are defined, or assigned to, twice."""
    for names in _assigned(look):
        seen: set[str] = set()
        for name, at in names:
            if name in seen:
                yield Found(f"{name} is named twice", at)
            seen.add(name)


def _assigned(look: Look) -> Iterator[Iterator[tuple[str, int]]]:
    """Return the columns of each list of a statement that may name one only once."""
    node = look.node
    kind = look.statement.kind
    if kind in ("create_stmt", "alter_table_stmt"):
        added = [each for _, each in look.commands(pb.AT_AddColumn)] if kind[0] == "a" else ()
        elements = added or (node.table_elts if kind[0] == "c" else ())
        columns = [one.column_def for one in elements if one.HasField("column_def")]
        yield ((one.colname, one.location) for one in columns)
    elif kind == "view_stmt":
        yield ((one.string.sval, 0) for one in node.aliases)
    elif kind == "merge_stmt":
        for clause in node.merge_when_clauses:
            yield _targets(clause.merge_when_clause.target_list)
    elif kind == "insert_stmt":
        yield _targets(node.cols)
        yield _targets(node.on_conflict_clause.target_list)
    else:
        yield _targets(node.target_list)


def _targets(listed: Any) -> Iterator[tuple[str, int]]:
    for one in listed:
        # An element of an array, or a field, may be assigned to beside another.
        if not one.res_target.indirection:
            yield one.res_target.name, one.res_target.location


@rule(
    "FM406",
    "not-repeatable",
    Severity.NOTE,
    "habit",
    Page(
        about="A statement outside of a transaction fails if it is run again.",
        why="""When a script of several parts fails in the middle, what was done stays. The next try
fails on the first thing that is already there.""",
        instead="""IF EXISTS and IF NOT EXISTS, or one transaction around all of it. An index that
was not built to its end exists and is invalid: IF NOT EXISTS passes over it.""",
        bad='CREATE INDEX CONCURRENTLY "Customer_email_idx" ON "Customer" ("email");',
        good='CREATE INDEX CONCURRENTLY IF NOT EXISTS "Customer_email_idx"'
        ' ON "Customer" ("email");',
    ),
    kinds=(
        "create_stmt",
        "alter_table_stmt",
        "index_stmt",
        "drop_stmt",
        "create_schema_stmt",
        "create_seq_stmt",
        "create_extension_stmt",
        "alter_enum_stmt",
    ),
    aliases=("prefer-robust-stmts",),
    is_opt_in=True,
)
def not_repeatable(look: Look) -> Iterator[Found]:
    """Find statements that cannot be run twice, where no transaction undoes them."""
    node = look.node
    if look.place.transaction is not None or _is_repeatable(look, node):
        return
    yield Found("this fails if it is run again after what comes behind it has failed")


def _is_repeatable(look: Look, node: Any) -> bool:
    kind = look.statement.kind
    if kind == "alter_enum_stmt":
        return bool(node.old_val or node.skip_if_new_val_exists)
    if kind not in ("drop_stmt", "alter_table_stmt"):
        return bool(node.if_not_exists)
    if kind == "drop_stmt":
        return bool(node.missing_ok)
    once = (pb.AT_AddColumn, pb.AT_DropColumn, pb.AT_DropConstraint, pb.AT_AddConstraint)
    return all(
        command.missing_ok or _was_dropped(look, command, definition)
        for command, definition in look.commands(*once)
    )


def _was_dropped(look: Look, command: Any, definition: Any) -> bool:
    """Say whether a constraint that is added was dropped with IF EXISTS before."""
    if command.subtype != pb.AT_AddConstraint:
        return False
    wanted = definition.constraint.conname
    for statement in look.of_tables.get(look.table.key, ()):
        if statement.kind != "alter_table_stmt" or statement.start > look.statement.start:
            continue
        for one in statement.node.alter_table_stmt.cmds if statement.node is not None else ():
            other = one.alter_table_cmd
            if other.subtype == pb.AT_DropConstraint and other.name == wanted and other.missing_ok:
                return True
    return False


@rule(
    "FM501",
    "char-column",
    Severity.NOTE,
    "habit",
    Page(
        about="A column is of type char.",
        why="""char(n) fills its values up with spaces, takes more room than text, is no faster, and
compares in ways that surprise.""",
        instead="text, or varchar if a limit is meant.",
        bad='CREATE TABLE "Reader" ("name" char(100));',
        good='CREATE TABLE "Reader" ("name" text);',
    ),
    kinds=_DEFINING,
    aliases=("ban-char-field",),
)
def char_column(look: Look) -> Iterator[Found]:
    """Find columns of type char."""
    for column in _columns(look):
        if type_name(column.type_name) in ("bpchar", "char") and type_numbers(column.type_name):
            yield Found(f"{column.colname} is filled up with spaces", _place(column))


@rule(
    "FM502",
    "varchar-column",
    Severity.NOTE,
    "habit",
    Page(
        about="A column is a varchar with a limit.",
        why="A limit that is lowered later has the table read, or written anew, under a lock.",
        instead="text, with a check of its length, which can be changed beside the traffic.",
        bad='CREATE TABLE "Reader" ("email" varchar(100));',
        good='CREATE TABLE "Reader" ("email" text);',
    ),
    kinds=_DEFINING,
    aliases=("prefer-text-field",),
    is_opt_in=True,
)
def varchar_column(look: Look) -> Iterator[Found]:
    """Find columns with a limit on their length."""
    for column in _columns(look):
        if type_name(column.type_name) == "varchar" and type_numbers(column.type_name):
            yield Found(f"the limit of {column.colname} is hard to change", _place(column))


@rule(
    "FM503",
    "timestamp-without-time-zone",
    Severity.NOTE,
    "habit",
    Page(
        about="A column is a timestamp without a time zone.",
        why="""PostgreSQL forgets the offset of what is written: two moments that are hours apart
become the same value.""",
        instead="timestamptz; in a schema @db.Timestamptz.",
        bad='CREATE TABLE "Visit" ("at" timestamp(3));',
        good='CREATE TABLE "Visit" ("at" timestamptz(3));',
    ),
    kinds=_DEFINING,
    aliases=("prefer-timestamptz",),
    is_opt_in=True,
)
def timestamp_without_time_zone(look: Look) -> Iterator[Found]:
    """Find timestamps without a time zone."""
    for column in _columns(look):
        if type_name(column.type_name) == "timestamp":
            yield Found(f"{column.colname} forgets the offset of what is written", _place(column))


def _narrow(look: Look, kinds: tuple[str, ...], most: str) -> Iterator[Found]:
    for column in _columns(look):
        name = type_name(column.type_name)
        if name in kinds:
            yield Found(f"{column.colname} ends at {most}: {_BIG[name]} does not", _place(column))


@rule(
    "FM504",
    "integer-column",
    Severity.NOTE,
    "habit",
    Page(
        about="A column is an integer of 32 bits.",
        why="It ends at 2,147,483,647, and its type can then only be changed under a long lock.",
        instead="bigint; in a schema BigInt.",
        bad='CREATE TABLE "Post" ("id" serial PRIMARY KEY);',
        good='CREATE TABLE "Post" ("id" bigserial PRIMARY KEY);',
    ),
    kinds=_DEFINING,
    aliases=("prefer-bigint-over-int",),
    is_opt_in=True,
)
def integer_column(look: Look) -> Iterator[Found]:
    """Find columns of 32 bits."""
    yield from _narrow(look, ("int4", "serial", "serial4"), "2,147,483,647")


@rule(
    "FM505",
    "smallint-column",
    Severity.NOTE,
    "habit",
    Page(
        about="A column is an integer of 16 bits.",
        why="It ends at 32,767, and its type can then only be changed under a long lock.",
        instead="bigint; in a schema BigInt.",
        bad='CREATE TABLE "Post" ("id" smallserial PRIMARY KEY);',
        good='CREATE TABLE "Post" ("id" bigserial PRIMARY KEY);',
    ),
    kinds=_DEFINING,
    aliases=("prefer-bigint-over-smallint",),
    is_opt_in=True,
)
def smallint_column(look: Look) -> Iterator[Found]:
    """Find columns of 16 bits."""
    yield from _narrow(look, ("int2", "smallserial", "serial2"), "32,767")


@rule(
    "FM506",
    "serial-column",
    Severity.NOTE,
    "habit",
    Page(
        about="A column is a serial.",
        why="""A serial's sequence has rights and an owner of its own, which have to be given and
moved apart from the table's.""",
        instead="GENERATED BY DEFAULT AS IDENTITY, which is the standard's.",
        bad='CREATE TABLE "Post" ("id" bigserial PRIMARY KEY);',
        good='CREATE TABLE "Post" ("id" bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);',
    ),
    kinds=_DEFINING,
    aliases=("prefer-identity",),
    is_opt_in=True,
)
def serial_column(look: Look) -> Iterator[Found]:
    """Find serials."""
    for column in _columns(look):
        if type_name(column.type_name) in SERIALS:
            yield Found(f"{column.colname} has a sequence with rights of its own", _place(column))


@rule(
    "FM507",
    "no-schema-in-name",
    Severity.NOTE,
    "habit",
    Page(
        about="A table is named without its schema.",
        why="Which table is meant depends on the search_path of whoever runs the script.",
        instead="Write the schema in front; for Prisma's own scripts the URL's schema decides.",
        bad='CREATE TABLE "Post" ("id" bigint);',
        good='CREATE TABLE "public"."Post" ("id" bigint);',
    ),
    kinds=(
        "create_stmt",
        "alter_table_stmt",
        "create_table_as_stmt",
        "drop_stmt",
        "index_stmt",
        "rename_stmt",
        "truncate_stmt",
        "view_stmt",
    ),
    aliases=("require-table-schema",),
    is_opt_in=True,
)
def no_schema_in_name(look: Look) -> Iterator[Found]:
    """Find tables whose schema is left to the search path."""
    for name, at in _mentioned(look):
        if not name.schema and name.name:
            yield Found(f"which {name} is meant depends on the search_path", at)


def _mentioned(look: Look) -> Iterator[tuple[Name, int]]:
    node, kind = look.node, look.statement.kind
    if kind == "drop_stmt":
        if node.remove_type == pb.OBJECT_TABLE:
            for one in node.objects:
                yield object_name(one), 0
        return
    if kind == "truncate_stmt":
        for one in node.relations:
            yield named(one.range_var), one.range_var.location
        return
    if kind == "create_table_as_stmt":
        relation = node.into.rel
    else:
        relation = node.view if kind == "view_stmt" else node.relation
    if relation.relpersistence != "t":
        yield named(relation), relation.location
