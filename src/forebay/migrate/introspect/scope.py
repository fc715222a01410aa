"""What of a database is looked at: which schemas, and what a data model could say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from forebay.migrate.database import Database, Table
from forebay.migrate.introspect.reader import introspect

# The preview feature without which Prisma sees no partial indexes, and leaves them alone.
PARTIAL = "partialIndexes"


@dataclass(frozen=True, slots=True)
class Scope:
    """The schemas, None for one that goes unsaid, which is the default."""

    schemas: Sequence[str] | None
    default: str
    has_partial_indexes: bool = False

    def look(self, connection: psycopg.Connection[Any]) -> Database:
        """Return what a live database holds."""
        names = self.schemas or (self.default,)
        found = introspect(connection, names, is_named=self.schemas is not None)
        if self.has_partial_indexes:
            return found
        return replace(found, tables=tuple(_without_partial(one) for one in found.tables))


def _without_partial(table: Table) -> Table:
    return replace(table, indexes=tuple(one for one in table.indexes if one.where is None))
