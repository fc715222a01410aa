"""Rules about constraints that rows must be looked at for: foreign keys and checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import Name, key_names, named, sql_of, strings, type_text
from forebay.migrate.lint.tree import constraints as of_kinds
from forebay.migrate.render import quoted


def without_validation(table: Name, constraint: Any, name: str) -> list[str]:
    """Return the two steps that add a constraint, and then look at the rows."""
    copy = pb.Constraint()
    copy.CopyFrom(constraint)
    copy.conname = name
    copy.skip_validation = True
    copy.initially_valid = False
    command = pb.AlterTableCmd(
        subtype=pb.AT_AddConstraint,
        behavior=pb.DROP_RESTRICT,
        **{"def": pb.Node(constraint=copy)},
    )
    relation = pb.RangeVar(
        schemaname=table.schema, relname=table.name, inh=True, relpersistence="p"
    )
    alter = pb.AlterTableStmt(
        relation=relation, cmds=[pb.Node(alter_table_cmd=command)], objtype=pb.OBJECT_TABLE
    )
    first = sql_of(pb.Node(alter_table_stmt=alter))
    if not first:
        return []
    validate = f"ALTER TABLE {table.sql} VALIDATE CONSTRAINT {quoted(name)};"
    return [f"{first};", f"-- in a later migration:\n{validate}"]


def _foreign_name(table: Name, constraint: Any, column: str = "") -> str:
    if constraint.conname:
        return str(constraint.conname)
    columns = strings(constraint.fk_attrs) or [column]
    return f"{table.name}_{'_'.join(columns)}_fkey"


@rule(
    "FM101",
    "adding-foreign-key",
    Severity.ERROR,
    "lock",
    Page(
        about="A foreign key is added and every row is checked at once.",
        why="""PostgreSQL takes SHARE ROW EXCLUSIVE on both tables, the one that refers and the one
that is referred to, and keeps it while it reads every row of the first. Neither table can be
written until it is through.""",
        instead="""Add the key as NOT VALID, which holds the lock for a moment and checks new rows
only. Validate it in a migration of its own: that reads the rows under SHARE UPDATE EXCLUSIVE, with
which everybody can write.""",
        bad='ALTER TABLE "Letter" ADD CONSTRAINT "Letter_writerId_fkey"\n'
        '    FOREIGN KEY ("writerId") REFERENCES "Writer" ("id");',
        good='ALTER TABLE "Letter" ADD CONSTRAINT "Letter_writerId_fkey"\n'
        '    FOREIGN KEY ("writerId") REFERENCES "Writer" ("id") NOT VALID;\n'
        'ALTER TABLE "Letter" VALIDATE CONSTRAINT "Letter_writerId_fkey";',
    ),
    kinds=("alter_table_stmt",),
    aliases=("adding-foreign-key-constraint",),
)
def adding_foreign_key(look: Look) -> Iterator[Found]:
    """Find keys that are added with validation to a table that others use."""
    if look.is_new:
        return
    for _, definition in look.commands(pb.AT_AddConstraint):
        one = definition.constraint
        if one.contype != pb.CONSTR_FOREIGN or one.skip_validation:
            continue
        other = named(one.pktable)
        name = _foreign_name(look.table, one)
        yield Found(
            f"every row of {look.table} is looked up in {other} while neither can be written",
            one.location,
            without_validation(look.table, one, name),
            (look.table, other),
        )
    for _, definition in look.commands(pb.AT_AddColumn):
        column = definition.column_def
        for one in of_kinds(column, pb.CONSTR_FOREIGN):
            yield _inline(look, column, one)


def _inline(look: Look, column: Any, one: Any) -> Found:
    """Describe a key that comes with a column: without a default there is nothing to check."""
    table, other = look.table, named(one.pktable)
    has_default = bool(of_kinds(column, pb.CONSTR_DEFAULT))
    message = (
        f"every row of {table} is looked up in {other} while nobody can read or write {table}"
        if has_default
        else f"{other} cannot be written until this is through with {table}, which nobody can read"
    )
    copy = pb.Constraint()
    copy.CopyFrom(one)
    if not copy.fk_attrs:
        copy.fk_attrs.append(pb.Node(string=pb.String(sval=column.colname)))
    name = _foreign_name(table, copy)
    add = (
        f"ALTER TABLE {table.sql} ADD COLUMN {quoted(column.colname)}"
        f" {type_text(column.type_name)};"
    )
    return Found(
        message,
        one.location,
        [add, *without_validation(table, copy, name)],
        (table, other) if has_default else (),
        Severity.ERROR if has_default else Severity.WARNING,
    )


@rule(
    "FM102",
    "adding-check",
    Severity.ERROR,
    "lock",
    Page(
        about="A check is added and every row is tested at once.",
        why="""Under ACCESS EXCLUSIVE, which no reader passes either, PostgreSQL tests every row of
the table.""",
        instead="""Add the check as NOT VALID, which tests new rows only and is done in a moment.
Validate it in a migration of its own, under SHARE UPDATE EXCLUSIVE.""",
        bad='ALTER TABLE "Account" ADD CONSTRAINT "Account_balance_check" CHECK ("balance" >= 0);',
        good='ALTER TABLE "Account" ADD CONSTRAINT "Account_balance_check"'
        ' CHECK ("balance" >= 0) NOT VALID;\n'
        'ALTER TABLE "Account" VALIDATE CONSTRAINT "Account_balance_check";',
    ),
    kinds=("alter_table_stmt",),
    aliases=("constraint-missing-not-valid",),
)
def adding_check(look: Look) -> Iterator[Found]:
    """Find checks that are added with validation; one with a new column is FM114's or harmless."""
    if look.is_new:
        return
    for _, definition in look.commands(pb.AT_AddConstraint):
        one = definition.constraint
        if one.contype != pb.CONSTR_CHECK or one.skip_validation:
            continue
        name = one.conname or f"{look.table.name}_check"
        yield Found(
            f"every row of {look.table} is tested while nobody can read or write it",
            one.location,
            without_validation(look.table, one, name),
            (look.table,),
        )
    for _, definition in look.commands(pb.AT_AddColumn):
        column = definition.column_def
        for one in of_kinds(column, pb.CONSTR_CHECK):
            name = one.conname or f"{look.table.name}_{column.colname}_check"
            yield Found(
                f"every row of {look.table} is tested while nobody can read or write it",
                one.location,
                without_validation(look.table, one, name),
                (look.table,),
            )


@rule(
    "FM103",
    "validating-in-the-same-transaction",
    Severity.ERROR,
    "lock",
    Page(
        about="A constraint is validated in the transaction that added it.",
        why="""Locks are held to the end of a transaction. The lock of the statement that added the
constraint is still there while VALIDATE CONSTRAINT reads the rows, so NOT VALID has gained nothing.
A script of Prisma's layout is one transaction.""",
        instead="Validate the constraint in a migration of its own.",
        bad='BEGIN;\nALTER TABLE "Account" ADD CONSTRAINT "Account_balance_check"'
        ' CHECK ("balance" >= 0) NOT VALID;\n'
        'ALTER TABLE "Account" VALIDATE CONSTRAINT "Account_balance_check";\nCOMMIT;',
        good='BEGIN;\nALTER TABLE "Account" ADD CONSTRAINT "Account_balance_check"'
        ' CHECK ("balance" >= 0) NOT VALID;\nCOMMIT;\n'
        'ALTER TABLE "Account" VALIDATE CONSTRAINT "Account_balance_check";',
    ),
    kinds=("alter_table_stmt",),
    aliases=("constraint-missing-not-valid",),
)
def validating_in_the_same_transaction(look: Look) -> Iterator[Found]:
    """Find validations under the lock of the statement that added the constraint."""
    if look.is_new:
        return
    added = {one.constraint.conname for _, one in look.commands(pb.AT_AddConstraint)}
    inside = look.place.transaction
    for command, _ in look.commands(pb.AT_ValidateConstraint):
        known = look.story.checks.get((look.table.key, command.name))
        is_held = known is not None and inside is not None and known.transaction == inside
        if not is_held and command.name not in added:
            continue
        yield Found(
            f"the lock that adding {command.name} took is held while every row of {look.table} is"
            " checked",
            fix=[
                "-- in a later migration:\n"
                f"ALTER TABLE {look.table.sql} VALIDATE CONSTRAINT {quoted(command.name)};"
            ],
            tables=(look.table,),
        )


@rule(
    "FM112",
    "setting-not-null",
    Severity.ERROR,
    "lock",
    Page(
        about="A column of a table with rows is made NOT NULL.",
        why="""PostgreSQL reads every row under ACCESS EXCLUSIVE to see that none is null, and fails
if one is. Programs that still write null fail from then on.""",
        instead="""Say the same with a check that is NOT VALID, fill the nulls in small steps, and
validate the check. Since version 12 PostgreSQL takes a validated check's word, and SET NOT NULL
reads no rows; the check can go. In version 18 a NOT NULL constraint can itself be NOT VALID.""",
        bad='ALTER TABLE "Recipe" ALTER COLUMN "views" SET NOT NULL;',
        good='ALTER TABLE "Recipe" ADD CONSTRAINT "Recipe_views_not_null"'
        ' CHECK ("views" IS NOT NULL) NOT VALID;\n'
        'ALTER TABLE "Recipe" VALIDATE CONSTRAINT "Recipe_views_not_null";\n'
        'ALTER TABLE "Recipe" ALTER COLUMN "views" SET NOT NULL;',
    ),
    kinds=("alter_table_stmt",),
    aliases=("adding-not-nullable-field",),
)
def setting_not_null(look: Look) -> Iterator[Found]:
    """Find columns that are made required without a check that has proved it."""
    if look.is_new:
        return
    for command, definition in look.commands(pb.AT_SetNotNull, pb.AT_AddConstraint):
        is_set = command.subtype == pb.AT_SetNotNull
        one = definition.constraint
        if not is_set and (one.contype != pb.CONSTR_NOTNULL or one.skip_validation):
            continue
        column = command.name if is_set else next(iter(key_names(one)), "")
        # One statement drops a check before it looks for one that proves the column.
        gone = frozenset(each.name for each, _ in look.commands(pb.AT_DropConstraint))
        if look.version >= 12 and look.story.is_proved(look.table, column, gone):
            continue
        yield _required(look, column, 0 if is_set else one.location)


def _required(look: Look, column: str, at: int) -> Found:
    table = look.table
    name = quoted(f"{table.name}_{column}_not_null")
    alter = f"ALTER TABLE {table.sql}"
    if look.surely(18):
        first = f"{alter} ADD CONSTRAINT {name} NOT NULL {quoted(column)} NOT VALID;"
        last: list[str] = []
    else:
        first = f"{alter} ADD CONSTRAINT {name} CHECK ({quoted(column)} IS NOT NULL) NOT VALID;"
        set_it = f"{alter} ALTER COLUMN {quoted(column)} SET NOT NULL;\n"
        last = [set_it + f"{alter} DROP CONSTRAINT {name};"] if look.version >= 12 else []
    fill = f"-- fill what is null, in small steps\n{alter} VALIDATE CONSTRAINT {name};"
    steps = [first, f"-- in a later migration:\n{fill}", *last]
    note, level = _nulls(look, column)
    return Found(
        f"every row of {table} is read for a null in {column} while nobody can read or write it",
        at,
        steps,
        (table,),
        level,
        note,
    )


def _nulls(look: Look, column: str) -> tuple[str, Severity | None]:
    size = look.facts.size(look.table)
    values = look.facts.values(look.table, column)
    if size is None or values is None or size.rows == values:
        return "", None
    return f"it fails: {size.rows - values:,} of {size.rows:,} rows are null", Severity.ERROR
