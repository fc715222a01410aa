"""What a migration may lose, and where it may fail on the rows that are there: Prisma's checks.

Without a database everything that might happen is said, as in a migration's file, which is made in
one place and runs in another. With one, rows and values are counted, and what cannot happen is not
said. The sentences are Prisma's: people and programs look for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from forebay.migrate.database import Column, Table
from forebay.migrate.diff import steps as to
from forebay.migrate.diff.columns import ColumnChange
from forebay.migrate.names import native
from forebay.migrate.render import qualified, quoted


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a table has, and how many values a column; None where nobody has counted."""

    rows: int | None = None
    values: int | None = None

    @property
    def is_harmless(self) -> bool:
        """Whether there is no value to lose."""
        return self.rows == 0 or self.values == 0


UNKNOWN = Counts()


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at: what is counted, and what is said of the counts, None for nothing.

    ``is_fatal`` is what would fail; the rest loses something, or only may fail.
    """

    say: Callable[[Counts], str | None]
    is_fatal: bool = False
    table: Table | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Dangers:
    """What was found."""

    warnings: tuple[str, ...] = ()
    unexecutable: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.warnings or self.unexecutable)

    @property
    def block(self) -> str:
        """The remark at the head of a migration's file, empty where there is nothing to say."""
        if not self:
            return ""
        lines = "".join(f"  - {one}\n" for one in (*self.warnings, *self.unexecutable))
        return f"/*\n  Warnings:\n\n{lines}\n*/\n"


def dangers(steps: Sequence[to.Step], connection: psycopg.Connection[Any] | None = None) -> Dangers:
    """Return what some steps may lose; a connection is to the database that they would change."""
    counter = _Counter(connection)
    found: tuple[list[str], list[str]] = ([], [])
    for step in steps:
        for check in _checks(step):
            said = check.say(counter.counts(check.table, check.column))
            if said is not None:
                found[check.is_fatal].append(said)
    return Dangers(tuple(found[0]), tuple(found[1]))


class _Counter:
    """Counts each table and column once."""

    def __init__(self, connection: psycopg.Connection[Any] | None) -> None:
        self._connection = connection
        self._known: dict[str, int] = {}

    def counts(self, table: Table | None, column: str | None) -> Counts:
        if self._connection is None or table is None:
            return UNKNOWN
        name = qualified(table.schema or table.home, table.name)
        rows = self._ask(self._connection, f"select count(*) from {name}")
        if column is None:
            return Counts(rows)
        condition = f"{quoted(column)} is not null"
        return Counts(
            rows, self._ask(self._connection, f"select count(*) from {name} where {condition}")
        )

    def _ask(self, connection: psycopg.Connection[Any], question: str) -> int:
        if question not in self._known:
            row = connection.execute(question.encode()).fetchone()
            self._known[question] = row[0] if row else 0
        return self._known[question]


def _checks(step: to.Step) -> Iterator[Check]:
    match step:
        case to.AlterTable():
            yield from _of_table(step)
        case to.DropTable():
            yield Check(_dropped_table(step.table), table=step.table)
        case to.CreateIndex() if step.index.is_unique and step.is_addition:
            columns = ",".join(one.name for one in step.index.columns)
            yield _always(
                f"A unique constraint covering the columns `[{columns}]` on the table"
                f" `{step.table.name}` will be added. If there are existing duplicate values, this"
                " will fail."
            )
        case to.AlterEnum() if step.removed:
            yield _always(
                f"The values [{','.join(step.removed)}] on the enum `{step.after.name}` will be"
                " removed. If these variants are still used in the database, this will fail."
            )


def _always(text: str) -> Check:
    return Check(lambda _: text)


def _of_table(step: to.AlterTable) -> Iterator[Check]:
    table = step.before
    if step.dropped_key is not None:
        text = (
            f"The primary key for the `{table.name}` table will be changed. If it partially fails,"
            " the table could be left without primary key constraint."
        )
        yield Check(lambda counts: None if counts.rows == 0 else text, table=table)
    for column in step.dropped:
        yield Check(_dropped_column(table, column), table=table, column=column.name)
    for column in step.added:
        if column.arity == "required" and column.default is None:
            yield Check(_added(table, column), is_fatal=True, table=table)
    for change in step.changed:
        if change.cast == "impossible":
            yield _made_anew(table, change)
        else:
            yield from _altered(table, change)


def _dropped_table(table: Table) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        about = f"You are about to drop the `{table.name}` table"
        if counts.rows is None:
            return f"{about}. If the table is not empty, all the data it contains will be lost."
        return f"{about}, which is not empty ({counts.rows} rows)." if counts.rows else None

    return say


def _dropped_column(table: Table, column: Column) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        about = f"You are about to drop the column `{column.name}` on the `{table.name}` table"
        if counts.is_harmless:
            return None
        if counts.values is None:
            return f"{about}. All the data in the column will be lost."
        return f"{about}, which still contains {counts.values} non-null values."

    return say


def _added(table: Table, column: Column) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        if counts.rows == 0:
            return None
        why = "This is not possible if the table is not empty."
        if counts.rows is not None:
            why = (
                f"There are {counts.rows} rows in this table, it is not possible to execute this"
                " step."
            )
        if column.is_made_by_client:
            return (
                f"The required column `{column.name}` was added to the `{table.name}` table with a"
                f" prisma-level default value. {why} Please add this column as optional, then"
                " populate it before making it required."
            )
        return (
            f"Added the required column `{column.name}` to the `{table.name}` table without a"
            f" default value. {why}"
        )

    return say


def _made_anew(table: Table, change: ColumnChange) -> Check:
    """Check a column that is dropped and added again, because no cast leads to its new type."""
    before, after = change.before, change.after
    if after.arity != "required" or after.default is not None:
        return Check(_lost(table, before), table=table, column=before.name)
    if before.arity == "nullable":
        say = _added(table, Column(before.name, after.type))
        return Check(say, is_fatal=True, table=table)
    return Check(_lost_required(table, before), is_fatal=True, table=table)


def _lost(table: Table, column: Column) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        if counts.is_harmless:
            return None
        where = " if there is data in the column" if counts.values is None else ""
        return (
            f"The `{column.name}` column on the `{table.name}` table would be dropped and"
            f" recreated. This will lead to data loss{where}."
        )

    return say


def _lost_required(table: Table, column: Column) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        if counts.rows == 0:
            return None
        why = (
            "which cannot be done if there is data, since the column is required."
            if counts.rows is None
            else "which cannot be done since the column is required and there is data in the table."
        )
        return (
            f"Changed the type of `{column.name}` on the `{table.name}` table. No cast exists, the"
            f" column would be dropped and recreated, {why}"
        )

    return say


def _altered(table: Table, change: ColumnChange) -> Iterator[Check]:
    before, after = change.before, change.after
    if change.arity and before.arity == "nullable" and after.arity == "required":
        yield Check(_required(table, before), is_fatal=True, table=table, column=before.name)
    if change.arity and before.arity != "list" and after.arity == "list":
        yield Check(_listed(table, before), is_fatal=True, table=table, column=before.name)
    if change.cast == "risky":
        yield Check(_cast(table, change), table=table, column=before.name)


def _required(table: Table, column: Column) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        about = f"Made the column `{column.name}` on table `{table.name}` required"
        if counts.rows is None or counts.values is None:
            return f"{about}. This step will fail if there are existing NULL values in that column."
        nulls = counts.rows - counts.values
        return f"{about}, but there are {nulls} existing NULL values." if nulls else None

    return say


def _listed(table: Table, column: Column) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        if counts.is_harmless:
            return None
        why = "If there are non-null values in that column, this step will fail."
        if counts.values is not None:
            why = (
                f"There are {counts.values} existing non-null values in that column, this step"
                " cannot be executed."
            )
        return (
            f"Changed the column `{column.name}` on the `{table.name}` table from a scalar field to"
            f" a list field. {why}"
        )

    return say


def _cast(table: Table, change: ColumnChange) -> Callable[[Counts], str | None]:
    def say(counts: Counts) -> str | None:
        if counts.is_harmless:
            return None
        about = (
            f"You are about to alter the column `{change.before.name}` on the `{table.name}` table"
        )
        end = (
            f"The data in that column will be cast from `{native(change.before.type)}` to"
            f" `{native(change.after.type)}`."
        )
        if counts.values is None:
            return f"{about}. The data in that column could be lost. {end}"
        return f"{about}, which contains {counts.values} non-null values. {end}"

    return say
