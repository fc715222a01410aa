"""Rules about changes that running programs notice: names, values, nulls."""

from __future__ import annotations

from collections.abc import Iterator

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import Name, dotted, named
from forebay.migrate.render import quoted, text

_TABLES = frozenset({pb.OBJECT_TABLE, pb.OBJECT_VIEW, pb.OBJECT_MATVIEW, pb.OBJECT_FOREIGN_TABLE})


@rule(
    "FM301",
    "renaming-column",
    Severity.ERROR,
    "clients",
    Page(
        about="A column is renamed.",
        why="""There is no moment at which both names work. Programs that know the old name fail as
soon as the migration is done, programs that know the new one fail before.""",
        instead="""Rename the field in the schema and keep the column, with @map. If the column's
name must change: add a column, write both, fill the rows that are there, read the new one, drop the
old one.""",
        bad='ALTER TABLE "Reader" RENAME COLUMN "mail" TO "email";',
        good='ALTER TABLE "Reader" ADD COLUMN "email" text;',
    ),
    kinds=("rename_stmt",),
)
def renaming_column(look: Look) -> Iterator[Found]:
    """Find columns that get another name."""
    node = look.node
    if node.rename_type != pb.OBJECT_COLUMN or look.is_new:
        return
    if (look.table.key, node.subname) in look.story.columns:
        return
    yield Found(
        f"programs that name {look.table}.{node.subname} fail",
        fix=[f"-- in the schema, and nothing in the database: @map({quoted(node.subname)})"],
    )


@rule(
    "FM302",
    "renaming-table",
    Severity.ERROR,
    "clients",
    Page(
        about="A table is renamed, or moved to another schema.",
        why="Programs that know the old name fail as soon as the migration is done.",
        instead="""Rename the model in the schema and keep the table, with @@map. If the table's
name must change: make a view of the new name, let programs use it, and then, in one transaction,
drop the view and rename the table.""",
        bad='ALTER TABLE "Star" RENAME TO "Favourite";',
        good='CREATE VIEW "Favourite" AS SELECT * FROM "Star";',
    ),
    kinds=("rename_stmt", "alter_object_schema_stmt"),
)
def renaming_table(look: Look) -> Iterator[Found]:
    """Find tables that get another name, and were not a step of the way to one."""
    node = look.node
    is_move = look.statement.kind == "alter_object_schema_stmt"
    kind = node.object_type if is_move else node.rename_type
    if kind not in _TABLES or look.is_new or _had_view(look) or _has_view(look):
        return
    fix = []
    if not is_move:
        name = look.table
        new = Name(name.schema, node.newname)
        fix = [
            f"CREATE VIEW {new.sql} AS SELECT * FROM {name.sql};",
            f"-- once no program names {name} any more, in a later migration:\n"
            f"BEGIN;\nDROP VIEW {new.sql};\n"
            f"ALTER TABLE {name.sql} RENAME TO {quoted(node.newname)};\nCOMMIT;",
        ]
    yield Found(f"programs that name {look.table} fail", fix=fix)


def _has_view(look: Look) -> bool:
    """Say whether the same transaction makes a view of the table's old name."""
    if look.statement.kind != "rename_stmt" or look.place.transaction is None:
        return False
    return any(
        statement.kind == "view_stmt"
        and statement.node is not None
        and place.transaction == look.place.transaction
        and named(statement.node.view_stmt.view).key == look.table.key
        for statement, place in zip(look.script, look.places, strict=True)
        if statement.start > look.statement.start
    )


def _had_view(look: Look) -> bool:
    """Say whether the script dropped a view of the table's new name in the same transaction."""
    if look.statement.kind != "rename_stmt" or look.place.transaction is None:
        return False
    wanted = Name(look.table.schema, look.node.newname).key
    for statement, place in zip(look.script, look.places, strict=True):
        if statement.kind != "drop_stmt" or statement.node is None:
            continue
        node = statement.node.drop_stmt
        dropped = {dotted(one.list.items).key for one in node.objects}
        is_same = place.transaction == look.place.transaction
        if node.remove_type == pb.OBJECT_VIEW and wanted in dropped and is_same:
            return True
    return False


@rule(
    "FM303",
    "renaming-schema",
    Severity.ERROR,
    "clients",
    Page(
        about="A schema is renamed.",
        why="Programs that name any table of it fail as soon as the migration is done.",
        instead="""Make the new schema, and move programs to it table by table, as when a table is
renamed (FM302).""",
        bad='ALTER SCHEMA "sales" RENAME TO "orders";',
        good='CREATE SCHEMA "orders";',
    ),
    kinds=("rename_stmt",),
)
def renaming_schema(look: Look) -> Iterator[Found]:
    """Find schemas that get another name."""
    is_new = look.node.subname in look.story.schemas
    if look.node.rename_type == pb.OBJECT_SCHEMA and not is_new:
        yield Found(f"programs that name anything in {look.node.subname} fail")


@rule(
    "FM304",
    "renaming-enum-value",
    Severity.ERROR,
    "clients",
    Page(
        about="A value of an enum is renamed.",
        why="""Programs that write the old value fail, and programs that read the new one do not
know it.""",
        instead="""Add the new value, deploy programs that know both and write the new one, and
change the rows that are there.""",
        bad="ALTER TYPE \"State\" RENAME VALUE 'done' TO 'completed';",
        good="ALTER TYPE \"State\" ADD VALUE 'completed' AFTER 'done';",
    ),
    kinds=("alter_enum_stmt",),
)
def renaming_enum_value(look: Look) -> Iterator[Found]:
    """Find values that get another name."""
    node = look.node
    name = dotted(node.type_name)
    if node.old_val and name.key not in look.story.kinds:
        add = f"ALTER TYPE {name.sql} ADD VALUE {text(node.new_val)} AFTER {text(node.old_val)};"
        yield Found(f"programs that write {node.old_val} as a {name} fail", fix=[add])


@rule(
    "FM305",
    "dropping-not-null",
    Severity.NOTE,
    "clients",
    Page(
        about="A column that was required may be null.",
        why="""Programs that were made when it was required have no place for a null: typed clients
fail on the first one that they read.""",
        instead="Deploy programs that expect a null before any is written.",
        bad='ALTER TABLE "Reader" ALTER COLUMN "city" DROP NOT NULL;',
        good='ALTER TABLE "Reader" ALTER COLUMN "city" SET DEFAULT \'\';',
    ),
    kinds=("alter_table_stmt",),
    aliases=("ban-drop-not-null",),
)
def dropping_not_null(look: Look) -> Iterator[Found]:
    """Find columns that are no longer required."""
    if look.is_new:
        return
    for command, _ in look.commands(pb.AT_DropNotNull):
        yield Found(f"programs may read a null in {look.table}.{command.name} that expect none")


@rule(
    "FM306",
    "enum-value-without-a-place",
    Severity.NOTE,
    "clients",
    Page(
        about="A value is added to an enum without a word about its place.",
        why="""It goes behind all others. Where values are compared or sorted by their order, the
new one may count as more than it should.""",
        instead="Say BEFORE or AFTER which value it goes, if the order means anything.",
        bad="ALTER TYPE \"State\" ADD VALUE 'in review';",
        good="ALTER TYPE \"State\" ADD VALUE 'in review' AFTER 'submitted';",
    ),
    kinds=("alter_enum_stmt",),
    aliases=("require-enum-value-ordering",),
    is_opt_in=True,
)
def enum_value_without_a_place(look: Look) -> Iterator[Found]:
    """Find values that are added behind all others."""
    node = look.node
    if node.old_val or node.new_val_neighbor or dotted(node.type_name).key in look.story.kinds:
        return
    yield Found(f"{node.new_val} sorts behind every other {dotted(node.type_name)}")
