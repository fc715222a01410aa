"""Runs migrations' scripts, as Prisma sends them: a script is one simple query.

PostgreSQL runs such a query as one transaction, unless the script says otherwise. A script with a
statement that no transaction may hold is sent in parts, and each part that is done is recorded.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from forebay.errors import MigrationError
from forebay.migrate import texts
from forebay.migrate.folder import Migration
from forebay.migrate.history import History, pending, refuse_failed
from forebay.migrate.interrupt import Interrupted, Now, Signals
from forebay.migrate.statements import (
    has_copy,
    index_of,
    is_dropping_concurrently,
    is_one_transaction,
    parts,
)

Say = Callable[[str], None]
Look = Callable[[Sequence[Migration]], None]

# What PostgreSQL says of a script that a signal stopped.
_STOPPED = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
_UNKNOWN = "Nobody knows how far it came: look at what is left of it."
# Not by to_regclass: an index is in its table's schema, wherever the search path leads.
_INVALID = """
select format('%%I.%%I', n.nspname, c.relname) from pg_index i
join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
where not i.indisvalid and c.relname = %s and not exists (
    -- Another's that is being built is invalid as well.
    select from pg_locks l where l.relation = i.indrelid and l.pid <> pg_backend_pid()
    and l.mode = 'ShareUpdateExclusiveLock')
"""
# How long nobody looks at whether a signal has come.
_STEP = 0.05
# How many lines before the one that PostgreSQL points at are shown.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a statement waits for a table's lock, and how often a script is tried again.

    A statement in line for a lock holds up everybody behind it: better to step back and try again.
    """

    lock_timeout: float = 10.0
    tries: int = 5
    pause: float = 1.0


class Runner:
    """Runs scripts on one connection."""

    def __init__(
        self, connection: psycopg.Connection[Any], *, patience: Patience | None = None, say: Say
    ) -> None:
        self._connection = connection
        self._patience = patience or Patience()
        self._say = say
        self._version = connection.info.server_version
        self._signals = Signals(connection)

    def deploy(
        self,
        history: History,
        migrations: Sequence[Migration],
        schemas: Sequence[str],
        look: Look | None = None,
    ) -> list[str]:
        """Apply what has not been applied, and return its names. The lock must be held.

        ``look`` is shown what is about to be applied, and raises what stands in its way.

        Raises:
            MigrationError: the database is no place for it (P3005, P3009), or a script failed
                (P3018); the history says so then.
            Interrupted: a signal stopped it; the history says how far it came.
        """
        done: list[str] = []
        todo: list[Migration] = []
        try:
            with self._signals.taken():
                todo += self._todo(history, migrations, schemas, look)
                for number, migration in enumerate(todo, 1):
                    self._signals.check()
                    count = f" ({number} of {len(todo)})" if len(todo) > 1 else ""
                    self._say(f"Applying migration `{migration.name}`{count}")
                    self._apply(history, migration)
                    done.append(migration.name)
                self._signals.check()
        except Interrupted as stopped:
            names = [one.name for one in todo if one.name not in (*done, stopped.script)]
            raise stopped.among(done, names) from None
        return done

    def _todo(
        self,
        history: History,
        migrations: Sequence[Migration],
        schemas: Sequence[str],
        look: Look | None,
    ) -> list[Migration]:
        if not history.is_there:
            history.create(schemas)
        rows = history.rows()
        refuse_failed(rows)
        todo = pending(migrations, rows)
        if look is not None:
            look(todo)
        return todo

    def _apply(self, history: History, migration: Migration) -> None:
        with self._signals.held():
            identity = history.start(migration)
            try:
                self.run(migration.name, migration.script, lambda: history.step(identity))
            except MigrationError as error:
                self._fail(history, identity, error)
                raise
            except Now:
                # A second signal: nobody waited for what the server says.
                number = self._signals.received() or signal.SIGINT
                stopped = Interrupted(number, script=migration.name, kept=_UNKNOWN)
                self._fail(history, identity, stopped)
                raise stopped from None
            _surely(lambda: history.finish(identity))

    def _fail(self, history: History, identity: str, error: MigrationError) -> None:
        if not self._connection.broken:
            self._end_transaction()
            _surely(partial(history.fail, identity, error.message))

    def run(self, name: str, script: str, done: Callable[[], None]) -> None:
        """Run a script; ``done`` is called whenever a part of it is.

        Raises:
            MigrationError: PostgreSQL refused it (P3018), or went away (P1017).
        """
        if "\0" in script:
            # A query ends at its first zero byte: what follows would be left out, and not missed.
            said = "the script holds a zero byte: PostgreSQL would not see what comes after it"
            raise texts.not_applied(name, "22021", said, "take the zero byte out; nothing was sent")
        if has_copy(script):
            raise texts.copies(name)
        sent = parts(script, self._version)
        for number, part in enumerate(sent, 1):
            if (came := self._signals.received()) is not None:
                raise Interrupted(came, script=name, kept=_done_before(number, len(sent)))
            try:
                self._send(part)
            except psycopg.Error as error:
                if self._connection.broken:
                    raise texts.lost(f"nobody knows whether `{name}` was applied") from None
                self._end_transaction()
                came = self._signals.received()
                if came is not None and isinstance(error, _STOPPED):
                    kept = _kept(script, number, len(sent))
                    raise Interrupted(came, script=name, kept=kept) from None
                raise _refusal(name, part, error, number, len(sent)) from None
            if self._end_transaction():
                said = "the script begins a transaction, and does not end it: it was rolled back"
                raise texts.not_applied(name, "25001", said, "end it with COMMIT")
            _surely(done)

    def _send(self, text: str) -> None:
        """Send a query, again after a pause where a lock was not to be had and nothing is done."""
        made = index_of(text)
        may_repeat = made is not None or is_dropping_concurrently(text)
        may_repeat |= is_one_transaction(text, self._version)
        before = self._invalid(made)
        limit = f"{round(self._patience.lock_timeout * 1000)}ms"
        self._connection.execute("select set_config('lock_timeout', %s, false)", (limit,))
        tries = self._patience.tries if may_repeat else 1
        for attempt in range(1, tries + 1):
            try:
                self._drop(self._invalid(made) - before)
                # Without parameters it is a simple query, of as many statements as there are.
                with self._signals.cancelling():
                    self._connection.execute(text.encode())
                return
            except psycopg.errors.LockNotAvailable:
                if attempt == tries or self._signals.received() is not None:
                    raise
                self._end_transaction()
                pause = self._patience.pause * 2 ** (attempt - 1)
                self._say(f"  a lock was not free for {limit}: again in {pause:g} s")
                self._rest(pause)
                if self._signals.received() is not None:
                    raise

    def _invalid(self, name: str | None) -> set[str]:
        """Return the invalid indexes of a name, each with its schema."""
        if name is None:
            return set()
        found = self._connection.execute(_INVALID, (name,))
        return {row[0] for row in found.fetchall()}

    def _drop(self, indexes: set[str]) -> None:
        """Drop what a statement left behind that is to be tried again: its name must be free."""
        for one in indexes:
            self._connection.execute(f"drop index concurrently {one}".encode())

    def _rest(self, seconds: float) -> None:
        """Wait for a while, or for a signal."""
        end = time.monotonic() + seconds
        while self._signals.received() is None and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _STEP))

    def _end_transaction(self) -> bool:
        """Roll back what a script left open; say whether there was anything."""
        if self._connection.broken or self._connection.closed:
            return False
        if self._connection.info.transaction_status == TransactionStatus.IDLE:
            return False
        self._connection.execute("rollback")
        return True


def _surely(write: Callable[[], None]) -> None:
    """Write to the history, again where a cancel request came too late for the script."""
    try:
        write()
    except psycopg.errors.QueryCanceled:
        write()


def _done_before(number: int, count: int) -> str:
    if number == 1:
        return "Nothing of it was kept."
    return f"It is sent in {count} parts: {number - 1} of them are done and stay."


def _kept(script: str, number: int, count: int) -> str:
    """Say what is left of a script of which a part was cancelled."""
    if count > 1:
        return (
            f"{_done_before(number, count)} Part {number} was cancelled: an index that it was"
            " making concurrently is left behind as invalid, to be dropped."
        )
    if (index := index_of(script)) is not None:
        return f"{_left(index)[0].upper()}{_left(index)[1:]}."
    if is_one_transaction(script):
        return "It was one transaction, and PostgreSQL has undone it: nothing of it is left."
    return "What it has committed itself stays; PostgreSQL has undone the rest."


def _left(index: str) -> str:
    name = '"' + index.replace('"', '""') + '"'
    return (
        f"the index {name} may be left behind as invalid: see to it with DROP INDEX CONCURRENTLY IF"
        f" EXISTS {name}"
    )


# What to do about what PostgreSQL says most often of scripts that were written for a schema.
_MENDED = {
    "55P04": "a new value of an enum can be used once it is committed: put ALTER TYPE … ADD VALUE"
    " into a migration of its own, before this one",
    "23505": "find the rows with the same values, and change or delete all but one first",
    "23502": "find the rows with a null, and fill them first",
    "23503": "find the rows that refer to nothing, and change or delete them first",
    "23514": "find the rows that do not pass the check, and change them first",
    "22P02": "find the rows whose values the type does not know, and change them first",
    "2BP01": "something else hangs on it: drop that first, or in the same script",
}


def mended(state: str) -> str | None:
    """Return what to do about an error of PostgreSQL's, by its SQLSTATE, where that is known."""
    return _MENDED.get(state)


def _refusal(
    name: str, script: str, error: psycopg.Error, number: int, count: int
) -> MigrationError:
    state = error.sqlstate or "none"
    kept = "what it has committed itself stays"
    if count > 1:
        kept = f"part {number} of {count} failed; those before it are done and stay"
    elif is_one_transaction(script):
        kept = "the script is one transaction: nothing of it was kept"
    if (index := index_of(script)) is not None:
        kept = f"{kept}; {_left(index)}" if count > 1 else _left(index)
    known = mended(state)
    way = f"then `forebay migrate resolve --rolled-back {name}`, and it runs again"
    hint = "\n      ".join([kept, *([known] if known else []), way])
    return texts.not_applied(name, state, said(error, script), hint)


def said(error: psycopg.Error, script: str) -> str:
    """Return what PostgreSQL said of a script, and show the line that it points at."""
    told = error.diag
    lines = [f"{told.severity or 'ERROR'}: {told.message_primary or error}"]
    lines += [f"DETAIL: {told.message_detail}"] if told.message_detail else []
    lines += [f"HINT: {told.message_hint}"] if told.message_hint else []
    position = told.statement_position
    shown = _around(script, int(position)) if position else []
    return "\n".join([*lines, *(("", "Position:", *shown) if shown else ())])


def _around(script: str, position: int) -> list[str]:
    line = script.count("\n", 0, position - 1)
    lines = script.split("\n")
    first = max(0, line - _SHOWN)
    return [f"{number + 1:>3} {lines[number]}".rstrip() for number in range(first, line + 1)]
