"""Rules about what is lost: columns, tables, rows, databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.locks import referring
from forebay.migrate.lint.parse import walk
from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import Name, dotted, named, object_name
from forebay.migrate.render import quoted

_EXTENSION = pb.OBJECT_EXTENSION
_OF_COLUMNS = (pb.OBJECT_TYPE, pb.OBJECT_DOMAIN, _EXTENSION)
_LATER = "-- once no program names {what} any more, in a migration of its own:\n{sql}"


def _rows(look: Look, table: Name) -> str:
    size = look.facts.size(table)
    if size is None:
        return ""
    about = "" if size.is_counted else "about "
    return f"{about}{size.rows:,} row{'' if size.rows == 1 else 's'}"


@rule(
    "FM201",
    "dropping-column",
    Severity.WARNING,
    "data",
    Page(
        about="A column is dropped.",
        why="""What it holds is gone. Programs that still name it fail from that moment on: a client
that reads whole records names every column it was made for.""",
        instead="""First deploy programs that no longer name the column: take it out of the schema,
or mark it with @ignore. Make it optional if it is required. Drop it in a later migration.""",
        bad='ALTER TABLE "Reader" DROP COLUMN "nickname";',
        good='ALTER TABLE "Reader" ALTER COLUMN "nickname" DROP DEFAULT;',
    ),
    kinds=("alter_table_stmt", "drop_stmt"),
    aliases=("ban-drop-column", "removing-column"),
)
def dropping_column(look: Look) -> Iterator[Found]:
    """Find columns that are dropped; one that the script itself added is nobody's."""
    if look.statement.kind == "drop_stmt":
        yield from _columns_of_kinds(look)
        return
    if look.node.objtype != pb.OBJECT_TABLE or look.is_new:
        return
    for command, _ in look.commands(pb.AT_DropColumn):
        if (look.table.key, command.name) in look.story.columns:
            continue
        values = look.facts.values(look.table, command.name)
        note = ""
        if values is not None:
            count = f"{values:,} value{'' if values == 1 else 's'}"
            note = f"{count} would be lost" if values else "no row has a value in it"
        elif rows := _rows(look, look.table):
            note = f"what {rows} hold in it would be lost"
        drop = f"ALTER TABLE {look.table.sql} DROP COLUMN {quoted(command.name)};"
        yield Found(
            f"what {look.table}.{command.name} holds is lost, and programs that name it fail",
            fix=[_LATER.format(what=f"{look.table}.{command.name}", sql=drop)],
            note=note,
        )


def _columns_of_kinds(look: Look) -> Iterator[Found]:
    """Find types that are dropped with the columns that are of them."""
    node = look.node
    if node.remove_type not in _OF_COLUMNS or node.behavior != pb.DROP_CASCADE:
        return
    for one in node.objects:
        name = _kind_name(one)
        if name.key in look.story.kinds:
            continue
        what = f"the extension {name.name}'s types" if node.remove_type == _EXTENSION else str(name)
        yield Found(
            f"CASCADE drops every column of {what}, with what it holds, and programs that name one"
            " fail"
        )


def _kind_name(one: Any) -> Name:
    return dotted(one.type_name.names) if one.HasField("type_name") else object_name(one)


@rule(
    "FM202",
    "dropping-table",
    Severity.WARNING,
    "data",
    Page(
        about="A table is dropped.",
        why="Its rows are gone, and programs that still name it fail from that moment on.",
        instead="""First deploy programs that no longer name the table, keep a copy of what it
holds, and drop it in a later migration.""",
        bad='DROP TABLE "Draft";',
    ),
    kinds=("drop_stmt",),
    aliases=("ban-drop-table", "create-table-force"),
)
def dropping_table(look: Look) -> Iterator[Found]:
    """Find tables that are dropped; one that the script itself made is nobody's."""
    node = look.node
    if node.remove_type not in (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE):
        return
    for one in node.objects:
        name = object_name(one)
        if look.story.is_new(name) or look.facts.exists(name) is False:
            continue
        rows = _rows(look, name)
        note = f"{rows} would be lost" if rows else ""
        cascade = "; CASCADE takes whatever refers to it along"
        yield Found(
            f"the rows of {name} are lost, and programs that name it fail"
            + (cascade if node.behavior == pb.DROP_CASCADE else ""),
            fix=[_LATER.format(what=str(name), sql=f"DROP TABLE {name.sql};")],
            note=note,
        )


@rule(
    "FM203",
    "dropping-database",
    Severity.ERROR,
    "data",
    Page(
        about="A database is dropped.",
        why="All of it is gone, and no transaction brings it back.",
        instead="Drop databases by hand, where somebody reads the name twice.",
        bad="DROP DATABASE shop;",
    ),
    kinds=("dropdb_stmt",),
    aliases=("ban-drop-database",),
)
def dropping_database(look: Look) -> Iterator[Found]:
    """Find databases that are dropped."""
    yield Found(f"everything in the database {look.node.dbname} is lost")


@rule(
    "FM204",
    "dropping-schema",
    Severity.ERROR,
    "data",
    Page(
        about="A schema is dropped with everything in it.",
        why="CASCADE takes every table, view and function of the schema along.",
        instead="Drop the tables by name, and then the schema without CASCADE.",
        bad='DROP SCHEMA "archive" CASCADE;',
        good='DROP SCHEMA "archive";',
    ),
    kinds=("drop_stmt",),
)
def dropping_schema(look: Look) -> Iterator[Found]:
    """Find schemas that are dropped by CASCADE, and were not made by the script."""
    node = look.node
    if node.remove_type == pb.OBJECT_SCHEMA and node.behavior == pb.DROP_CASCADE:
        for one in node.objects:
            if object_name(one).name in look.story.schemas:
                continue
            yield Found(f"everything in the schema {object_name(one)} is lost")


@rule(
    "FM205",
    "truncating",
    Severity.WARNING,
    "data",
    Page(
        about="A table is truncated.",
        why="""All of its rows are gone, and ACCESS EXCLUSIVE keeps everybody out until the
transaction ends.""",
        instead="DELETE in small steps, if the rows are to go while others use the table.",
        bad='TRUNCATE "Visit";',
        good='DELETE FROM "Visit" WHERE "id" BETWEEN 1 AND 1000;',
    ),
    kinds=("truncate_stmt",),
)
def truncating(look: Look) -> Iterator[Found]:
    """Find tables that are truncated without CASCADE."""
    node = look.node
    if node.behavior == pb.DROP_CASCADE:
        return
    for one in node.relations:
        name = named(one.range_var)
        if not look.story.is_new(name):
            rows = _rows(look, name)
            note = f"{rows} would be lost" if rows else ""
            yield Found(f"the rows of {name} are lost", one.range_var.location, note=note)


@rule(
    "FM206",
    "truncating-cascade",
    Severity.ERROR,
    "data",
    Page(
        about="A table is truncated together with all that refer to it.",
        why="""CASCADE empties every table with a foreign key to this one, and every table with a
foreign key to one of those, and so on.""",
        instead="Name the tables that are to be emptied.",
        bad='TRUNCATE "Writer" CASCADE;',
    ),
    kinds=("truncate_stmt",),
    aliases=("ban-truncate-cascade",),
)
def truncating_cascade(look: Look) -> Iterator[Found]:
    """Find TRUNCATE … CASCADE."""
    node = look.node
    if node.behavior != pb.DROP_CASCADE:
        return
    names = [named(one.range_var) for one in node.relations]
    if all(look.story.is_new(one) for one in names):
        return
    others = ", ".join(map(str, referring(names, look.story))) or "every table that refers to it"
    yield Found(
        f"the rows of {', '.join(map(str, names))} are lost, and with them those of {others}",
        fix=[f"TRUNCATE {', '.join(one.sql for one in names)};"],
    )


@rule(
    "FM207",
    "writing-every-row",
    Severity.WARNING,
    "data",
    Page(
        about="An UPDATE or DELETE without WHERE.",
        why="""It changes or removes every row in one transaction: each stays locked until the last
is done, and the table grows by a copy of itself.""",
        instead="""Say which rows, and go in steps of some thousand, each its own transaction. Where
all are meant and the table is small, say so in a remark.""",
        bad='UPDATE "Reader" SET "greeting" = \'Hello\';',
        good='UPDATE "Reader" SET "greeting" = \'Hello\''
        ' WHERE "id" BETWEEN 1 AND 1000 AND "greeting" IS NULL;',
    ),
    kinds=("update_stmt", "delete_stmt", "insert_stmt", "select_stmt"),
)
def writing_every_row(look: Look) -> Iterator[Found]:
    """Find UPDATE and DELETE whose WHERE, if there is one, leaves no row out."""
    for kind, node in _writing(look.statement.kind, look.node):
        table = named(node.relation)
        if _leaves_rows_out(node) or look.story.is_new(table):
            continue
        what = "removed" if kind == "delete_stmt" else "written anew"
        rows = _rows(look, table)
        yield Found(
            f"every row of {table} is {what}, in one transaction",
            node.relation.location,
            tables=(table,),
            note=f"{rows} would be {what}" if rows else "",
        )


def _writing(kind: str, node: Any) -> Iterator[tuple[str, Any]]:
    """Return the UPDATE or DELETE that a statement is, and those that stand in its WITH."""
    if kind in ("update_stmt", "delete_stmt"):
        yield kind, node
    for one in node.with_clause.ctes:
        query = one.common_table_expr.ctequery
        inner = query.WhichOneof("node")
        if inner in ("update_stmt", "delete_stmt"):
            yield inner, getattr(query, inner)
    if kind == "insert_stmt" and node.select_stmt.HasField("select_stmt"):
        yield from _writing("select_stmt", node.select_stmt.select_stmt)


def _leaves_rows_out(node: Any) -> bool:
    """Say whether a WHERE looks at anything: what is made of constants says the same of each."""
    if not node.HasField("where_clause"):
        return False
    kinds = (pb.A_Expr, pb.BoolExpr, pb.TypeCast, pb.TypeName, pb.String, pb.Integer, pb.A_Const)
    constants = (*kinds, pb.Boolean)
    return not all(isinstance(one, constants) for one in walk(node.where_clause))
