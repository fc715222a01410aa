"""What a database says of a script's relations: rows, sizes, types, who refers to whom.

Without a database every answer is None: nobody knows. Rows are counted where a table is small
enough to be counted at once, and PostgreSQL's own estimate is taken where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from forebay.migrate.lint.tree import DEFAULT_SCHEMA, Name, not_null_by

# Tables up to this many bytes are counted.
COUNTED = 64 * 1024 * 1024
# What a table may hold and still be looked through before anybody notices.
SMALL_BYTES = 1024 * 1024
SMALL_ROWS = 10_000
_LIMIT_MS = 5000


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a table holds, whether somebody counted them, and how many bytes."""

    rows: int
    is_counted: bool
    bytes: int

    @property
    def is_small(self) -> bool:
        """Whether a statement is through with it before anybody notices."""
        return self.bytes <= SMALL_BYTES and self.rows <= SMALL_ROWS

    def __str__(self) -> str:
        if self.rows == 0 and self.is_counted:
            return "empty"
        about = "" if self.is_counted else "about "
        rows = f"{self.rows:,} row{'s' if self.rows != 1 else ''}"
        return f"{about}{rows}, {_bytes(self.bytes)}"


def _bytes(count: int) -> str:
    amount, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}"


class Facts:
    """Answers from a connection, each asked for once; None for what nobody knows."""

    def __init__(
        self, connection: psycopg.Connection[Any] | None = None, schema: str = DEFAULT_SCHEMA
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._known: dict[tuple[object, ...], list[tuple[Any, ...]] | None] = {}
        if connection is not None:
            connection.execute(
                "select set_config('statement_timeout', %s, false)", (str(_LIMIT_MS),)
            )

    @property
    def is_there(self) -> bool:
        """Whether there is a database to ask."""
        return self._connection is not None

    @property
    def version(self) -> int | None:
        """The major version of the server."""
        if self._connection is None:
            return None
        return self._connection.info.server_version // 10000

    @property
    def time_zone(self) -> str | None:
        """The time zone of the session."""
        found = self._ask("select current_setting('timezone')")
        return str(found[0][0]) if found else None

    def exists(self, name: Name) -> bool | None:
        """Say whether there is a relation of a name."""
        found = self._ask(_KIND, *self._place(name))
        return None if found is None else bool(found)

    def size(self, name: Name) -> Size | None:
        """Return how large a table is."""
        found = self._ask(_SIZE, *self._place(name))
        if not found:
            return None
        estimate, size = int(found[0][0]), int(found[0][1])
        if size <= COUNTED:
            counted = self._ask(sql.SQL("select count(*) from {}").format(self._table(name)))
            if counted:
                return Size(int(counted[0][0]), True, size)
        return Size(max(estimate, 0), False, size)

    def values(self, name: Name, column: str) -> int | None:
        """Return how many rows have a value in a column, None where that is not quickly counted."""
        size = self.size(name)
        if size is None or not size.is_counted:
            return None
        text = sql.SQL("select count({}) from {}")
        found = self._ask(text.format(sql.Identifier(column), self._table(name)))
        return int(found[0][0]) if found else None

    def column_type(self, name: Name, column: str) -> str | None:
        """Return a column's type, as PostgreSQL writes it."""
        found = self._ask(_TYPE, *self._place(name), column)
        return str(found[0][0]) if found else None

    def table_of_index(self, name: Name) -> Name | None:
        """Return the table that an index belongs to."""
        found = self._ask(_INDEX, *self._place(name))
        return Name(*found[0]) if found else None

    def neighbours(self, name: Name) -> list[Name] | None:
        """Return the tables that a table refers to, and those that refer to it."""
        found = self._ask(_NEIGHBOURS, *self._place(name))
        return None if found is None else [Name(*row) for row in found]

    def referrers(self, name: Name) -> list[Name] | None:
        """Return the tables that refer to a table, itself left out."""
        found = self._ask(_REFERRERS, *self._place(name))
        return None if found is None else [Name(*row) for row in found]

    def other_side(self, name: Name, constraint: str) -> Name | None:
        """Return the table that a foreign key of a table refers to."""
        found = self._ask(_REFERRED, *self._place(name), constraint)
        return Name(*found[0]) if found else None

    def proofs(self, name: Name, column: str) -> list[str] | None:
        """Return the validated constraints that say that a column is not null."""
        found = self._ask(_PROVED, *self._place(name), column)
        if found is None:
            return None
        return [row[0] for row in found if row[1] == "n" or column in not_null_by(row[2])]

    def leading_columns(self, name: Name) -> list[list[str]] | None:
        """Return the columns of each index of a table, in their order."""
        found = self._ask(_INDEXES, *self._place(name))
        return None if found is None else [list(row[0]) for row in found]

    def tables_of_domain(self, name: Name) -> list[Name] | None:
        """Return the tables with a column of a domain."""
        found = self._ask(_DOMAIN, *self._place(name))
        return None if found is None else [Name(*row) for row in found]

    def parts(self, name: Name) -> list[Name] | None:
        """Return the partitions of a table, and the tables that inherit from it, of all depths."""
        found = self._ask(_PARTS, *self._place(name))
        return None if found is None else [self._named_as(name, *row[:2]) for row in found]

    def part_sizes(self, name: Name) -> dict[Name, Size]:
        """Return how large the parts of a table are, by PostgreSQL's estimate."""
        found = self._ask(_PARTS, *self._place(name)) or ()
        return {
            self._named_as(name, *row[:2]): Size(max(int(row[2]), 0), False, int(row[3]))
            for row in found
        }

    def is_partitioned(self, name: Name) -> bool:
        """Say whether a table is divided into partitions."""
        found = self._ask(_KIND, *self._place(name))
        return found is not None and any(kind in ("p", b"p") for (kind,) in found)

    def whole(self, name: Name) -> Name | None:
        """Return the table that a table is a partition of."""
        found = self._ask(_WHOLE, *self._place(name))
        return self._named_as(name, *found[0]) if found else None

    def default_part(self, name: Name) -> Name | None:
        """Return the partition for the rows that no other one takes."""
        found = self._ask(_DEFAULT_PART, *self._place(name))
        return self._named_as(name, *found[0]) if found else None

    def is_inherited(self, table: Name, constraint: str) -> bool:
        """Say whether a constraint is one that partitions have under the same name."""
        return bool(self._ask(_INHERITED, *self._place(table), constraint))

    def is_for_rows(self, table: Name, trigger: str) -> bool:
        """Say whether a trigger is one for each row."""
        return bool(self._ask(_FOR_ROWS, *self._place(table), trigger))

    def _named_as(self, other: Name, schema: str, name: str) -> Name:
        """Return a name with its schema only where another is said with its own."""
        is_usual = not other.schema and schema == self._schema
        return Name("" if is_usual else schema, name)

    def _place(self, name: Name) -> tuple[str, str]:
        return name.schema or self._schema, name.name

    def _table(self, name: Name) -> sql.Identifier:
        return sql.Identifier(*self._place(name))

    def _ask(self, query: str | sql.Composed, *given: str) -> list[tuple[Any, ...]] | None:
        if self._connection is None:
            return None
        asked = (str(query), *given)
        if asked not in self._known:
            self._known[asked] = self._answer(query, given)
        return self._known[asked]

    def _answer(
        self, query: str | sql.Composed, given: tuple[str, ...]
    ) -> list[tuple[Any, ...]] | None:
        text = query.encode() if isinstance(query, str) else query
        try:
            return self._connection.execute(text, given).fetchall() if self._connection else None
        except psycopg.Error:
            # What the role may not read, or what takes too long to count, is not known.
            return None


class Unmeasured(Facts):
    """Answers from a database whose rows mean nothing: what there is, and not how much of it."""

    def size(self, name: Name) -> Size | None:
        """Say of no table how large it is."""
        return None

    def part_sizes(self, name: Name) -> dict[Name, Size]:
        """Say of no partition how large it is."""
        return {}


_NAMED = """
pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = %s and c.relname = %s
"""
_KIND = f"select c.relkind from {_NAMED}"
_TREE = f"""
with recursive tree (oid, depth) as (
    select c.oid, 0 from {_NAMED} and c.relkind in ('r', 'm', 'p')
    union select i.inhrelid, tree.depth + 1 from pg_inherits i join tree on i.inhparent = tree.oid
)
"""
_SIZE = f"""
{_TREE} select sum(greatest(c.reltuples, 0))::bigint, sum(pg_total_relation_size(c.oid))::bigint
from tree join pg_class c using (oid) where c.relkind <> 'p' or tree.depth = 0
having count(*) > 0
"""
_PARTS = f"""
{_TREE} select n.nspname, c.relname, c.reltuples::bigint, pg_total_relation_size(c.oid)
from tree join pg_class c using (oid) join pg_namespace n on n.oid = c.relnamespace
where tree.depth > 0 group by 1, 2, 3, 4 order by 1, 2
"""
_WHOLE = """
select pn.nspname, p.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
join pg_namespace pn on pn.oid = p.relnamespace
where n.nspname = %s and c.relname = %s and c.relispartition
"""
_DEFAULT_PART = """
select dn.nspname, d.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_partitioned_table t on t.partrelid = c.oid join pg_class d on d.oid = t.partdefid
join pg_namespace dn on dn.oid = d.relnamespace where n.nspname = %s and c.relname = %s
"""
_INHERITED = """
select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_constraint k on k.conrelid = c.oid
where n.nspname = %s and c.relname = %s and k.conname = %s and k.contype in ('c', 'n')
"""
_FOR_ROWS = """
select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_trigger t on t.tgrelid = c.oid
where n.nspname = %s and c.relname = %s and t.tgname = %s and t.tgtype & 1 = 1
"""
_TYPE = """
select format_type(a.atttypid, a.atttypmod) from pg_class c
join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
where n.nspname = %s and c.relname = %s and a.attname = %s and not a.attisdropped
"""
_INDEX = """
select tn.nspname, t.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid
join pg_namespace tn on tn.oid = t.relnamespace where n.nspname = %s and c.relname = %s
"""
_NEIGHBOURS = """
select distinct n.nspname, t.relname from
(select %s::name as schema, %s::name as name) as asked
join pg_namespace own on own.nspname = asked.schema
join pg_class c on c.relnamespace = own.oid and c.relname = asked.name
join pg_constraint k on k.contype = 'f' and c.oid in (k.conrelid, k.confrelid)
join pg_class t on t.oid in (k.conrelid, k.confrelid) and t.oid <> c.oid
join pg_namespace n on n.oid = t.relnamespace order by 1, 2
"""
_REFERRERS = """
select distinct tn.nspname, t.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_constraint k on k.confrelid = c.oid and k.contype = 'f' and k.conrelid <> c.oid
join pg_class t on t.oid = k.conrelid join pg_namespace tn on tn.oid = t.relnamespace
where n.nspname = %s and c.relname = %s order by 1, 2
"""
_REFERRED = """
select tn.nspname, t.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_constraint k on k.conrelid = c.oid and k.contype = 'f'
join pg_class t on t.oid = k.confrelid join pg_namespace tn on tn.oid = t.relnamespace
where n.nspname = %s and c.relname = %s and k.conname = %s
"""
_PROVED = """
select k.conname, k.contype::text, pg_get_constraintdef(k.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid
join pg_constraint k on k.conrelid = c.oid and k.contype in ('c', 'n') and k.convalidated
    and a.attnum = any(k.conkey)
where n.nspname = %s and c.relname = %s and a.attname = %s
"""
_INDEXES = """
select array(select a.attname::text
    from unnest(i.indkey::int[]) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number order by k.place)
from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_index i on i.indrelid = c.oid
where n.nspname = %s and c.relname = %s and i.indisvalid and i.indpred is null
"""
_DOMAIN = """
select distinct tn.nspname, t.relname from pg_type d join pg_namespace n on n.oid = d.typnamespace
join pg_attribute a on a.atttypid = d.oid and not a.attisdropped
join pg_class t on t.oid = a.attrelid and t.relkind in ('r', 'm')
join pg_namespace tn on tn.oid = t.relnamespace
where n.nspname = %s and d.typname = %s order by 1, 2
"""
