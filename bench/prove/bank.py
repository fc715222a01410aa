"""A bank goes on while PostgreSQL is restarted, clients are killed and the pooler is reloaded.

64 clients move money among 1,000 accounts, each movement with an id in a ledger. Afterwards the
total is what it was, every account follows from the ledger, and every movement whose commit was
answered is in the ledger once. Those that were cut after their commit was sent are looked up by id,
which is what an application has to do as well.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

from bench.database import ROLE, Database, throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import PROJECT, Contestant, Running
from bench.postmaster import ENDS, End
from bench.processes import Child, wait_until
from bench.prove.bank_books import OPENING_BALANCE, Audit, Books, Diary, Entry, audit, counted
from bench.prove.bank_books import read_diary as read_lines
from bench.prove.bank_clients import ACCOUNTS, LONGEST_WAIT
from bench.prove.registry import Context, Finding, Say, proof

CLIENTS = 64
PROCESSES = 2
SEED = "bank-1"
RELOADS = 20  # over the whole time
# When PostgreSQL is ended, and each way once; when a process of clients is killed. Of the time.
RESTARTS: tuple[tuple[float, End], ...] = tuple(zip((0.15, 0.4, 0.65), ENDS, strict=True))
KILLS = (0.3, 0.55)
PAUSE = 0.02
SETTLING = 30.0

SCHEMA = f"""
create table accounts (id integer primary key, balance bigint not null);
create table ledger (id text not null, source integer, target integer, amount integer);
insert into accounts select n, {OPENING_BALANCE} from generate_series(0, {ACCOUNTS - 1}) n;
alter table accounts owner to {ROLE};
alter table ledger owner to {ROLE};
"""


@dataclass
class Scene:
    """A bank that is open: its clients, and what has been done to it."""

    database: Database
    running: Running
    seed: str
    deadline: float
    resources: ExitStack
    restarts: list[str] = field(default_factory=list)
    reloads: list[str] = field(default_factory=list)
    kills: int = 0
    processes: list[Child] = field(default_factory=list)
    generation: int = 0

    def open_tills(self) -> Child:
        """Start a process of clients that works until the deadline."""
        self.generation += 1
        name = f"clients-{self.generation}"
        endpoint = self.running.endpoint
        seconds = max(0.0, self.deadline - time.monotonic())
        command = [sys.executable, "-m", "bench.prove.bank_clients", endpoint.host]
        command += [str(endpoint.port), endpoint.user, endpoint.database]
        command += [str(self.database.scratch(f"{name}.journal")), self.seed, f"{seconds:.1f}"]
        command += [str(self.generation), str(CLIENTS // PROCESSES)]
        log = self.database.scratch(f"{name}.log")
        return self.resources.enter_context(Child(command, log=log, directory=PROJECT))

    def restart(self, how: End) -> None:
        """End PostgreSQL in this way, and start it again."""
        self.database.server.restart(how)
        self.restarts.append(how)

    def kill(self) -> None:
        """Kill a process of clients as the system would, and start another in its place."""
        victim = self.processes.pop(0)
        victim.kill()
        self.kills += 1
        self.processes.append(self.open_tills())

    def reload(self) -> None:
        """Have the pooler read its settings again."""
        self.reloads.append(self.running.reload())


@dataclass(frozen=True)
class Rest:
    """What is left when everybody has gone, as the pooler and PostgreSQL say."""

    clients: int
    lent: int
    idle: int
    panics: int
    sessions: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left but servers at rest, and both count as many of them."""
        return (self.clients, self.lent, self.panics) == (0, 0, 0) and self.idle == self.sessions


@dataclass(frozen=True)
class Outcome:
    """What is known when the bank has closed."""

    scene: Scene
    diary: Diary
    books: Books
    audit: Audit
    rest: Rest | None  # of a pooler that says so


def _timetable(scene: Scene, seconds: float) -> list[tuple[float, Callable[[], None]]]:
    """Order what will be done, by the moment it is to be done."""
    start = scene.deadline - seconds
    events: list[tuple[float, Callable[[], None]]] = []
    for part, how in RESTARTS:
        events.append((start + part * seconds, lambda how=how: scene.restart(how)))  # type: ignore[misc]
    events += [(start + part * seconds, scene.kill) for part in KILLS]
    events += [(start + n * seconds / RELOADS, scene.reload) for n in range(1, RELOADS)]
    return sorted(events, key=lambda event: event[0])


def _serve(scene: Scene, seconds: float, say: Say) -> None:
    scene.processes = [scene.open_tills() for _ in range(PROCESSES)]
    for moment, act in _timetable(scene, seconds):
        while time.monotonic() < moment:
            for process in scene.processes:
                if not process.is_running():
                    raise BenchError(f"a process of clients ended: {process.last_words()}")
            time.sleep(PAUSE)
        act()
        say(f"{len(scene.restarts)} restarts, {scene.kills} kills, {len(scene.reloads)} reloads")
    for process in scene.processes:
        # A client may be waiting for an answer; it says so itself if that takes too long.
        left = max(0.0, scene.deadline - time.monotonic()) + 2 * LONGEST_WAIT
        wait_until(lambda process=process: not process.is_running(), left, "the clients' end")  # type: ignore[misc]
        if process.stop() != 0:
            raise BenchError(f"a process of clients failed: {process.last_words()}")


def _sessions(database: Database) -> int:
    return int(database.ask(f"select count(*) from pg_stat_activity where usename = '{ROLE}'"))


def _rest(scene: Scene) -> Rest | None:
    said = scene.running.statistics()
    if not said:
        return None
    pools = cast(list[dict[str, int]], said["pools"])
    return Rest(
        clients=cast(int, said["clients"]),
        lent=sum(pool["server_active"] + pool["server_connecting"] for pool in pools),
        idle=sum(pool["server_idle"] for pool in pools),
        panics=cast(int, said["panics"]),
        sessions=_sessions(scene.database),
    )


def _settled(scene: Scene) -> Rest | None:
    """Wait until the pooler is at rest and agrees with PostgreSQL; return what it says anyway."""

    def is_settled() -> bool:
        rest = _rest(scene)
        return rest is None or rest.is_clean

    with suppress(BenchError):
        wait_until(is_settled, SETTLING, "the pooler and PostgreSQL to agree")
    return _rest(scene)


def _books(database: Database) -> Books:
    rows = database.ask("select id, source, target, amount from ledger").splitlines()
    ledger = []
    for row in rows:
        id_, source, target, amount = row.split("|")
        ledger.append(Entry(id_, int(source), int(target), int(amount)))
    balances = {}
    for row in database.ask("select id, balance from accounts").splitlines():
        account, _, balance = row.partition("|")
        balances[int(account)] = int(balance)
    return Books(ledger, balances, ACCOUNTS)


def _diary(database: Database) -> Diary:
    lines: list[str] = []
    for path in sorted(database.folder.glob("clients-*.journal")):
        lines += path.read_text().splitlines()
    return read_lines(lines)


@contextmanager
def _bank(contestant: Contestant) -> Iterator[tuple[Database, Running]]:
    with throw_away_database(is_durable=True) as database:
        database.ask(SCHEMA)
        with contestant.start(database, "tcp") as running:
            yield database, running


def run_bank(contestant: Contestant, seconds: float, seed: str, say: Say) -> Outcome:
    """Keep the bank open for so long; return what was found when it had closed."""
    with _bank(contestant) as (database, running), ExitStack() as resources:
        scene = Scene(database, running, seed, time.monotonic() + seconds, resources)
        _serve(scene, seconds, say)
        rest = _settled(scene)
        diary, books = _diary(database), _books(database)
    return Outcome(scene, diary, books, audit(diary, books), rest)


def findings(outcome: Outcome) -> list[Finding]:
    """Judge what was found."""
    scene, diary, books, found = outcome.scene, outcome.diary, outcome.books, outcome.audit
    errors = dict(diary.errors.most_common())
    by_state: dict[str, int] = {}
    for words, count in errors.items():
        state = words.partition(" ")[0]
        by_state[state] = by_state.get(state, 0) + count
    said = ", ".join(f"{state} {count:,}" for state, count in sorted(by_state.items()))
    result = [
        Finding(
            "the total is what it was",
            f"{books.before:,}",
            f"{books.after:,}; accounts that differ from the ledger:"
            f" {counted(found.wrong_balances)}",
            books.after == books.before and not found.wrong_balances,
            {"seed": scene.seed, "errors": errors},
        ),
        Finding(
            "every movement whose commit was answered is in the ledger once",
            "> 0 answered, none missing or twice",
            f"{len(diary.answered):,} answered; missing: {counted(found.missing)};"
            f" twice: {counted(found.doubled)}; altered: {counted(found.altered)}",
            bool(diary.answered) and not found.missing + found.doubled + found.altered,
        ),
        Finding(
            "nothing else is in the ledger",
            "none",
            f"{len(diary.refused):,} refused; in the ledger uninvited: {counted(found.uninvited)}",
            not found.uninvited,
        ),
        Finding(
            "those cut after their commit was sent are reconciled by id",
            "> 0 unknown",
            f"{len(diary.unknown):,} unknown: {found.stood:,} had been committed,"
            f" {len(diary.unknown) - found.stood:,} had not",
            bool(diary.unknown),
        ),
        Finding(
            f"nobody waits {LONGEST_WAIT:.0f} s, nobody is given another's answer",
            "none",
            f"waiting: {counted(sorted(diary.hung))}; another's: {counted(sorted(diary.crossed))};"
            f" errors by SQLSTATE: {said or 'none'}",
            not diary.hung | diary.crossed,
        ),
        Finding(
            "it was an eventful time",
            f"{len(RESTARTS)} restarts, {len(KILLS)} processes killed, cuts",
            f"{len(scene.restarts)} restarts ({', '.join(scene.restarts)}), {scene.kills} processes"
            f" of {CLIENTS // PROCESSES} clients killed, {diary.cuts:,} clients cut",
            len(scene.restarts) == len(RESTARTS)
            and scene.kills == len(KILLS)
            and diary.cuts > CLIENTS,
        ),
        _reloads(scene.reloads),
    ]
    if outcome.rest is not None:
        result.append(_leaks(outcome.rest))
    return result


def _reloads(said: list[str]) -> Finding:
    done = sum(word in ("", "done") for word in said)
    others = sorted({word for word in said if word not in ("", "done")})
    return Finding(
        "reloaded all the while",
        f">= {RELOADS - 1} reloads",
        f"{done} reloads{'; others: ' + ', '.join(others) if others else ''}",
        done >= RELOADS - 1,
        # A build that cannot be reloaded says nothing about reloading.
        is_conclusive=others != ["not offered"],
    )


def _leaks(rest: Rest) -> Finding:
    return Finding(
        "no server and no client is left over, and nothing panicked",
        "idle servers = PostgreSQL's sessions; 0 clients, 0 panics",
        f"{rest.idle} idle, {rest.lent} lent, {rest.sessions} sessions, {rest.clients} clients,"
        f" {rest.panics} panics",
        rest.is_clean,
    )


@proof("bank", "64 clients move money through restarts, kills and reloads", minutes=2.5)
def bank(context: Context) -> list[Finding]:
    """Keep the bank open for twice ``--seconds``, and close its books."""
    return findings(run_bank(context.contestant(), 2 * context.seconds, SEED, context.say))
