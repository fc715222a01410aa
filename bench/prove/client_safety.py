"""What a client's process goes through, and what PostgreSQL sees of it meanwhile.

Loads, forks, event loops, a minute's standing still and thousands of cancellations: the server's
connections are counted without pause. There are never more than the limit, none is left over, and
no error is met that the program did not cause.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from bench.errors import BenchError
from bench.processes import clean_environment, wait_until
from bench.prove.client_life import ACCOUNTS, LIMIT, MONEY
from bench.prove.registry import Context, Finding, proof
from forebay.client.package import Interface
from forebay.generator.package import package_files
from forebay.schema.check import check
from tests.support.database import Database, throw_away_database

NAME = "client-safety"
CANCELLATIONS = 10_000
LONGEST = 20 * 60

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model Account {
  id      Int @id
  balance Int
}

model Entry {
  id   Int    @id @default(autoincrement())
  text String
}
"""
TABLES = f"""
CREATE TABLE "Account" ("id" int PRIMARY KEY, "balance" int NOT NULL);
CREATE TABLE "Entry" ("id" serial PRIMARY KEY, "text" text NOT NULL);
INSERT INTO "Account" SELECT i, {MONEY} FROM generate_series(1, {ACCOUNTS}) i;
"""


@dataclass(frozen=True)
class Trial:
    """A scenario: its claim, and how many processes and packages connect at once."""

    scenario: str
    claim: str
    clients: int
    argument: str = ""


TRIALS = (
    Trial("reloads", "50 reloads, two packages", 2),
    # A parent and one child at a time, each with two clients.
    Trial("forks", "20 forks", 4),
    Trial("loops", "20 event loops, some with statements left running", 1),
    Trial("freeze", "a minute's standing still, the server's side closed meanwhile", 2),
    Trial("cancellations", "10,000 random cancellations", 1, str(CANCELLATIONS)),
)


class Watch:
    """Counts the connections of the clients without pause."""

    def __init__(self, database: Database) -> None:
        self.most = 0
        self.looks = 0
        self._url = database.url()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._ends.is_set():
                self.most = max(self.most, connections(connection))
                self.looks += 1


def connections(connection: psycopg.Connection[Any]) -> int:
    """Count the clients' connections."""
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", (NAME,)
    ).fetchone()
    return int(row[0]) if row else 0


def lay_out(folder: Path) -> None:
    """Write a package for asyncio and one for threads."""
    schema = check([("schema.prisma", SCHEMA)], 6).schema
    if schema is None:
        raise BenchError("the schema of the proof is wrong")
    interfaces: dict[str, Interface] = {"shop": "asyncio", "shop_sync": "sync"}
    for name, interface in interfaces.items():
        for path, text in package_files(schema, name, interface).items():
            (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / name / path).write_text(text)


@contextmanager
def started(trial: Trial, database: Database, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a scenario in a process of its own."""
    url = f"{database.url()}?connection_limit={LIMIT}&pool_timeout=60&application_name={NAME}"
    command = [sys.executable, "-m", "bench.prove.client_life", trial.scenario]
    with subprocess.Popen(
        [*command, str(folder), url, trial.argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def stand_still(process: subprocess.Popen[str], database: Database, context: Context) -> None:
    """Stop a process while it works, close the server's side, and wake it up much later."""
    if process.stdout is None or process.stdin is None:
        raise BenchError("the process has no pipes")
    if process.stdout.readline().strip() != "working":
        return
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGSTOP)
    # What was asked is answered before the server closes: standing still is what is tried here.
    wait_until(
        lambda: not database.backends(f"application_name = '{NAME}' AND state = 'active'"),
        30,
        "the last statements to end",
    )
    database.ask(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", NAME
    )
    context.say(f"the process stands still for {context.seconds} s")
    time.sleep(context.seconds)
    os.kill(process.pid, signal.SIGCONT)
    process.stdin.write("\n")
    process.stdin.flush()


def tried(trial: Trial, database: Database, folder: Path, context: Context) -> Finding:
    """Run a scenario, and judge it."""
    context.say(trial.claim)
    bar = LIMIT * trial.clients
    begun = time.monotonic()
    with Watch(database) as watch, started(trial, database, folder) as process:
        if trial.scenario == "freeze":
            stand_still(process, database, context)
        out, complaints = process.communicate(timeout=LONGEST)
    seconds = time.monotonic() - begun
    try:
        said = json.loads(out.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise BenchError(f"{trial.scenario} ended early: {complaints[-300:]}") from None
    left = _left(database)
    done = ", ".join(f"{count:,} {what}" for what, count in said["done"].items())
    errors = said["errors"] + bool(complaints.strip())
    return Finding(
        trial.claim,
        f"at most {bar} connections, none left over, no error",
        f"{watch.most} of {bar} in {watch.looks:,} looks, {left} left, {errors} errors; {done} in"
        f" {seconds:.0f} s",
        watch.most <= bar and not left and not errors and bool(said["done"]),
        {"wrong": said["wrong"], "complaints": complaints[-2000:]},
    )


def _left(database: Database) -> int:
    """Return how many connections are still there a moment after the process has ended."""
    condition = f"application_name = '{NAME}'"
    try:
        wait_until(lambda: not database.backends(condition), 5, "the connections to end")
    except BenchError:
        return len(database.backends(condition))
    return 0


@proof(
    "client-safety",
    "a client keeps to its limit and leaves nothing behind, whatever its process goes through",
    minutes=5,
)
def client_safety(context: Context) -> list[Finding]:
    """Try each scenario on a server of their own."""
    with throw_away_database() as database, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder)
        database.ask(f"SET ROLE app; {TABLES}")
        database.ask("RESET ROLE")
        return [tried(trial, database, folder, context) for trial in TRIALS]
