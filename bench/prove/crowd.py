"""More clients than PostgreSQL has connections: 500 that work, 10,000 that are connected."""

from __future__ import annotations

import sys

from bench.database import MAX_CONNECTIONS, NAME, ROLE, Database, throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import POOL_SIZE, PROJECT
from bench.pooler.pgbench import Load, run_pgbench
from bench.processes import Child
from bench.prove.registry import Context, Finding, proof
from bench.wire import Endpoint

STORM_CLIENTS = 500
CONNECTED_CLIENTS = 10_000
STORM_SECONDS = 10
REFUSALS = ("too many clients already", "remaining connection slots are reserved")


def _refusal(database: Database) -> Finding:
    direct = Endpoint("127.0.0.1", database.port, ROLE, NAME)
    bar = "PostgreSQL's own refusal"
    claim = f"directly, {STORM_CLIENTS} clients meet max_connections = {MAX_CONNECTIONS}"
    try:
        run_pgbench(database, direct, Load("simple", STORM_CLIENTS, seconds=2))
    except BenchError as error:
        said = str(error)
        words = said.partition("FATAL:")[2].strip() or said
        return Finding(claim, bar, words, any(refusal in said for refusal in REFUSALS))
    return Finding(claim, bar, "no client was refused", False)


@proof("storm500", "500 clients share 20 connections without an error", minutes=1)
def storm(context: Context) -> list[Finding]:
    """Run 500 pgbench clients through the pooler, in each protocol, and once directly."""
    findings = []
    with throw_away_database(scale=10) as database:
        findings.append(_refusal(database))
        with context.contestant().start(database, "tcp") as running:
            for protocol in ("simple", "extended", "prepared"):
                claim = f"through the pooler, {STORM_CLIENTS} clients, {protocol}"
                context.say(claim)
                load = Load(protocol, STORM_CLIENTS, seconds=STORM_SECONDS)
                try:
                    outcome = run_pgbench(database, running.endpoint, load)
                except BenchError as error:
                    findings.append(Finding(claim, "no error", str(error), False))
                else:
                    measured = f"{outcome.transactions:,} transactions, no error"
                    findings.append(Finding(claim, "no error", measured, True))
            findings.append(_server_connections(database))
    return findings


def _server_connections(database: Database) -> Finding:
    sql = "select count(*) from pg_stat_activity where backend_type = 'client backend'"
    held = int(database.ask(sql)) - 1  # the one that asks
    claim = "the pooler held no more connections than its pool"
    return Finding(claim, f"<= {POOL_SIZE}", str(held), held <= POOL_SIZE)


@proof("clients10k", "10,000 connected clients are each answered", minutes=0.5)
def connected_clients(context: Context) -> list[Finding]:
    """Connect 10,000 clients; each checks its own answer, first in turn and then all at once."""
    findings = []
    bar = f"{CONNECTED_CLIENTS:,} right answers"
    with (
        throw_away_database() as database,
        context.contestant().start(database, "tcp") as running,
    ):
        command = [sys.executable, "-m", "bench.pooler.idle_clients", str(running.port)]
        log = database.scratch("clients.log")
        with Child(
            [*command, ROLE, NAME, str(CONNECTED_CLIENTS)], log=log, piped=True, directory=PROJECT
        ) as clients:
            for claim in ("each client answered as it connects", "all of them asking at once"):
                context.say(claim)
                try:
                    _, count, seconds = clients.read_line("answering every client").split()
                except BenchError as error:
                    findings.append(Finding(claim, bar, str(error), False))
                    break
                measured = f"{int(count):,} right answers in {seconds} s"
                findings.append(Finding(claim, bar, measured, int(count) == CONNECTED_CLIENTS))
                clients.tell("ask")
        findings.append(_server_connections(database))
    return findings
