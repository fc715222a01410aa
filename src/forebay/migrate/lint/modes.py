"""Locks: their modes, whom they block, and who is asked for the relations that they are on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from forebay.migrate.lint.tree import Name


class Mode(IntEnum):
    """A lock's mode, by PostgreSQL's own numbers."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def sql(self) -> str:
        """The name in PostgreSQL's manual."""
        return self.name.replace("_", " ")

    @property
    def in_catalog(self) -> str:
        """The name in pg_locks."""
        return self.name.title().replace("_", "") + "Lock"

    @property
    def blocks(self) -> str:
        """What others must wait with."""
        if self is Mode.ACCESS_EXCLUSIVE:
            return "reads and writes"
        if self >= Mode.SHARE:
            return "writes"
        return "no reads or writes"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock on a table, a view or a sequence; ``part_of`` is the table that it is a part of."""

    relation: Name
    mode: Mode
    part_of: Name | None = None

    def __str__(self) -> str:
        return f"{self.mode.sql} on {self.relation}: blocks {self.mode.blocks}"


class Knowledge(Protocol):
    """Who knows relations that a statement does not name."""

    def table_of_index(self, name: Name) -> Name | None:
        """Return the table that an index belongs to."""

    def neighbours(self, name: Name) -> list[Name] | None:
        """Return the tables at the other ends of a table's foreign keys."""

    def referrers(self, name: Name) -> list[Name] | None:
        """Return the tables that refer to a table."""

    def other_side(self, name: Name, constraint: str) -> Name | None:
        """Return the table that a foreign key of a table refers to."""

    def tables_of_domain(self, name: Name) -> list[Name] | None:
        """Return the tables with a column of a domain."""

    def parts(self, name: Name) -> list[Name] | None:
        """Return the partitions of a table, and the tables that inherit from it, of all depths."""

    def is_partitioned(self, name: Name) -> bool:
        """Say whether a table is divided into partitions."""

    def whole(self, name: Name) -> Name | None:
        """Return the table that a table is a partition of."""

    def default_part(self, name: Name) -> Name | None:
        """Return the partition for the rows that no other one takes."""

    def is_inherited(self, table: Name, constraint: str) -> bool:
        """Say whether a constraint is one that partitions have under the same name."""

    @property
    def version(self) -> int | None:
        """The major version of the server, where it is known."""

    def is_for_rows(self, table: Name, trigger: str) -> bool:
        """Say whether a trigger is one for each row, of which every partition has a copy."""
