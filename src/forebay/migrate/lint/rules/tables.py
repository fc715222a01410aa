"""Rules about statements that work on whole tables: rewriting, partitions, locks by hand."""

from __future__ import annotations

from collections.abc import Iterator

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.modes import Mode
from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import Name, named, option

_REPACK = "-- pg_repack, or from version 19 REPACK (CONCURRENTLY), does the same beside the traffic"


@rule(
    "FM110",
    "detaching-partition",
    Severity.ERROR,
    "lock",
    Page(
        about="A partition is detached without CONCURRENTLY.",
        why="""It takes ACCESS EXCLUSIVE on the partition and on the whole partitioned table, for
which everybody waits as long as it waits for whoever uses them.""",
        instead="DETACH PARTITION … CONCURRENTLY, outside of a transaction (version 14 or newer).",
        bad='ALTER TABLE "Event" DETACH PARTITION "Event_2019";',
        good='ALTER TABLE "Event" DETACH PARTITION "Event_2019" CONCURRENTLY;',
    ),
    kinds=("alter_table_stmt",),
    aliases=("require-concurrent-partition-detach",),
)
def detaching_partition(look: Look) -> Iterator[Found]:
    """Find partitions that are detached at once."""
    if look.is_new or look.node.objtype != pb.OBJECT_TABLE:
        return
    for _, definition in look.commands(pb.AT_DetachPartition):
        one = definition.partition_cmd
        if one.concurrent:
            continue
        part = named(one.name)
        alter = f"ALTER TABLE {look.table.sql} DETACH PARTITION {part.sql} CONCURRENTLY;"
        message = f"nobody can read or write {look.table}, all of it, until {part} is out"
        yield Found(message, fix=[alter] if look.version >= 14 else [])


@rule(
    "FM111",
    "attaching-partition",
    Severity.WARNING,
    "lock",
    Page(
        about="A table with rows is attached as a partition, and every row is read.",
        why="""PostgreSQL reads every row of the new partition under ACCESS EXCLUSIVE on it, to see
that it belongs there, and every row of the default partition if there is one.""",
        instead="""Give the table a check that says what the partition's bounds say, as NOT VALID,
validate it, attach, and drop the check: PostgreSQL then takes its word.""",
        bad='ALTER TABLE "Event" ATTACH PARTITION "Event_2026"\n'
        "    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
        good='CREATE TABLE "Event_2026" (LIKE "Event");\n'
        'ALTER TABLE "Event" ATTACH PARTITION "Event_2026"\n'
        "    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
    ),
    kinds=("alter_table_stmt",),
)
def attaching_partition(look: Look) -> Iterator[Found]:
    """Find tables that were there before and become partitions without a check of theirs."""
    if look.node.objtype != pb.OBJECT_TABLE:
        return
    for _, definition in look.commands(pb.AT_AttachPartition):
        part = named(definition.partition_cmd.name)
        has_check = any(
            key == part.key and check.is_valid for (key, _), check in look.story.checks.items()
        )
        if not look.story.is_new(part) and not has_check:
            message = f"every row of {part} is read while nobody can read or write it"
            yield Found(message, tables=(part,))


@rule(
    "FM117",
    "rewriting-table",
    Severity.ERROR,
    "lock",
    Page(
        about="A whole table is written anew: VACUUM FULL, CLUSTER, SET LOGGED, SET TABLESPACE.",
        why="""The table is copied under ACCESS EXCLUSIVE. Nobody reads or writes it until the last
row and the last index are there.""",
        instead="""Let autovacuum keep tables in shape. Where one must be written anew, pg_repack
does it beside the traffic, as does REPACK (CONCURRENTLY) from version 19.""",
        bad='VACUUM FULL "Visit";',
        good='VACUUM "Visit";',
    ),
    kinds=("vacuum_stmt", "cluster_stmt", "alter_table_stmt", "alter_table_move_all_stmt"),
    aliases=("prefer-repack",),
)
def rewriting_table(look: Look) -> Iterator[Found]:
    """Find statements that copy a table."""
    for name in _rewritten(look):
        whose = f"{name} is" if name else "each table in turn is"
        if name and look.story.is_new(name):
            continue
        yield Found(
            f"{whose} written anew while nobody can read or write it",
            fix=[_REPACK],
            tables=(name,) if name else (),
        )


def _rewritten(look: Look) -> Iterator[Name | None]:
    node = look.node
    if look.statement.kind == "vacuum_stmt":
        if node.is_vacuumcmd and option(node.options, "full"):
            found = [named(one.vacuum_relation.relation) for one in node.rels]
            yield from found or (None,)
    elif look.statement.kind == "cluster_stmt":
        yield look.table if node.HasField("relation") else None
    elif look.statement.kind == "alter_table_move_all_stmt":
        yield None
    elif node.objtype == pb.OBJECT_INDEX:
        for _ in look.commands(pb.AT_SetTableSpace):
            yield look.table
    elif node.objtype in (pb.OBJECT_TABLE, pb.OBJECT_MATVIEW):
        kinds = (pb.AT_SetLogged, pb.AT_SetUnLogged, pb.AT_SetTableSpace, pb.AT_SetAccessMethod)
        for _ in look.commands(*kinds):
            yield look.table


@rule(
    "FM118",
    "writing-under-a-lock",
    Severity.WARNING,
    "lock",
    Page(
        about="Rows are updated in a transaction that holds a lock which blocks others.",
        why="""Locks are held to the end of a transaction. A column that takes a moment to add keeps
everybody out for as long as the UPDATE behind it takes, when both are in one script.""",
        instead="""Change the rows in a migration of their own, or outside of migrations, in steps
of some thousand rows, each its own transaction.""",
        bad='BEGIN;\nALTER TABLE "Reader" ADD COLUMN "greeting" text;\n'
        'UPDATE "Reader" SET "greeting" = \'Hello\';\nCOMMIT;',
        good='BEGIN;\nALTER TABLE "Reader" ADD COLUMN "greeting" text;\nCOMMIT;\n'
        'UPDATE "Reader" SET "greeting" = \'Hello\''
        ' WHERE "id" BETWEEN 1 AND 1000 AND "greeting" IS NULL;',
    ),
    kinds=("update_stmt", "delete_stmt", "insert_stmt", "merge_stmt", "copy_stmt"),
    aliases=("backfilling-data",),
)
def writing_under_a_lock(look: Look) -> Iterator[Found]:
    """Find changes of many rows while the transaction blocks readers or writers of a table."""
    node = look.node
    if look.statement.kind == "insert_stmt" and not node.select_stmt.select_stmt.from_clause:
        return
    if look.is_new or (look.statement.kind == "copy_stmt" and not node.is_from):
        return
    kept = [one for one in look.holds(Mode.SHARE) if not look.story.is_new(one)]
    if kept:
        names = ", ".join(map(str, kept))
        yield Found(
            f"{names} stays locked for as long as this takes",
            fix=["-- in a migration of its own, in small steps"],
            tables=(look.table,),
        )


@rule(
    "FM122",
    "refreshing-materialized-view",
    Severity.WARNING,
    "lock",
    Page(
        about="A materialized view is refreshed without CONCURRENTLY.",
        why="Nobody can read the view until its query has come to an end.",
        instead="REFRESH MATERIALIZED VIEW CONCURRENTLY, for which the view needs a unique index.",
        bad='REFRESH MATERIALIZED VIEW "Ranking";',
        good='REFRESH MATERIALIZED VIEW CONCURRENTLY "Ranking";',
    ),
    kinds=("refresh_mat_view_stmt",),
)
def refreshing_materialized_view(look: Look) -> Iterator[Found]:
    """Find materialized views that are refreshed at once."""
    if look.node.concurrent or look.node.skip_data or look.is_new:
        return
    yield Found(
        f"nobody can read {look.table} until its query is through",
        fix=[f"REFRESH MATERIALIZED VIEW CONCURRENTLY {look.table.sql};"],
        tables=(look.table,),
    )


@rule(
    "FM124",
    "locking-table",
    Severity.WARNING,
    "lock",
    Page(
        about="A table is locked by hand so that others wait.",
        why="The lock is held to the end of the transaction, whatever else is in it.",
        instead="""Leave locking to the statements. Where two of them must see the same rows, take
the weakest lock that does it, and keep the transaction short.""",
        bad='BEGIN;\nLOCK TABLE "Account";\nCOMMIT;',
        good='BEGIN;\nLOCK TABLE "Account" IN SHARE UPDATE EXCLUSIVE MODE;\nCOMMIT;',
    ),
    kinds=("lock_stmt",),
)
def locking_table(look: Look) -> Iterator[Found]:
    """Find LOCK in a mode that readers or writers wait for."""
    for lock in look.locks:
        if lock.mode >= Mode.SHARE and not look.story.is_new(lock.relation):
            yield Found(f"{lock.relation} is kept locked to the end of the transaction")
