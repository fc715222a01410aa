"""The steps of a migration.

The order of `ORDER` is the order in which steps run; within one kind they run in the order of what
they are about. It is Prisma's order, and each place has a reason: foreign keys go before what they
hang on and come after it; tables are dropped before indexes and types whose names they may hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from forebay.migrate.database import (
    Column,
    Enum,
    Extension,
    ForeignKey,
    Index,
    PrimaryKey,
    Table,
)
from forebay.migrate.diff.columns import ColumnChange


@dataclass(frozen=True, slots=True)
class CreateSchema:
    """A schema that is to exist."""

    name: str


@dataclass(frozen=True, slots=True)
class CreateExtension:
    """An extension that is to exist."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class DropExtension:
    """An extension that cannot be moved, to be made anew."""

    extension: Extension


@dataclass(frozen=True, slots=True)
class AlterExtension:
    """An extension that gets another version or schema."""

    before: Extension
    after: Extension


@dataclass(frozen=True, slots=True)
class CreateEnum:
    """A new enum."""

    enum: Enum


@dataclass(frozen=True, slots=True)
class AlterEnum:
    """An enum whose values change.

    ``defaults`` are columns of the old one that have a default, each with the column that has one
    afterwards; ``columns`` are all that are of the new one.
    """

    before: Enum
    after: Enum
    defaults: tuple[tuple[Table, Column, Column | None], ...] = ()
    columns: tuple[tuple[Table, Column], ...] = ()

    @property
    def added(self) -> list[str]:
        """The new values."""
        return [value for value in self.after.values if value not in self.before.values]

    @property
    def removed(self) -> list[str]:
        """The values that are gone."""
        return [value for value in self.before.values if value not in self.after.values]


@dataclass(frozen=True, slots=True)
class DropEnum:
    """An enum that is gone."""

    enum: Enum


@dataclass(frozen=True, slots=True)
class CreateTable:
    """A new table."""

    table: Table


@dataclass(frozen=True, slots=True)
class DropTable:
    """A table that is gone."""

    table: Table


@dataclass(frozen=True, slots=True)
class AlterTable:
    """A table whose columns or primary key change."""

    before: Table
    after: Table
    dropped_key: PrimaryKey | None = None
    renamed_key: tuple[PrimaryKey, PrimaryKey] | None = None
    dropped: tuple[Column, ...] = ()
    added: tuple[Column, ...] = ()
    changed: tuple[ColumnChange, ...] = ()
    added_key: PrimaryKey | None = None
    # Sequences of changed columns that nothing draws from afterwards.
    free_sequences: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything changes."""
        return bool(
            self.dropped_key
            or self.renamed_key
            or self.dropped
            or self.added
            or self.changed
            or self.added_key
        )


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """A new index; ``is_addition`` is one on a table and columns that were there before."""

    table: Table
    index: Index
    is_addition: bool = False


@dataclass(frozen=True, slots=True)
class DropIndex:
    """An index that is gone."""

    table: Table
    index: Index


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """An index with another name."""

    table: Table
    before: Index
    after: Index


@dataclass(frozen=True, slots=True)
class AddForeignKey:
    """A new foreign key."""

    table: Table
    key: ForeignKey


@dataclass(frozen=True, slots=True)
class DropForeignKey:
    """A foreign key that is gone."""

    table: Table
    key: ForeignKey


@dataclass(frozen=True, slots=True)
class RenameForeignKey:
    """A foreign key with another name."""

    table: Table
    before: ForeignKey
    after: ForeignKey


Step: TypeAlias = (
    CreateSchema
    | DropExtension
    | CreateExtension
    | AlterExtension
    | CreateEnum
    | AlterEnum
    | DropForeignKey
    | DropIndex
    | AlterTable
    | DropTable
    | DropEnum
    | CreateTable
    | CreateIndex
    | RenameForeignKey
    | AddForeignKey
    | RenameIndex
)

ORDER: dict[type[Step], int] = {
    kind: place
    for place, kind in enumerate(
        (
            CreateSchema,
            DropExtension,
            CreateExtension,
            AlterExtension,
            CreateEnum,
            AlterEnum,
            DropForeignKey,
            DropIndex,
            AlterTable,
            DropTable,
            DropEnum,
            CreateTable,
            CreateIndex,
            RenameForeignKey,
            AddForeignKey,
            RenameIndex,
        )
    )
}
