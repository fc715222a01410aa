"""Rules about indexes: how they are made, dropped and made anew, and where one is missing."""

from __future__ import annotations

from collections.abc import Iterator

from postgast import pg_query_pb2 as pb

from forebay.migrate.lint.registry import Found, Look, Page, Severity, rule
from forebay.migrate.lint.tree import (
    Name,
    constraints,
    is_looked_up,
    key_names,
    named,
    object_name,
    option,
    strings,
)
from forebay.migrate.render import quoted

_REINDEXED = {
    pb.REINDEX_OBJECT_INDEX: "INDEX",
    pb.REINDEX_OBJECT_TABLE: "TABLE",
    pb.REINDEX_OBJECT_SCHEMA: "SCHEMA",
    pb.REINDEX_OBJECT_DATABASE: "DATABASE",
    pb.REINDEX_OBJECT_SYSTEM: "SYSTEM",
}


@rule(
    "FM107",
    "creating-index",
    Severity.ERROR,
    "lock",
    Page(
        about="An index is made without CONCURRENTLY on a table that others use.",
        why="""CREATE INDEX holds SHARE on the table until the index is there: everybody can read,
nobody can write.""",
        instead="""CREATE INDEX CONCURRENTLY reads the table twice and blocks nobody. It must stand
outside of a transaction: give it a migration of its own. One that fails leaves an invalid index
behind, which has to be dropped before the next try.""",
        bad='CREATE INDEX "Customer_email_idx" ON "Customer" ("email");',
        good='CREATE INDEX CONCURRENTLY "Customer_email_idx" ON "Customer" ("email");',
    ),
    kinds=("index_stmt",),
    aliases=("require-concurrent-index-creation",),
)
def creating_index(look: Look) -> Iterator[Found]:
    """Find indexes that are made at once on tables that were there before."""
    node = look.node
    if node.concurrent or look.is_new:
        return
    text = look.statement.text
    at = text.upper().find("INDEX") + len("INDEX")
    if_not = "" if not node.if_not_exists else " -- and drop what a failed try left behind, first"
    yield Found(
        f"{look.table} cannot be written until the index is built",
        fix=[f"{text[:at]} CONCURRENTLY{text[at:]};{if_not}"],
        tables=(look.table,),
    )


@rule(
    "FM108",
    "dropping-index",
    Severity.WARNING,
    "lock",
    Page(
        about="An index is dropped without CONCURRENTLY.",
        why="""DROP INDEX wants ACCESS EXCLUSIVE on the table. Dropping takes a moment, but it waits
for every transaction that uses the table, and everybody who comes later waits behind it.""",
        instead="""DROP INDEX CONCURRENTLY waits without holding anybody up. It must stand outside
of a transaction. The index of a constraint goes with its constraint only.""",
        bad='DROP INDEX "Customer_email_idx";',
        good='DROP INDEX CONCURRENTLY "Customer_email_idx";',
    ),
    kinds=("drop_stmt",),
    aliases=("require-concurrent-index-deletion",),
)
def dropping_index(look: Look) -> Iterator[Found]:
    """Find indexes that are dropped at once."""
    node = look.node
    if node.remove_type != pb.OBJECT_INDEX or node.concurrent:
        return
    for one in node.objects:
        name = object_name(one)
        table = look.story.table_of_index(name)
        if table is not None and look.story.is_new(table):
            continue
        whose = str(table) if table else "the index's table"
        missing = "IF EXISTS " if node.missing_ok else ""
        yield Found(
            f"nobody can read or write {whose} while this waits for whoever uses it",
            fix=[f"DROP INDEX CONCURRENTLY {missing}{name.sql};"],
        )


@rule(
    "FM109",
    "reindexing",
    Severity.ERROR,
    "lock",
    Page(
        about="An index is made anew without CONCURRENTLY.",
        why="""REINDEX holds SHARE on the table, so that nobody writes, and ACCESS EXCLUSIVE on the
index, for which every query that is planned on the table waits.""",
        instead="REINDEX CONCURRENTLY, outside of a transaction (version 12 or newer).",
        bad='REINDEX TABLE "Customer";',
        good='REINDEX TABLE CONCURRENTLY "Customer";',
    ),
    kinds=("reindex_stmt",),
    aliases=("require-concurrent-reindex",),
)
def reindexing(look: Look) -> Iterator[Found]:
    """Find REINDEX without CONCURRENTLY."""
    node = look.node
    if option(node.params, "concurrently") or node.kind not in _REINDEXED:
        return
    what = _REINDEXED[node.kind]
    is_relation = node.HasField("relation")
    name = named(node.relation).sql if is_relation else quoted(node.name)
    table = named(node.relation) if what == "TABLE" else None
    if what == "INDEX":
        table = look.story.table_of_index(named(node.relation))
    if table is not None and look.story.is_new(table):
        return
    whose = str(table) if table else "the tables"
    # PostgreSQL does its own catalogs in no other way.
    has_gentle = look.version >= 12 and what != "SYSTEM"
    fix = [f"REINDEX {what} CONCURRENTLY {name};"] if has_gentle else []
    tables = (table,) if table else ()
    yield Found(f"nobody can write {whose}, or read by these indexes", fix=fix, tables=tables)


@rule(
    "FM601",
    "foreign-key-without-index",
    Severity.WARNING,
    "habit",
    Page(
        about="A foreign key is added, and no index begins with its columns.",
        why="""Whoever deletes a row of the other table, or changes its key, has PostgreSQL look for
the rows that refer to it. Without an index it reads the whole table each time, and holds its locks
for as long. Joins along the key read it, too.""",
        instead="Make an index that begins with the key's columns, before there are many rows.",
        bad='ALTER TABLE "Letter" ADD CONSTRAINT "Letter_writerId_fkey"\n'
        '    FOREIGN KEY ("writerId") REFERENCES "Writer" ("id") NOT VALID;',
        good='CREATE INDEX CONCURRENTLY "Letter_writerId_idx" ON "Letter" ("writerId");\n'
        'ALTER TABLE "Letter" ADD CONSTRAINT "Letter_writerId_fkey"\n'
        '    FOREIGN KEY ("writerId") REFERENCES "Writer" ("id") NOT VALID;',
    ),
    kinds=("alter_table_stmt", "create_stmt"),
    aliases=("unindexed-foreign-key", "missing-foreign-key-index"),
    is_opt_in=False,
)
def foreign_key_without_index(look: Look) -> Iterator[Found]:
    """Find keys whose columns no index of the script or of the database begins with."""
    table = look.table
    for one, columns in _foreign_keys(look):
        if not columns or _is_covered(look, table, columns):
            continue
        name = quoted(f"{table.name}_{'_'.join(columns)}_idx")
        listed = ", ".join(map(quoted, columns))
        gently = "" if look.is_new else "CONCURRENTLY "
        other = named(one.pktable)
        yield Found(
            f"each delete in {other} reads all of {table} for rows that refer to it",
            one.location,
            [f"CREATE INDEX {gently}{name} ON {table.sql} ({listed});"],
            # There is time to think of it while the table is empty.
            level=Severity.NOTE if look.is_new or look.statement.kind == "create_stmt" else None,
        )


def _foreign_keys(look: Look) -> Iterator[tuple[pb.Constraint, list[str]]]:
    if look.statement.kind == "create_stmt":
        definitions = list(look.node.table_elts)
    else:
        found = look.commands(pb.AT_AddConstraint, pb.AT_AddColumn)
        definitions = [definition for _, definition in found]
    for one in definitions:
        if one.HasField("column_def"):
            for inner in constraints(one.column_def, pb.CONSTR_FOREIGN):
                yield inner, [one.column_def.colname]
        elif one.HasField("constraint") and one.constraint.contype == pb.CONSTR_FOREIGN:
            yield one.constraint, strings(one.constraint.fk_attrs)


def _is_covered(look: Look, table: Name, columns: list[str]) -> bool:
    wanted = set(columns)
    known = [*_written(look, table), *look.story.leading.get(table.key, ())]
    known += look.facts.leading_columns(table) or ()
    return any(set(one[: len(columns)]) == wanted for one in known)


def _written(look: Look, table: Name) -> Iterator[list[str]]:
    """Return the columns of the indexes that the script makes on a table, wherever it does."""
    for statement in look.of_tables.get(table.key, ()):
        node = getattr(statement.node, statement.kind)
        if statement.kind != "index_stmt":
            yield from _keys(node)
        elif is_looked_up(node):
            yield [one.index_elem.name for one in node.index_params]


def _keys(node: pb.CreateStmt) -> Iterator[list[str]]:
    if isinstance(node, pb.CreateStmt):
        definitions = list(node.table_elts)
    else:
        definitions = [getattr(one.alter_table_cmd, "def") for one in node.cmds]
    kinds = (pb.CONSTR_PRIMARY, pb.CONSTR_UNIQUE)
    for one in definitions:
        if one.HasField("column_def") and constraints(one.column_def, *kinds):
            yield [one.column_def.colname]
        elif one.HasField("constraint") and one.constraint.contype in kinds:
            yield key_names(one.constraint)


@rule(
    "FM508",
    "wide-index",
    Severity.NOTE,
    "habit",
    Page(
        about="An index that is not unique has more than three columns.",
        why="""Each column more makes the index larger and every write slower, and few queries gain
from the fourth.""",
        instead="Begin the index with the columns that leave the fewest rows, and stop there.",
        bad='CREATE INDEX CONCURRENTLY "Visit_all_idx"'
        ' ON "Visit" ("country", "city", "day", "page");',
        good='CREATE INDEX CONCURRENTLY "Visit_page_day_idx" ON "Visit" ("page", "day");',
    ),
    kinds=("index_stmt",),
)
def wide_index(look: Look) -> Iterator[Found]:
    """Find indexes of more than three columns."""
    node = look.node
    if not node.unique and len(node.index_params) > 3:
        yield Found(f"the index has {len(node.index_params)} columns, and is not unique")
