"""200 clients with settings of their own share five servers, and each is answered by its own.

Every client has a tenant, a role, a schema and a time zone that no other has. It changes them at
random, in transactions, savepoints, blocks and pipelines that are committed, rolled back, cancelled
or fail, and asks for all of them in between. Each answer is compared with what PostgreSQL's rules
make of that client's own statements, whichever server gives it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.database import NAME, ROLE, Database, throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import PROJECT, Contestant
from bench.processes import Child, wait_until
from bench.prove.isolation_deeds import SCHEMA
from bench.prove.registry import Context, Finding, Say, proof
from bench.wire import LONGEST_WAIT, Endpoint

CLIENTS = 200
PROCESSES = 4
SERVERS = 5
SEED = "isolation-1"
KILLS = (0.2, 0.4, 0.6, 0.8)  # of the time: when a process of clients is killed
PAUSE = 0.02
SHOWN = 5

# What a client must have done for its answers to mean anything.
DEEDS = (
    *("set", "set_local", "reset", "reset_all", "discard_all"),
    *("begin", "commit", "rollback", "savepoint", "release", "rollback_to", "fail"),
    *("several", "several_fail", "pipeline_fails", "commit_then_fail", "set_local_block"),
    *("block_sets", "block_undoes", "block_fails", "block_commits", "cursor_sets", "chain"),
    *("function_locally", "function_inside", "named_set", "long_set", "two_pipelines"),
    *("copy_works", "copy_fails", "cancelled"),
)


@dataclass
class Found:
    """What the journals say."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    kills: int = 0
    fewest_servers: int = 0
    most_sessions: int = 0
    panics: int = 0

    def read(self, lines: list[str]) -> None:
        """Take over one journal."""
        fewest = []
        for line in lines:
            kind, *words = line.split("\t")
            if kind == "count":
                self.counts[words[0]] += int(words[1])
            elif kind == "wrong":
                self.wrong.append(" / ".join(words))
            elif kind == "error":
                self.errors[" ".join(words[1:])] += 1
            elif kind == "servers":
                fewest.append(int(words[1]))
            self.cuts += kind == "cut"
        self.fewest_servers = min([*fewest, self.fewest_servers or sys.maxsize])


def schema(clients: int) -> str:
    """Write what makes a role and a schema for each client, and one table for everybody."""
    return f"""
alter database {NAME} set TimeZone to 'UTC';
{SCHEMA}
create table public.whose as select 'everybody'::text as name;
grant select on public.whose to public;
do $$ begin
  for n in 0 .. {clients - 1} loop
    execute format('create role r%s', n);
    execute format('grant r%s to {ROLE}', n);
    execute format('create schema s%s authorization {ROLE}', n);
    execute format('grant usage on schema s%s to r%s', n, n);
    execute format('create table s%s.whose as select ''s%s''::text as name', n, n);
    execute format('grant select on s%s.whose to r%s, {ROLE}', n, n);
  end loop;
end $$;
"""


@dataclass
class House:
    """Where the clients live: their processes, and how long they go on."""

    database: Database
    endpoint: Endpoint
    clients: int
    seed: str
    deadline: float
    are_cut: bool
    resources: ExitStack
    generation: int = 0

    def open(self, part: int) -> Child:
        """Start the process of one part of the clients."""
        self.generation += 1
        name = f"residents-{self.generation}"
        count = self.clients // PROCESSES
        seconds = max(0.0, self.deadline - time.monotonic())
        where = self.endpoint
        command = [sys.executable, "-m", "bench.prove.isolation_deeds", where.host]
        command += [str(where.port), where.user, where.database]
        command += [str(self.database.scratch(f"{name}.journal"))]
        command += [f"{self.seed}/{self.generation}", f"{seconds:.1f}"]
        command += [str(part * count), str(count), "cut" if self.are_cut else "whole"]
        log = self.database.scratch(f"{name}.log")
        return self.resources.enter_context(Child(command, log=log, directory=PROJECT))


def sessions(database: Database) -> int:
    """Count the servers that PostgreSQL has for the clients."""
    return int(database.ask(f"select count(*) from pg_stat_activity where usename = '{ROLE}'"))


def _keep_house(house: House, found: Found, say: Say) -> None:
    """Let the clients live; where they are cut, kill their processes in turn as well."""
    processes = [house.open(part) for part in range(PROCESSES)]
    start, length = time.monotonic(), house.deadline - time.monotonic()
    moments = [start + part * length for part in KILLS] if house.are_cut else []
    next_look = start
    while time.monotonic() < house.deadline:
        if moments and time.monotonic() >= moments[0]:
            moments.pop(0)
            part = found.kills % PROCESSES
            processes[part].kill()
            found.kills += 1
            processes[part] = house.open(part)
        if time.monotonic() >= next_look:
            found.most_sessions = max(found.most_sessions, sessions(house.database))
            say(f"{house.deadline - time.monotonic():.0f} s left, {found.kills} kills")
            next_look += 1.0
        for process in processes:
            if not process.is_running() and time.monotonic() < house.deadline:
                raise BenchError(f"a process of clients ended: {process.last_words()}")
        time.sleep(PAUSE)
    for process in processes:
        wait_until(
            lambda process=process: not process.is_running(),  # type: ignore[misc]
            2 * LONGEST_WAIT,
            "the clients' end",
        )
        if process.stop() != 0:
            raise BenchError(f"a process of clients failed: {process.last_words()}")


def run_isolation(
    database: Database,
    endpoint: Endpoint,
    *,
    clients: int,
    seconds: float,
    seed: str,
    are_cut: bool,
    say: Say,
) -> Found:
    """Let the clients live at an endpoint for so long; return what they met."""
    found = Found()
    with ExitStack() as resources:
        deadline = time.monotonic() + seconds
        house = House(database, endpoint, clients, seed, deadline, are_cut, resources)
        _keep_house(house, found, say)
        for path in sorted(database.folder.glob("residents-*.journal")):
            found.read(path.read_text().splitlines())
    return found


def findings(found: Found, variant: str, seed: str, *, are_cut: bool) -> list[Finding]:
    """Judge what was found."""
    counts = found.counts
    missing = [deed for deed in DEEDS if not counts[deed]]
    shown = "; ".join(found.wrong[:SHOWN])
    errors = "; ".join(f"{words} ({count})" for words, count in found.errors.most_common(SHOWN))
    result = [
        Finding(
            f"{variant}: every answer is of the client's own session",
            "> 0 answers, none wrong",
            f"{counts['answers']:,} answers, wrong: {len(found.wrong):,}"
            f"{': ' + shown if shown else ''}",
            counts["answers"] > 0 and not found.wrong,
            {"seed": seed, "counts": dict(counts), "wrong": found.wrong[:100]},
        ),
        Finding(
            f"{variant}: nobody meets an error but those it asks for",
            "none",
            f"{sum(found.errors.values())} errors{': ' + errors if errors else ''};"
            f" {counts['fail'] + counts['several_fail']:,} asked for",
            not found.errors,
        ),
        Finding(
            f"{variant}: clients go from server to server",
            f"<= {SERVERS} servers, each client met more than one",
            f"{found.most_sessions} servers, {counts['server changes']:,} changes, the client"
            f" with the fewest met {found.fewest_servers}",
            found.most_sessions <= SERVERS
            and found.fewest_servers > 1
            and counts["server changes"] > 0,
        ),
        Finding(
            f"{variant}: everything was done that settings can meet",
            f"{len(DEEDS)} kinds of deed",
            f"{len(DEEDS) - len(missing)} kinds{', not ' + ', '.join(missing) if missing else ''}",
            not missing,
        ),
    ]
    if are_cut:
        result.append(
            Finding(
                f"{variant}: it was an eventful time",
                f"{len(KILLS)} processes killed, cuts",
                f"{found.kills} processes of {CLIENTS // PROCESSES} clients killed,"
                f" {found.cuts:,} clients cut, {counts['sessions']:,} sessions",
                found.kills == len(KILLS) and found.cuts > CLIENTS,
            )
        )
    return result


def _variant(
    contestant: Contestant, variant: str, seconds: float, *, are_cut: bool, say: Say
) -> list[Finding]:
    with throw_away_database() as database:
        database.ask(schema(CLIENTS))
        with contestant.start(database, "tcp", SERVERS) as running:
            found = run_isolation(
                database,
                running.endpoint,
                clients=CLIENTS,
                seconds=seconds,
                seed=SEED,
                are_cut=are_cut,
                say=say,
            )
            found.panics = int(str(running.statistics().get("panics", 0)))
    result = findings(found, variant, SEED, are_cut=are_cut)
    claim = f"{variant}: nothing panicked"
    result.append(Finding(claim, "0", str(found.panics), found.panics == 0))
    return result


@proof("isolation", "200 clients' settings never meet on 5 servers", minutes=4.5)
def isolation(context: Context) -> list[Finding]:
    """Let the clients live for twice ``--seconds``, and as long again while they are killed."""
    seconds = 2 * context.seconds
    whole = _variant(context.contestant(), "undisturbed", seconds, are_cut=False, say=context.say)
    cut = _variant(context.contestant(), "killed at random", seconds, are_cut=True, say=context.say)
    return [*whole, *cut]
