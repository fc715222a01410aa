"""Tables that are not models: those of many-to-many relations, and Prisma's own."""

from __future__ import annotations

from forebay.migrate.database import ForeignKey, Table

_OWN = (
    (
        "_prisma_migrations",
        frozenset(
            {"id", "checksum", "finished_at", "migration_name", "logs", "rolled_back_at"}
            | {"started_at", "applied_steps_count"}
        ),
    ),
    (
        "_Migration",
        frozenset(
            {"revision", "name", "datamodel", "status", "applied", "rolled_back", "errors"}
            | {"datamodel_steps", "database_migration", "started_at", "finished_at"}
        ),
    ),
    ("_RelayId", frozenset({"id", "stableModelIdentifier"})),
)
_SIDES = ["a", "b"]


def is_internal(table: Table) -> bool:
    """Say whether a table holds what Prisma itself, or an older one, keeps."""
    names = {column.name for column in table.columns}
    return any(table.name == name and names >= columns for name, columns in _OWN)


def is_join(table: Table) -> bool:
    """Say whether a table is the join of a many-to-many relation, and nothing else.

    Prisma takes one with more columns for a join too, and loses them.
    """
    if not table.name.startswith("_") or len(table.name) < 2 or len(table.foreign_keys) != 2:
        return False
    if [column.name.lower() for column in table.columns] not in (_SIDES, _SIDES[::-1]):
        return False
    keys = [[one.name for one in index.columns] for index in table.indexes if index.is_unique]
    if table.primary_key is not None:
        keys.append(list(table.primary_key.columns))
    plain = [index for index in table.indexes if not index.is_unique]
    return (
        any([name.lower() for name in key] == _SIDES for key in keys)
        and any([one.name.lower() for one in index.columns] == ["b"] for index in plain)
        and sides(table) is not None
    )


def sides(table: Table) -> tuple[ForeignKey, ForeignKey] | None:
    """Return the foreign keys of A and B, None where A's table comes behind B's."""
    by_side = {key.columns[0].lower(): key for key in table.foreign_keys}
    a, b = by_side.get("a"), by_side.get("b")
    if a is None or b is None or len(a.columns) != 1 or len(b.columns) != 1:
        return None
    return (a, b) if a.table[1] <= b.table[1] else None
