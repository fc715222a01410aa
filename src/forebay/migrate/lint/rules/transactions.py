"""Rules about transactions: what fails in one, what is left open, what is nested."""

from __future__ import annotations

from collections.abc import Iterator

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.parse import Statement, walk
from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.transactions import is_left_open, stands_alone
from forebay.migrate.lint.tree import named

_STAND_ALONE = (
    "index_stmt",
    "drop_stmt",
    "reindex_stmt",
    "alter_table_stmt",
    "vacuum_stmt",
    "cluster_stmt",
    "createdb_stmt",
    "dropdb_stmt",
    "alter_system_stmt",
    "discard_stmt",
    "alter_enum_stmt",
)
# Kinds that wait for a lock that others wait behind.
_WAITING = (
    "alter_table_stmt",
    "index_stmt",
    "drop_stmt",
    "rename_stmt",
    "truncate_stmt",
    "lock_stmt",
    "reindex_stmt",
    "cluster_stmt",
    "create_trig_stmt",
)


@rule(
    "FM401",
    "concurrently-in-transaction",
    Severity.ERROR,
    "fails",
    Page(
        about="A statement that must stand alone is inside a transaction.",
        why="""PostgreSQL refuses CREATE INDEX CONCURRENTLY and its like inside a transaction: the
migration fails.""",
        instead="""Take it out of BEGIN and COMMIT, and give it a migration of its own. `forebay
migrate deploy` sends a script in parts where it must; other tools send a script with one statement
without a transaction, and fail on one with more.""",
        bad='BEGIN;\nCREATE INDEX CONCURRENTLY "Customer_email_idx" ON "Customer" ("email");\n'
        "COMMIT;",
        good='CREATE INDEX CONCURRENTLY "Customer_email_idx" ON "Customer" ("email");',
    ),
    kinds=_STAND_ALONE,
    aliases=("ban-concurrent-index-creation-in-transaction",),
)
def concurrently_in_transaction(look: Look) -> Iterator[Found]:
    """Find statements that a transaction may not hold, and one holds."""
    if not stands_alone(look.statement, look.version):
        return
    if look.place.is_in_block:
        yield Found("PostgreSQL refuses this inside a DO block")
    elif look.place.transaction is not None:
        yield Found("PostgreSQL refuses this inside a transaction")


@rule(
    "FM402",
    "transaction-left-open",
    Severity.ERROR,
    "fails",
    Page(
        about="A transaction is begun and not ended.",
        why="""The script runs without an error, and PostgreSQL undoes all of it when the session
ends.""",
        instead="End it with COMMIT, or leave BEGIN out: a script is one transaction anyway.",
        bad='BEGIN;\nCREATE TABLE "Reader" ("id" bigint);',
        good='BEGIN;\nCREATE TABLE "Reader" ("id" bigint);\nCOMMIT;',
    ),
    kinds=("transaction_stmt",),
    aliases=("ban-uncommitted-transaction",),
)
def transaction_left_open(look: Look) -> Iterator[Found]:
    """Find the BEGIN that nothing answers."""
    left = is_left_open(look.script)
    if left is not None and left.start == look.statement.start:
        yield Found("no COMMIT answers this: what follows is undone")


@rule(
    "FM403",
    "nested-transaction",
    Severity.WARNING,
    "fails",
    Page(
        about="BEGIN inside a transaction, or COMMIT outside of one.",
        why="""PostgreSQL has one transaction at a time. A second BEGIN does nothing, and the first
COMMIT ends the transaction of whoever sent the script.""",
        instead="Leave out those that do nothing; leave transactions to who sends the script.",
        bad='BEGIN;\nBEGIN;\nCREATE TABLE "Reader" ("id" bigint);\nCOMMIT;',
        good='BEGIN;\nCREATE TABLE "Reader" ("id" bigint);\nCOMMIT;',
    ),
    kinds=("transaction_stmt",),
    aliases=("transaction-nesting",),
)
def nested_transaction(look: Look) -> Iterator[Found]:
    """Find BEGIN and COMMIT that do nothing, or end what is not theirs."""
    if look.place.is_second_begin:
        yield Found("a transaction is open already: this begins none")
    elif look.place.is_stray_end:
        yield Found("the script has begun no transaction: this ends none, or somebody else's")


@rule(
    "FM407",
    "using-new-enum-value",
    Severity.ERROR,
    "fails",
    Page(
        about="A value is used in the transaction that added it to its enum.",
        why="""PostgreSQL refuses a new value of an enum until the transaction that added it has
ended. A script of Prisma's layout is one transaction.""",
        instead="Use the value in the next migration.",
        bad="BEGIN;\nALTER TYPE \"State\" ADD VALUE 'archived';\n"
        'UPDATE "Paper" SET "state" = \'archived\' WHERE "id" = 1;\nCOMMIT;',
        good="ALTER TYPE \"State\" ADD VALUE 'archived';\n"
        'UPDATE "Paper" SET "state" = \'archived\' WHERE "id" = 1;',
    ),
    kinds=(
        "insert_stmt",
        "update_stmt",
        "delete_stmt",
        "merge_stmt",
        "alter_table_stmt",
        "create_stmt",
        "create_table_as_stmt",
        "index_stmt",
        "view_stmt",
    ),
)
def using_new_enum_value(look: Look) -> Iterator[Found]:
    """Find texts that are values which the transaction has just added."""
    inside = look.place.transaction
    if inside is None:
        return
    new = {value: key for (key, value), one in look.story.values.items() if one == inside}
    if not new:
        return
    for one in walk(look.node):
        if isinstance(one, pb.A_Const) and one.HasField("sval") and one.sval.sval in new:
            kind = new[one.sval.sval][1]
            yield Found(f"{one.sval.sval} was added to {kind} in this transaction", one.location)
            return


@rule(
    "FM408",
    "no-lock-timeout",
    Severity.WARNING,
    "habit",
    Page(
        about="A statement waits for a lock, and the script has set no lock_timeout.",
        why="""A statement in line for a lock holds up everybody behind it. Without a limit it waits
as long as the longest transaction lasts.""",
        instead="""SET lock_timeout at the head of the script. `forebay migrate deploy` sets one of
its own (--lock-timeout) and tries again, so that its scripts need none.""",
        bad='ALTER TABLE "Reader" ADD COLUMN "city" text;',
        good='SET lock_timeout = \'2s\';\nALTER TABLE "Reader" ADD COLUMN "city" text;',
    ),
    kinds=_WAITING,
    aliases=("require-lock-timeout", "require-timeout-settings"),
    is_opt_in=True,
)
def no_lock_timeout(look: Look) -> Iterator[Found]:
    """Find the first statement that waits without a limit."""
    if _is_limited(look, "lock_timeout"):
        return
    yield Found("this may wait for a lock without an end, and others behind it")


@rule(
    "FM409",
    "no-statement-timeout",
    Severity.WARNING,
    "habit",
    Page(
        about="A statement runs without a statement_timeout.",
        why="A statement that takes longer than anybody thought holds its locks for as long.",
        instead="SET statement_timeout at the head of the script.",
        bad='ALTER TABLE "Reader" ADD COLUMN "city" text;',
        good='SET statement_timeout = \'5s\';\nALTER TABLE "Reader" ADD COLUMN "city" text;',
    ),
    kinds=_WAITING,
    aliases=("require-statement-timeout", "require-timeout-settings"),
    is_opt_in=True,
)
def no_statement_timeout(look: Look) -> Iterator[Found]:
    """Find the first statement that runs without a limit."""
    if _is_limited(look, "statement_timeout"):
        return
    yield Found("this may run, and hold its locks, without an end")


def _is_limited(look: Look, setting: str) -> bool:
    """Say whether a limit is set, or there is nothing to limit; one word a script is enough."""
    if look.story.settings.get(setting, "0") != "0":
        return True
    first = next((one for one in look.script if one.kind in _WAITING and _waits(look, one)), None)
    return first is None or first.start != look.statement.start


def _waits(look: Look, statement: Statement) -> bool:
    node = getattr(statement.node, statement.kind)
    if not hasattr(node, "relation") or not node.HasField("relation"):
        return True
    return not look.story.is_new(named(node.relation))
