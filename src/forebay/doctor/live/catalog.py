"""Pieces of SQL about the tables that are the application's own, and their indexes."""

from __future__ import annotations

from dataclasses import dataclass

from forebay.doctor.live.database import LiveDatabase

# Of a pg_class called k: neither PostgreSQL's own, nor temporary, nor an extension's.
OWN_TABLE = """
k.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
and k.relpersistence <> 't' and k.relnamespace <> 'pg_toast'::regnamespace
and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass
    and e.objid = k.oid and e.deptype = 'e')
"""

# Of a pg_index called i: its columns in order, expressions as 0.
_KEYS = "string_to_array(i.indkey::text, ' ')::int2[]"

# Of a pg_index called i, and a foreign key called c: it finds a row by the key's columns.
COVERS = (
    """
i.indrelid = c.conrelid and i.indisvalid and i.indisready
and (select a.amname in ('btree', 'hash') from pg_class x join pg_am a on a.oid = x.relam
    where x.oid = i.indexrelid)
and (i.indpred is null or (cardinality(c.conkey) = 1
    and pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NOT NULL)',
        (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]))))
and (("""
    + _KEYS
    + """)[1:cardinality(c.conkey)]) @> c.conkey and i.indnkeyatts >= cardinality(c.conkey)
"""
)

# Of a pg_class called x, as of the last time it was looked at: asking for the size itself waits for
# whoever has locked the table.
BYTES = "(x.relpages::int8 * current_setting('block_size')::int8)"

_INDEXES = (
    """
select i.indexrelid::int8 as oid, i.indexrelid::regclass::text as name,
    i.indrelid::regclass::text as "table", i.indrelid::int8 as table_oid, a.amname::text as method,
    """
    + _KEYS
    + """ as keys, i.indnkeyatts::int as key_count,
    string_to_array(i.indclass::text, ' ') as classes,
    string_to_array(i.indcollation::text, ' ') as collations,
    string_to_array(i.indoption::text, ' ') as options,
    coalesce(pg_get_expr(i.indpred, i.indrelid), '')
        || case when to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' then ' nulls not distinct'
            else '' end as predicate,
    coalesce(pg_get_expr(i.indexprs, i.indrelid), '') as expressions,
    i.indisunique as is_unique,
    i.indisprimary or i.indisexclusion or i.indisreplident or not i.indimmediate
        or exists (select from pg_constraint c where c.conindid = i.indexrelid) as is_needed,
    """
    + BYTES
    + """ as bytes, k.relpages > 0 or coalesce(t.n_live_tup, 0) > 0 as has_rows,
    coalesce(s.idx_scan, 0) as scans,
    exists (select from pg_constraint c where c.contype = 'f' and """
    + COVERS
    + """) as covers_key
from pg_index i
join pg_class x on x.oid = i.indexrelid
join pg_class k on k.oid = i.indrelid
join pg_am a on a.oid = x.relam
left join pg_stat_all_indexes s on s.indexrelid = i.indexrelid
left join pg_stat_all_tables t on t.relid = k.oid
where i.indisvalid and i.indisready and i.indislive and x.relkind = 'i' and not x.relispartition
    and """
    + OWN_TABLE
    + """
order by i.indrelid, i.indexrelid
"""
)


@dataclass(frozen=True, slots=True)
class Index:
    """One index, as it matters to whether it is needed."""

    oid: int
    name: str
    table: str
    table_oid: int
    method: str
    keys: list[int]
    key_count: int
    classes: list[str]
    collations: list[str]
    options: list[str]
    predicate: str
    expressions: str
    is_unique: bool
    # It backs a constraint or identifies rows to replication.
    is_needed: bool
    bytes: int
    has_rows: bool
    scans: int
    covers_key: bool

    @property
    def columns(self) -> list[tuple[int, str, str, str]]:
        """The columns it orders by, with how."""
        parts = zip(self.keys, self.classes, self.collations, self.options, strict=False)
        return list(parts)[: self.key_count]

    @property
    def included(self) -> set[int]:
        """Columns that it carries without ordering by them."""
        return set(self.keys[self.key_count :])


def indexes(database: LiveDatabase) -> list[Index]:
    """Return the valid indexes of the application's tables."""
    return [Index(**row) for row in database.kept(_INDEXES)]


def makes_redundant(kept: Index, other: Index) -> bool:
    """Say whether an index does everything that another one does."""
    if kept.oid == other.oid or other.is_needed or kept.table_oid != other.table_oid:
        return False
    if (kept.method, kept.predicate) != (other.method, other.predicate):
        return False
    if not other.included <= set(kept.keys) or (other.is_unique and not kept.is_unique):
        return False
    is_same = kept.columns == other.columns and kept.expressions == other.expressions
    if is_same:
        # Of two that are the same one stays: the needed, the unique, the one with more, the older.
        return _rank(kept) > _rank(other)
    is_plain = not kept.expressions and not other.expressions
    is_prefix = kept.columns[: len(other.columns)] == other.columns
    return is_plain and is_prefix and other.method == "btree" and not other.is_unique


def _rank(index: Index) -> tuple[bool, bool, int, int]:
    return index.is_needed, index.is_unique, len(index.included), -index.oid


def redundant(database: LiveDatabase) -> dict[int, Index]:
    """Return which indexes another one makes redundant, each with the one that stays."""
    found: dict[int, Index] = {}
    every = indexes(database)
    for other in every:
        keepers = [kept for kept in every if makes_redundant(kept, other)]
        if keepers:
            found[other.oid] = max(keepers, key=lambda one: (len(one.columns), _rank(one)))
    return found
