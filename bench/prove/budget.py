"""Gateways share a PostgreSQL of 100 connections, with each other and with an application.

Three are started at once and 500 clients come; an application takes 30 connections, past them all;
one gateway is killed, another comes, the application leaves. All the while every 100 ms somebody
counts what PostgreSQL serves, and what each gateway says of itself.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg

from bench.database import MAX_CONNECTIONS, NAME, ROLE, SUPERUSER, Database, throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import PROJECT
from bench.processes import Child, free_port, is_listening
from bench.prove.registry import Context, Finding, proof

GATEWAYS = 3
CLIENTS = 500
PROCESSES = 4
TAKEN = 30
WATCHER, GUEST = "watcher", "guest"
INTERVAL = 0.1
PHASE_SECONDS = 10.0
# What an ordinary role may use, and what of it gateways leave free.
USABLE = MAX_CONNECTIONS - 3
BUFFER = MAX_CONNECTIONS // 20
LONGEST_TO_SETTLE = 5.0
# An even share differs from gateway to gateway by what the division leaves, and by the looks of a
# moment.
UNEVEN = 1
REFUSALS = ("sorry, too many clients already", "remaining connection slots are reserved")
PUBLISHED = re.compile(r"forebay budget: (\d+)\+(\d+) of (\d+), process (\d+)")

ROLES = f"""
create role {WATCHER} login in role pg_monitor;
create role {GUEST} login;
"""
LOOK = """
select usename, application_name, count(*) from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid() group by 1, 2
"""


@dataclass(frozen=True)
class Sample:
    """What there was at one moment."""

    at: float
    backends: int
    guests: int
    gateways: dict[int, tuple[int, int]]  # by process: held, claimed

    @property
    def claims(self) -> list[int]:
        """What each gateway claims."""
        return sorted(claim for _, claim in self.gateways.values())


@dataclass
class Watch:
    """Samples, taken by a thread of its own; and what was done when."""

    database: Database
    samples: list[Sample] = field(default_factory=list)
    events: list[tuple[str, float]] = field(default_factory=list)
    ended: float = 0.0
    failure: Exception | None = None

    def happens(self, what: str) -> None:
        """Note that this begins now."""
        self.events.append((what, time.monotonic()))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Sample while the block lasts."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._run, args=(is_over,))
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
        if self.failure is not None:
            raise BenchError(f"sampling failed: {self.failure}")

    def _run(self, is_over: threading.Event) -> None:
        try:
            host, port = str(self.database.sockets), self.database.port
            with psycopg.connect(host=host, port=port, user=SUPERUSER, autocommit=True) as own:
                while not is_over.wait(INTERVAL):
                    self.samples.append(_sample(own))
        except psycopg.Error as error:
            self.failure = error

    def phases(self) -> Iterator[tuple[str, float, list[Sample]]]:
        """Yield what happened, when, and the samples until the next thing did."""
        ends = [at for _, at in self.events[1:]] + [self.ended]
        for (what, at), end in zip(self.events, ends, strict=True):
            yield what, at, [sample for sample in self.samples if at <= sample.at < end]


def _sample(connection: psycopg.Connection) -> Sample:
    rows = connection.execute(LOOK).fetchall()
    at = time.monotonic()
    gateways = {}
    for user, name, _ in rows:
        found = PUBLISHED.fullmatch(name)
        if user == WATCHER and found:
            has, coming, claim, process = map(int, found.groups())
            gateways[process] = (has + coming, claim)
    guests = sum(count for user, _, count in rows if user == GUEST)
    return Sample(at, sum(count for _, _, count in rows), guests, gateways)


def _gateway(database: Database, port: int) -> Child:
    configuration = {
        "listen_port": port,
        "auth_type": "trust",
        "users": [{"name": ROLE}, {"name": WATCHER}],
        "databases": [{"name": NAME, "host": "127.0.0.1", "port": database.port, "dbname": NAME}],
        "pool_mode": "transaction",
        "max_client_conn": 2 * CLIENTS,
        "default_pool_size": MAX_CONNECTIONS,
        "max_server_connections": "auto",
        "control_user": WATCHER,
        "log_connections": False,
        "log_disconnections": False,
        "log_stats": False,
    }
    child = Child(
        [sys.executable, "-m", "bench.pooler.host"],
        log=database.scratch(f"gateway-{port}.log"),
        ending=signal.SIGKILL,
        piped=True,
        directory=PROJECT,
    )
    child.tell(json.dumps(configuration))
    return child


def _clients(database: Database, name: str, count: str, user: str, ports: list[int]) -> Child:
    command = [sys.executable, "-m", "bench.prove.budget_clients", "127.0.0.1", user, NAME, count]
    command += [str(port) for port in ports]
    log = database.scratch(f"{name}.log")
    return Child(command, log=log, piped=True, directory=PROJECT)


@dataclass
class Met:
    """What clients and the application met."""

    transactions: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    words: dict[str, str] = field(default_factory=dict)
    guest: dict[str, float] = field(default_factory=dict)
    refused: int = 0


def _play(database: Database, watch: Watch, context: Context) -> Met:
    """Have everything happen, one thing after the other."""
    met = Met()
    ports = [free_port() for _ in range(GATEWAYS + 1)]
    with ExitStack() as stack:

        def happens(what: str) -> None:
            context.say(what)
            watch.happens(what)

        happens(f"{GATEWAYS} gateways start, {CLIENTS} clients come")
        gateways = [stack.enter_context(_gateway(database, port)) for port in ports[:GATEWAYS]]
        for gateway, port in zip(gateways, ports, strict=False):
            gateway.expect(lambda port=port: is_listening(port), 15, "a gateway")  # type: ignore[misc]
        crowds = [
            stack.enter_context(
                _clients(database, f"crowd-{number}", str(CLIENTS // PROCESSES), ROLE, ports)
            )
            for number in range(PROCESSES)
        ]
        time.sleep(PHASE_SECONDS)

        happens(f"an application takes {TAKEN} connections")
        guest = _clients(database, "guest", f"hold={TAKEN}", GUEST, [database.port])
        stack.enter_context(guest)
        met.guest = json.loads(guest.read_line("taking connections"))
        time.sleep(PHASE_SECONDS)

        happens("a gateway is killed")
        gateways[0].kill()
        time.sleep(PHASE_SECONDS)

        happens("another gateway comes")
        stack.enter_context(_gateway(database, ports[-1]))
        time.sleep(PHASE_SECONDS)

        happens("the application leaves")
        guest.tell("leave")
        time.sleep(PHASE_SECONDS)

        watch.ended = time.monotonic()
        for crowd in crowds:
            crowd.tell("stop")
        for crowd in crowds:
            said = json.loads(crowd.read_line("saying what it met"))
            met.transactions += said["transactions"]
            met.errors.update(said["errors"])
            met.words.update(said["words"])
    log = database.scratch("postgres.log").read_text(errors="replace")
    met.refused = sum(log.count(words) for words in REFUSALS)
    return met


def _settled(at: float, samples: list[Sample]) -> float:
    """Return how long after ``at`` the last gateway changed what it claims."""
    last = samples[-1].gateways
    claims = {process: claim for process, (_, claim) in last.items()}
    changed = [
        sample.at
        for sample in samples
        if {process: claim for process, (_, claim) in sample.gateways.items()} != claims
    ]
    return max(changed, default=at) - at


def _findings(watch: Watch, met: Met) -> list[Finding]:
    errors = dict(met.errors)
    refused = errors.get("53300", 0)
    unexpected = {state: count for state, count in errors.items() if state != "cut"}
    most = max(sample.backends for sample in watch.samples)
    findings = [
        Finding(
            f"{CLIENTS} clients of {GATEWAYS} gateways: none is refused",
            "no 53300, nor any error but the killed gateway's",
            f"{met.transactions:,} transactions; {unexpected or 'no error'}",
            not unexpected and refused == 0,
            {"errors": errors, "words": met.words},
        ),
        Finding(
            f"connections, counted {len(watch.samples)} times: never more than ordinary roles may",
            f"<= {USABLE}",
            str(most),
            most <= USABLE,
        ),
    ]
    own = met.refused - int(met.guest["refused"])
    findings.append(
        Finding("PostgreSQL refused the gateways", "never", f"{own} times", own <= 0),
    )
    for what, at, samples in watch.phases():
        seconds, last = _settled(at, samples), samples[-1]
        measured = f"{seconds:.1f} s: {' + '.join(map(str, last.claims))} of {last.backends} in use"
        is_even = max(last.claims) - min(last.claims) <= UNEVEN
        leaves_buffer = last.backends <= USABLE - BUFFER + UNEVEN
        findings.append(
            Finding(
                f"{what}: equal shares",
                f"within {LONGEST_TO_SETTLE:g} s",
                measured,
                seconds <= LONGEST_TO_SETTLE and is_even and leaves_buffer,
                {"claims": last.claims, "backends": last.backends, "seconds": seconds},
            )
        )
    findings.append(
        Finding(
            f"the application has its {TAKEN} connections",
            f"within {LONGEST_TO_SETTLE:g} s",
            f"{met.guest['seconds']:.1f} s, {met.guest['refused']} refusals on the way",
            met.guest["seconds"] <= LONGEST_TO_SETTLE,
        )
    )
    return findings


@proof(
    "budget",
    "Gateways and an application share 100 connections, and no client is refused",
    minutes=1.5,
)
def budget(context: Context) -> list[Finding]:
    """Have gateways and an application come and go, and count connections all the while."""
    with throw_away_database() as database:
        for statement in filter(None, map(str.strip, ROLES.split(";"))):
            database.ask(statement)
        watch = Watch(database)
        with watch.watching():
            met = _play(database, watch, context)
        return _findings(watch, met)
