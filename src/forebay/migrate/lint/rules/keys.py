"""Rules about constraints that an index stands behind: unique, primary and exclusion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import constraints, key_names, type_text
from forebay.migrate.render import quoted

_BUILT = "an index over {table} is built while nobody can read or write it"


def _added(look: Look, kind: int) -> Iterator[tuple[Any, list[str], Any]]:
    """Return constraints of a kind, with their columns, and the column that one came with."""
    if look.is_new:
        return
    for _, definition in look.commands(pb.AT_AddConstraint):
        one = definition.constraint
        if one.contype == kind and not one.indexname:
            yield one, key_names(one), None
    for _, definition in look.commands(pb.AT_AddColumn):
        column = definition.column_def
        for one in constraints(column, kind):
            yield one, [column.colname], column


def _steps(look: Look, columns: list[str], name: str, what: str, column: Any) -> list[str]:
    table = look.table
    listed = ", ".join(map(quoted, columns))
    steps = []
    if column is not None:
        kind = type_text(column.type_name)
        steps.append(f"ALTER TABLE {table.sql} ADD COLUMN {quoted(column.colname)} {kind};")
    return [
        *steps,
        f"CREATE UNIQUE INDEX CONCURRENTLY {quoted(name)} ON {table.sql} ({listed});",
        f"ALTER TABLE {table.sql} ADD CONSTRAINT {quoted(name)} {what} USING INDEX {quoted(name)};",
    ]


@rule(
    "FM104",
    "adding-unique-constraint",
    Severity.ERROR,
    "lock",
    Page(
        about="A unique constraint is added and builds its index at once.",
        why="""The index is built under ACCESS EXCLUSIVE: nobody reads or writes the table until it
is there. It fails if two rows are the same.""",
        instead="""Build a unique index CONCURRENTLY, in a migration of its own, and make the
constraint of the index, which takes a moment.""",
        bad='ALTER TABLE "Shop" ADD CONSTRAINT "Shop_code_key" UNIQUE ("code");',
        good='CREATE UNIQUE INDEX CONCURRENTLY "Shop_code_key" ON "Shop" ("code");\n'
        'ALTER TABLE "Shop" ADD CONSTRAINT "Shop_code_key" UNIQUE USING INDEX "Shop_code_key";',
    ),
    kinds=("alter_table_stmt",),
    aliases=("disallowed-unique-constraint",),
)
def adding_unique_constraint(look: Look) -> Iterator[Found]:
    """Find unique constraints that are not made of an index."""
    for one, columns, column in _added(look, pb.CONSTR_UNIQUE):
        name = one.conname or f"{look.table.name}_{'_'.join(columns)}_key"
        steps = _steps(look, columns, name, "UNIQUE", column)
        message = _BUILT.format(table=look.table)
        yield Found(message, one.location, steps, (look.table,))


@rule(
    "FM105",
    "adding-primary-key",
    Severity.ERROR,
    "lock",
    Page(
        about="A primary key is added and builds its index at once.",
        why="""The index is built under ACCESS EXCLUSIVE, and every row is read for a null.""",
        instead="""Make the columns NOT NULL the gentle way (FM112), build a unique index
CONCURRENTLY, and make the key of the index.""",
        bad='ALTER TABLE "Account" ADD PRIMARY KEY ("id");',
        good='CREATE UNIQUE INDEX CONCURRENTLY "Account_pkey" ON "Account" ("id");\n'
        'ALTER TABLE "Account" ADD CONSTRAINT "Account_pkey"'
        ' PRIMARY KEY USING INDEX "Account_pkey";',
    ),
    kinds=("alter_table_stmt",),
    aliases=("adding-serial-primary-key-field",),
)
def adding_primary_key(look: Look) -> Iterator[Found]:
    """Find primary keys that are not made of an index."""
    for one, columns, column in _added(look, pb.CONSTR_PRIMARY):
        name = one.conname or f"{look.table.name}_pkey"
        steps = _steps(look, columns, name, "PRIMARY KEY", column)
        message = _BUILT.format(table=look.table)
        yield Found(message, one.location, steps, (look.table,))


@rule(
    "FM106",
    "adding-exclusion-constraint",
    Severity.ERROR,
    "lock",
    Page(
        about="An exclusion constraint is added to a table with rows.",
        why="""Its index is built and every row compared under ACCESS EXCLUSIVE, and PostgreSQL
knows no gentler way: it can be neither NOT VALID nor made of an index.""",
        instead="""Make the constraint with the table. For a table with rows: make a new table with
it, copy in small steps while a trigger keeps the two alike, and change their names; or choose a
time when nobody is there.""",
        bad='ALTER TABLE "Booking" ADD CONSTRAINT "Booking_overlap"\n'
        '    EXCLUDE USING gist ("during" WITH &&);',
        good='CREATE TABLE "Booking" (\n    "during" tstzrange NOT NULL,\n'
        '    CONSTRAINT "Booking_overlap" EXCLUDE USING gist ("during" WITH &&)\n);',
    ),
    kinds=("alter_table_stmt",),
)
def adding_exclusion_constraint(look: Look) -> Iterator[Found]:
    """Find exclusion constraints on tables that were there before."""
    if look.is_new:
        return
    for _, definition in look.commands(pb.AT_AddConstraint):
        one = definition.constraint
        if one.contype == pb.CONSTR_EXCLUSION:
            message = f"every row of {look.table} is compared while nobody can read or write it"
            yield Found(message, one.location, tables=(look.table,))
