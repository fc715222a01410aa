"""Runs a script statement by statement, and looks in pg_locks at what each of them takes.

A statement that must stand alone is held up by sessions which use its tables, and is looked at from
outside while it waits for one of them after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.locks import locks
from forebay.migrate.lint.modes import Lock, Mode
from forebay.migrate.lint.parse import Statement, parse
from forebay.migrate.lint.story import Story
from forebay.migrate.lint.transactions import places, stands_alone
from tests.support.waiting import wait_until

VERSION = 18
_KINDS = "('r', 'p', 'v', 'm')"
_TABLES = f"""
select c.oid::int, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'sales') and c.relkind in {_KINDS}
"""
_HELD = """
select relation::int, mode from pg_locks
where locktype = 'relation' and database is not null and pid = %s
"""
_WAITS = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"

Modes = dict[str, Mode]


@dataclass
class Seen:
    """A statement: what was foretold of it, what it took, and with which code it was refused."""

    text: str
    foretold: Modes
    taken: Modes = field(default_factory=dict)
    refused: str | None = None

    @property
    def is_as_foretold(self) -> bool:
        """Whether it took what was foretold; one that was refused holds nothing any more."""
        return self.refused is not None or self.foretold == self.taken


def observe(text: str, url: str) -> list[Seen]:
    """Run a script on a database, and return what was seen of each of its statements."""
    script = parse(text)
    with ExitStack() as sessions:
        runner, watcher = (
            sessions.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(2)
        )
        if not script.statements:
            return [Seen(text, {}, {}, _refusal(runner, text))]
        story = Story(Facts(watcher))
        seen = []
        where = places(script.statements, "single", VERSION)
        held: Modes = {}
        for statement, place in zip(script.statements, where, strict=True):
            took = locks(statement, story)
            one = _observed(statement, took, held, runner, watcher, url)
            seen.append(one)
            if one.refused:
                break
            story.take(statement, place, took)
            is_open = runner.info.transaction_status == TransactionStatus.INTRANS
            held = _stronger(held, one.foretold) if is_open else {}
        return seen


def _refusal(runner: psycopg.Connection[Any], text: str) -> str | None:
    try:
        runner.execute(text.encode())
    except psycopg.Error as error:
        return error.sqlstate
    return None


def _observed(
    statement: Statement,
    took: Sequence[Lock],
    held: Modes,
    runner: psycopg.Connection[Any],
    watcher: psycopg.Connection[Any],
    url: str,
) -> Seen:
    there = dict(watcher.execute(_TABLES).fetchall())
    foretold = {one.relation.name: one.mode for one in took if one.relation.name in there.values()}
    one = Seen(statement.text, _stronger(held, foretold))
    is_open = runner.info.transaction_status == TransactionStatus.INTRANS
    if stands_alone(statement, VERSION) and not is_open:
        one.taken = _from_outside(statement, sorted(foretold), there, runner, watcher, url, one)
        return one
    if statement.kind == "transaction_stmt":
        one.refused = _refusal(runner, statement.text)
        one.foretold = {}
        return one
    if not is_open:
        runner.execute("begin")
    one.refused = _refusal(runner, statement.text)
    if one.refused is None:
        one.taken = _looked(watcher, runner.info.backend_pid, there)
    if not is_open:
        runner.execute("rollback" if one.refused else "commit")
    return one


def _stronger(before: Modes, after: Modes) -> Modes:
    names = {*before, *after}
    none = Mode.ACCESS_SHARE
    return {name: max(before.get(name, none), after.get(name, none)) for name in names}


def _looked(watcher: psycopg.Connection[Any], pid: int, there: dict[int, str]) -> Modes:
    found: Modes = {}
    for relation, mode in watcher.execute(_HELD, (pid,)):
        if relation in there:
            number = next(one for one in Mode if one.in_catalog == mode)
            name = there[relation]
            found[name] = max(found.get(name, number), number)
    return found


def _from_outside(
    statement: Statement,
    tables: list[str],
    there: dict[int, str],
    runner: psycopg.Connection[Any],
    watcher: psycopg.Connection[Any],
    url: str,
    one: Seen,
) -> Modes:
    """Look at a statement whenever it waits for one of the sessions that use its tables."""
    taken: Modes = {}
    with ExitStack() as sessions:
        # The partitioned table goes first: what is foretold last is waited for last.
        users = [sessions.enter_context(_user(url, name)) for name in _parents_first(tables)]
        running = Thread(target=lambda: setattr(one, "refused", _refusal(runner, statement.text)))
        running.start()
        pid = runner.info.backend_pid
        for user in users:
            wait_until(lambda: _is_waiting(watcher, pid) or not running.is_alive())
            taken = _stronger(taken, _looked(watcher, pid, there))
            user.rollback()
        running.join()
    return taken


def _parents_first(tables: list[str]) -> Iterator[str]:
    yield from sorted(tables, key=len)


def _user(url: str, table: str) -> psycopg.Connection[Any]:
    connection = psycopg.connect(url)
    connection.execute(sql.SQL("lock table {} in row exclusive mode").format(sql.Identifier(table)))
    return connection


def _is_waiting(watcher: psycopg.Connection[Any], pid: int) -> bool:
    row = watcher.execute(_WAITS, (pid,)).fetchone()
    return bool(row and row[0])
