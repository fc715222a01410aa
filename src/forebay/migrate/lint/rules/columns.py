"""Rules about columns that are added to a table with rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.functions import volatile_calls
from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import constraints, expression_sql, type_name, type_text
from forebay.migrate.lint.types import SERIALS
from forebay.migrate.lint.types import written as base_type
from forebay.migrate.render import quoted


def _columns(look: Look) -> Iterator[Any]:
    if not look.is_new:
        for _, definition in look.commands(pb.AT_AddColumn):
            yield definition.column_def


def _default(column: Any) -> Any:
    """Return the default of a column; that it is null without one goes without saying."""
    found = constraints(column, pb.CONSTR_DEFAULT)
    return next((one for one in found if not _is_null(one.raw_expr)), None)


def _is_null(node: Any) -> bool:
    if node.HasField("type_cast"):
        return _is_null(node.type_cast.arg)
    return bool(node.HasField("a_const") and node.a_const.isnull)


def _is_made_up(column: Any) -> bool:
    """Say whether PostgreSQL numbers the column itself."""
    is_serial = type_name(column.type_name) in SERIALS
    return is_serial or bool(constraints(column, pb.CONSTR_IDENTITY))


def _is_required(column: Any) -> bool:
    return bool(constraints(column, pb.CONSTR_NOTNULL, pb.CONSTR_PRIMARY))


@rule(
    "FM114",
    "volatile-default",
    Severity.ERROR,
    "lock",
    Page(
        about="A column is added with a default that differs from row to row.",
        why="""Since version 11 PostgreSQL keeps a default that is one value for all rows beside the
table, and touches no row. One that must be asked for each row (gen_random_uuid(), random(),
clock_timestamp()), or any default before version 11, has it write the whole table anew under ACCESS
EXCLUSIVE.""",
        instead="""Add the column without a default, then set the default, which holds for rows that
come later, and fill the rows that are there in small steps.""",
        bad='ALTER TABLE "Ticket" ADD COLUMN "token" uuid DEFAULT gen_random_uuid();',
        good='ALTER TABLE "Ticket" ADD COLUMN "token" uuid;\n'
        'ALTER TABLE "Ticket" ALTER COLUMN "token" SET DEFAULT gen_random_uuid();',
    ),
    kinds=("alter_table_stmt",),
    aliases=("adding-field-with-default",),
)
def volatile_default(look: Look) -> Iterator[Found]:
    """Find defaults for which the table is written anew."""
    for column in _columns(look):
        one = _default(column)
        if one is None or _is_made_up(column):
            continue
        called = volatile_calls(one.raw_expr)
        if not called and look.version >= 11:
            continue
        expression = expression_sql(one.raw_expr)
        why = f"{called[0]}() is asked for each row" if called else "each row is given the default"
        yield Found(
            f"{look.table} is written anew while nobody can read or write it: {why}",
            one.location,
            _steps(look, column, expression),
            (look.table,),
        )


def _steps(look: Look, column: Any, expression: str) -> list[str]:
    alter = f"ALTER TABLE {look.table.sql}"
    name = quoted(column.colname)
    steps = [
        f"{alter} ADD COLUMN {name} {type_text(column.type_name)};",
        f"{alter} ALTER COLUMN {name} SET DEFAULT {expression};",
        "-- in a later migration, or outside of one, again and again until no row is left:\n"
        f"UPDATE {look.table.sql} SET {name} = DEFAULT WHERE ctid IN\n"
        f"    (SELECT ctid FROM {look.table.sql} WHERE {name} IS NULL LIMIT 1000);",
    ]
    if _is_required(column):
        steps.append(f"-- and then NOT NULL, as FM112 has it, for {name}")
    return steps


@rule(
    "FM115",
    "adding-numbered-column",
    Severity.ERROR,
    "lock",
    Page(
        about="A serial or identity column is added to a table with rows.",
        why="""Every row is given a number, for which the whole table is written anew under ACCESS
EXCLUSIVE.""",
        instead="""Add the column without numbers, make the sequence its default, fill the rows that
are there in small steps, and make it required and unique the gentle way.""",
        bad='ALTER TABLE "Membership" ADD COLUMN "number" bigserial;',
        good='CREATE SEQUENCE "Membership_number_seq";\n'
        'ALTER TABLE "Membership" ADD COLUMN "number" bigint;\n'
        'ALTER TABLE "Membership" ALTER COLUMN "number"'
        " SET DEFAULT nextval('\"Membership_number_seq\"');",
    ),
    kinds=("alter_table_stmt",),
    aliases=("adding-auto-incrementing-column",),
)
def adding_numbered_column(look: Look) -> Iterator[Found]:
    """Find columns whose rows are numbered when they are added."""
    for column in _columns(look):
        if not _is_made_up(column):
            continue
        table = look.table
        sequence = f"{table.name}_{column.colname}_seq"
        in_quotes = quoted(sequence).replace("'", "''")
        alter, name = f"ALTER TABLE {table.sql}", quoted(column.colname)
        kind = base_type(column.type_name)
        yield Found(
            f"{table} is written anew while nobody can read or write it: every row gets a number",
            column.location,
            [
                f"CREATE SEQUENCE {quoted(sequence)};",
                f"{alter} ADD COLUMN {name} {kind};",
                f"{alter} ALTER COLUMN {name} SET DEFAULT nextval('{in_quotes}');",
                "-- in a later migration, or outside of one, again and again until no row is left:"
                f"\nUPDATE {table.sql} SET {name} = DEFAULT WHERE ctid IN\n"
                f"    (SELECT ctid FROM {table.sql} WHERE {name} IS NULL LIMIT 1000);",
            ],
            (table,),
        )


@rule(
    "FM116",
    "adding-stored-generated-column",
    Severity.ERROR,
    "lock",
    Page(
        about="A generated column that is stored is added to a table with rows.",
        why="""Its value is computed for every row, for which the whole table is written anew under
ACCESS EXCLUSIVE.""",
        instead="""Add a plain column, have a trigger fill it, and fill the rows that are there in
small steps. From version 18 a generated column may be VIRTUAL: computed when it is read, and added
in a moment.""",
        bad='ALTER TABLE "Item" ADD COLUMN "total" integer'
        ' GENERATED ALWAYS AS ("price" * "count") STORED;',
        good='ALTER TABLE "Item" ADD COLUMN "total" integer;\n'
        "CREATE FUNCTION item_total() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        'BEGIN\n    NEW."total" := NEW."price" * NEW."count";\n    RETURN NEW;\nEND $$;\n'
        'CREATE TRIGGER item_total BEFORE INSERT OR UPDATE ON "Item"\n'
        "    FOR EACH ROW EXECUTE FUNCTION item_total();",
    ),
    kinds=("alter_table_stmt",),
)
def adding_stored_generated_column(look: Look) -> Iterator[Found]:
    """Find generated columns that are stored, or are computed otherwise from now on."""
    if not look.is_new:
        for command, _ in look.commands(pb.AT_SetExpression):
            yield Found(
                f"{look.table} is written anew while nobody can read or write it, if"
                f" {command.name} is stored",
                tables=(look.table,),
            )
    for column in _columns(look):
        for one in constraints(column, pb.CONSTR_GENERATED):
            if one.generated_kind == "v":
                continue
            table, name = look.table, quoted(column.colname)
            expression = expression_sql(one.raw_expr)
            alter = f"ALTER TABLE {table.sql} ADD COLUMN {name} {type_text(column.type_name)}"
            fix = [f"{alter};", "-- and a trigger that fills it"]
            if look.surely(18):
                fix = [f"{alter} GENERATED ALWAYS AS ({expression}) VIRTUAL;"]
            yield Found(
                f"{table} is written anew while nobody can read or write it",
                one.location,
                fix,
                (table,),
            )


@rule(
    "FM307",
    "adding-required-column",
    Severity.ERROR,
    "fails",
    Page(
        about="A column is added that is NOT NULL and has no default.",
        why="""PostgreSQL refuses it as soon as the table holds a row. Programs that do not know the
column yet can no longer insert.""",
        instead="""Give it a default, which since version 11 takes a moment if it is one value for
all rows. Or add it as optional, fill it, and make it required the gentle way (FM112).""",
        bad='ALTER TABLE "Recipe" ADD COLUMN "isPublic" boolean NOT NULL;',
        good='ALTER TABLE "Recipe" ADD COLUMN "isPublic" boolean NOT NULL DEFAULT false;',
    ),
    kinds=("alter_table_stmt",),
    aliases=("adding-required-field",),
)
def adding_required_column(look: Look) -> Iterator[Found]:
    """Find columns that no row that is there has a value for."""
    for column in _columns(look):
        has_value = _default(column) is not None or _is_made_up(column)
        if not _is_required(column) or has_value or constraints(column, pb.CONSTR_GENERATED):
            continue
        table, name = look.table, quoted(column.colname)
        alter = f"ALTER TABLE {table.sql}"
        size = look.facts.size(table)
        note, level = "", None
        if size is not None and size.is_counted:
            note = f"it fails: there are {size.rows:,} rows" if size.rows else "the table is empty"
            level = Severity.ERROR if size.rows else Severity.WARNING
        yield Found(
            f"it fails if {table} holds a row, and programs that do not know {column.colname} can"
            " no longer insert",
            column.location,
            [
                f"{alter} ADD COLUMN {name} {type_text(column.type_name)};",
                f"-- fill it in small steps, and then NOT NULL, as FM112 has it, for {name}",
            ],
            level=level,
            note=note,
        )


@rule(
    "FM308",
    "adding-json-column",
    Severity.WARNING,
    "clients",
    Page(
        about="A column of type json is added to a table that others read.",
        why="""json knows no equality. A SELECT DISTINCT over the whole row, or a UNION, fails as
soon as the column is there.""",
        instead="Use jsonb.",
        bad='ALTER TABLE "Reader" ADD COLUMN "settings" json;',
        good='ALTER TABLE "Reader" ADD COLUMN "settings" jsonb;',
    ),
    kinds=("alter_table_stmt",),
)
def adding_json_column(look: Look) -> Iterator[Found]:
    """Find columns of type json, or that become of it."""
    if not look.is_new:
        for command, definition in look.commands(pb.AT_AlterColumnType):
            if type_name(definition.column_def.type_name) == "json":
                text = f"SELECT DISTINCT over a row of {look.table} fails with {command.name} so"
                yield Found(text, definition.column_def.location)
    for column in _columns(look):
        if type_name(column.type_name) == "json":
            name = quoted(column.colname)
            yield Found(
                f"SELECT DISTINCT over a row of {look.table} fails with {column.colname} in it",
                column.location,
                [f"ALTER TABLE {look.table.sql} ADD COLUMN {name} jsonb;"],
            )
