"""A client with settings of its own, and the journal of what it has met.

It makes up its statements at random, keeps `isolation_model` of its own session, and
compares with it every answer. Lines in the journal: ``wrong WHO WHAT EXPECTED GOT``, ``error WHO
SQLSTATE WORDS``, ``cut``, and now and then ``count NAME NUMBER`` of what has been done since the
last.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.prove.isolation_model import (
    ENCODING,
    ISOLATION,
    NAMES,
    PATH,
    ROLE,
    TENANT,
    TIMEOUT,
    ZONE,
    Model,
)
from bench.wire import (
    Answer,
    Client,
    ConnectionLost,
    Endpoint,
    bind_messages,
    extended_messages,
    query_message,
    sync_message,
)

PROBE_NAME: Final = "probe"
REMEMBERED: Final = 12  # requests of a client, to say what came before a wrong answer
CUT_EVERY: Final = 2.0  # seconds between two cuts of one client, on average
COUNT_EVERY: Final = 0.5
DEEPEST: Final = 4
DIVISION_BY_ZERO: Final = "22012"
IN_FAILED_TRANSACTION: Final = "25P02"

PROBE: Final = (
    "select coalesce(current_setting('app.tenant', true), ''), current_setting('search_path'),"
    " current_setting('TimeZone'), current_user::text, current_setting('statement_timeout'),"
    " current_setting('client_encoding'), current_setting('default_transaction_isolation'),"
    " (select name from whose), pg_backend_pid()::text"
)
FAILURE: Final = "select 1 / 0"
# Few, so that others have the same ones as well.
ENCODINGS: Final = ("UTF8", "LATIN1", "WIN1252", "EUC_JP")
LEVELS: Final = ("read committed", "repeatable read", "serializable")

Step = Callable[[], Coroutine[Any, Any, None]]


class Wrong(Exception):
    """An answer that is not of the client's own session."""


class Journal:
    """Lines that outlive the process."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.counts: Counter[str] = Counter()
        self._counted = time.monotonic()

    def note(self, *words: object) -> None:
        """Write one line, words joined by tabs."""
        line = "\t".join(str(word).replace("\t", " ").replace("\n", " ") for word in words)
        os.write(self._descriptor, f"{line}\n".encode())

    def count(self, name: str) -> None:
        """Count something, and write the counts down now and then."""
        self.counts[name] += 1
        if time.monotonic() - self._counted > COUNT_EVERY:
            self.write_counts()

    def write_counts(self) -> None:
        """Write down what has been counted since the last time."""
        for name, number in self.counts.items():
            self.note("count", name, number)
        self.counts.clear()
        self._counted = time.monotonic()


@dataclass
class Resident:
    """One client: its own tenant, role, schema and time zone; everything it does, it checks."""

    endpoint: Endpoint
    number: int
    chance: random.Random
    journal: Journal
    deadline: float
    is_cut: bool
    client: Client | None = None
    model: Model = field(default_factory=lambda: Model(dict.fromkeys(NAMES, "")))
    is_prepared: bool = False
    has_setter: bool = False
    servers: set[str] = field(default_factory=set)
    last_server: str = ""
    history: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    async def live(self) -> None:
        """Go on until the time is over."""
        while time.monotonic() < self.deadline:
            try:
                await self._session()
            except Wrong as wrong:
                self.journal.note("wrong", self.number, *wrong.args, " -> ".join(self.history))
            except ConnectionLost as lost:
                if self.client is None or not self.client.is_abandoned:
                    self.journal.note("error", self.number, lost.sqlstate, lost)
            if self.client is not None:
                self.client.abandon()
                self.client = None
        self.journal.note("servers", self.number, len(self.servers))
        self.journal.write_counts()

    async def _session(self) -> None:
        start = {
            TENANT: "",
            PATH: '"$user", public',
            ZONE: "UTC",
            ROLE: self.endpoint.user,
            TIMEOUT: "0",
            ENCODING: "UTF8",
            ISOLATION: "read committed",
        }
        parameters = {}
        if self.chance.random() < 0.5:
            start[ZONE] = parameters["TimeZone"] = self._value(ZONE)
        if self.chance.random() < 0.5:
            start[TENANT] = self._value(TENANT)
            parameters["options"] = f"-c app.tenant={start[TENANT]}"
        self.model, self.is_prepared, self.has_setter = Model(start), False, False
        self.history.clear()
        self.history.append(f"start {parameters}")
        self.client = await Client.connect(self.endpoint, **parameters)
        self.journal.count("sessions")
        cut = None
        if self.is_cut:
            delay = self.chance.expovariate(1 / CUT_EVERY)
            cut = asyncio.get_running_loop().call_later(delay, self._cut, self.client)
        try:
            while time.monotonic() < self.deadline:
                await self._step()
        finally:
            if cut is not None:
                cut.cancel()
        await self.client.close()
        self.client.is_abandoned = True

    def _cut(self, client: Client) -> None:
        self.journal.note("cut")
        client.abandon()

    async def _step(self) -> None:
        step = self.chance.choice(self._choices())
        self.journal.count(step.__name__.strip("_"))
        await step()

    def _choices(self) -> list[Step]:
        """Name what may be done now, the more often the likelier."""
        if self.model.is_aborted:
            choices = [self._probe_in_failed, self._rollback, self._commit]
            if self.model.depth > 1:
                choices += [self._rollback_to] * 3
        elif self.model.depth:
            choices = [self._probe] * 3 + [self._set] * 3 + [self._set_local, self._reset]
            choices += [self._fail, self._commit, self._rollback]
            choices += [self._savepoint] * 2 if self.model.depth < DEEPEST else []
            choices += [self._rollback_to, self._release] if self.model.depth > 1 else []
        else:
            choices = [self._probe] * 6 + [self._set] * 3 + [self._begin] * 3
            choices += [self._reset, self._fail, self._several, self._several_fail]
            choices += [self._pipeline_fails, self._commit_then_fail, self._set_local_block]
            if self.chance.random() < 0.05:
                choices = [self._reset_all, self._discard_all]
        return choices

    # What is sent, and what must come back.

    @property
    def _talking(self) -> Client:
        if self.client is None:
            raise ConnectionLost("there is no session")
        return self.client

    async def _exchange(self, request: bytes, sqlstate: str = "") -> Answer:
        self.history.append(" ".join(re.findall(r"[ -~]{4,}", request.decode("latin-1"))))
        answer = await self._talking.exchange(request)
        met = answer.failure.sqlstate if answer.failure else ""
        if met != sqlstate:
            words = answer.failure.message if answer.failure else ""
            raise Wrong("sqlstate", sqlstate or "none", f"{met or 'none'} {words}")
        return answer

    async def _run(self, sql: str, sqlstate: str = "") -> Answer:
        """Run a statement by one of the two protocols."""
        if self.chance.random() < 0.5:
            return await self._exchange(query_message(sql), sqlstate)
        return await self._exchange(extended_messages(sql), sqlstate)

    async def _probe(self) -> None:
        request = query_message(PROBE)
        form = self.chance.choice(["simple", "unnamed", "named"])
        if form == "unnamed":
            request = extended_messages(PROBE)
        elif form == "named":
            request = extended_messages(PROBE, PROBE_NAME, is_parsed=self.is_prepared)
        answer = await self._exchange(request)
        self.is_prepared = self.is_prepared or form == "named"
        (row,) = answer.rows
        self._compare(row)
        self.journal.count("answers")

    def _compare(self, row: tuple[str | None, ...]) -> None:
        current = self.model.current
        schema = current(PATH).partition(",")[0]
        owner = schema if schema.startswith("s") else "everybody"
        named = (*NAMES, "whose table")
        wanted = (*(current(name) for name in NAMES), owner)
        for name, value, got in zip(named, wanted, row[: len(named)], strict=True):
            if value != got:
                raise Wrong(name, value, got)
        for name in (ZONE, ENCODING):
            said = self._talking.parameters.get(name)
            if said != current(name):
                raise Wrong(f"ParameterStatus of {name}", current(name), said)
        server = row[-1] or ""
        self.servers.add(server)
        if self.last_server and server != self.last_server:
            self.journal.count("server changes")
        self.last_server = server
        self.history.append(f"was server {server}")

    async def _probe_in_failed(self) -> None:
        await self._run(PROBE, IN_FAILED_TRANSACTION)

    # Settings.

    def _value(self, name: str) -> str:
        """Make up a value that no other client has, and this one seldom had before."""
        number, turn = self.number, self.chance.randrange(60)
        # An odd number, because PostgreSQL shows a round one in another unit.
        milliseconds = 2 * (100_000 + number * 60 + turn) + 1
        return {
            TENANT: f"t{number}-{turn}",
            PATH: f"s{number}, public" if turn % 3 else f"s{number}",
            ZONE: f"<C{number}>{turn % 12}:{turn:02}",
            ROLE: f"r{number}",
            TIMEOUT: f"{milliseconds}ms",
            ENCODING: ENCODINGS[turn % len(ENCODINGS)],
            ISOLATION: LEVELS[turn % len(LEVELS)],
        }[name]

    def _set_text(self, name: str, value: str, *, is_local: bool = False) -> str:
        if name == ROLE:
            return f"set {'local ' if is_local else ''}role {value}"
        if self.chance.random() < 0.3:
            flag = "true" if is_local else "false"
            return f"select set_config('{name}', '{value}', {flag})"
        word = " local" if is_local else self.chance.choice(["", " session"])
        if name == PATH:
            return f"set{word} search_path to {value}"
        if name == ISOLATION and not is_local and self.chance.random() < 0.5:
            return f"set session characteristics as transaction isolation level {value}"
        if name == ENCODING and self.chance.random() < 0.3:
            return f"set{word} names '{value}'"
        return f"set{word} {name} = '{value}'"

    def _choose(self) -> tuple[str, str]:
        name = self.chance.choice(NAMES)
        return name, self._value(name)

    async def _set(self) -> None:
        name, value = self._choose()
        if self.chance.random() < 0.2:
            sql = "select set_config($1, $2, false)"
            await self._exchange(bind_messages(sql, [name, value]))
        else:
            await self._run(self._set_text(name, value))
        self.model.set(name, value)

    async def _set_local(self) -> None:
        name, value = self._choose()
        await self._run(self._set_text(name, value, is_local=True))
        self.model.set(name, value, is_local=True)

    async def _reset(self) -> None:
        name = self.chance.choice(NAMES)
        plain = f"reset {name}"
        default = f"set {name} to default" if name != ROLE else "set role none"
        await self._run(self.chance.choice([plain, default]))
        self.model.reset(name)

    async def _reset_all(self) -> None:
        await self._run("reset all")
        self.model.reset_all()

    async def _discard_all(self) -> None:
        await self._run("discard all")
        self.model.discard_all()
        self.is_prepared = self.has_setter = False

    # Transactions.

    async def _begin(self) -> None:
        await self._run("begin")
        self.model.begin()

    async def _commit(self) -> None:
        await self._run("commit")
        self.model.commit()

    async def _rollback(self) -> None:
        await self._run("rollback")
        self.model.rollback()

    async def _savepoint(self) -> None:
        await self._run(f"savepoint p{self.model.depth}")
        self.model.begin()

    async def _release(self) -> None:
        await self._run(f"release p{self.model.depth - 1}")
        self.model.release()

    async def _rollback_to(self) -> None:
        depth = self.chance.randrange(1, self.model.depth)
        await self._run(f"rollback to p{depth}")
        self.model.rollback_to(depth)

    async def _fail(self) -> None:
        await self._run(FAILURE, DIVISION_BY_ZERO)
        self.model.fail()

    # Several statements in one message, or before one Sync.

    async def _several(self) -> None:
        chosen = [self._choose() for _ in range(3)]
        texts = [self._set_text(name, value) for name, value in chosen]
        await self._exchange(query_message("; ".join(texts)))
        for name, value in chosen:
            self.model.set(name, value)

    async def _several_fail(self) -> None:
        name, value = self._choose()
        sql = f"{self._set_text(name, value)}; {FAILURE}"
        await self._exchange(query_message(sql), DIVISION_BY_ZERO)

    async def _pipeline_fails(self) -> None:
        (name, value), (kept_name, kept) = self._choose(), self._choose()
        lost = extended_messages(self._set_text(name, value), syncs=False)
        failing = extended_messages(FAILURE)
        whole = extended_messages(self._set_text(kept_name, kept), syncs=False) + sync_message()
        await self._exchange(lost + failing, DIVISION_BY_ZERO)
        await self._exchange(whole)
        self.model.set(kept_name, kept)

    async def _commit_then_fail(self) -> None:
        (name, value), (lost_name, lost) = self._choose(), self._choose()
        sql = (
            f"begin; {self._set_text(name, value)}; commit;"
            f" {self._set_text(lost_name, lost)}; {FAILURE}"
        )
        await self._exchange(query_message(sql), DIVISION_BY_ZERO)
        self.model.set(name, value)

    async def _set_local_block(self) -> None:
        (name, value), (kept_name, kept) = self._choose(), self._choose()
        texts = [self._set_text(kept_name, kept), self._set_text(name, value, is_local=True)]
        await self._exchange(query_message(f"begin; {'; '.join(texts)}; commit"))
        self.model.set(kept_name, kept)
