"""What `forebay advise` prints, pasted as it stands: poolers start with it and answer queries.

For each infrastructure the command asks a real server, through a URL whose password must not come
back; its files are written as they are, three poolers are started with them, and Python's clients
are built from its lines and ask through them. Then the connections that its sums allow are opened.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from bench.errors import BenchError
from bench.pooler.contestants import PROJECT, make_contestant
from bench.processes import (
    Child,
    clean_environment,
    free_port,
    give_to,
    is_listening,
    unprivileged_user,
)
from bench.prove.registry import Context, Finding, proof
from forebay.postgres.embedded import EmbeddedServer, start_ephemeral

# Instances of each infrastructure, as many as make its sums differ.
FLEETS = {
    "vercel": 500,
    "lambda": 500,
    "kubernetes": 5,
    "supabase": 200,
    "edge": 800,
    "docker-compose": 1,
}
CLIENTS = ("prisma", "sqlalchemy", "sqlalchemy+asyncpg", "asyncpg", "psycopg", "forebay")
FILES = ("forebay.toml", "pgbouncer.ini", "userlist.txt")
# What the pasted files call them.
ROLE, PASSWORD, DATABASE = "app", "change-me", "app"

_ASKS = {
    "sqlalchemy": """
from sqlalchemy import text
with engine.connect() as one:
    print(one.execute(text("select 40 + 2")).scalar_one())
""",
    "sqlalchemy_asyncpg": """
import asyncio
from sqlalchemy import text
async def ask() -> None:
    async with engine.connect() as one:
        print((await one.execute(text("select 40 + 2"))).scalar_one())
    await engine.dispose()
asyncio.run(ask())
""",
    "asyncpg": """
import asyncio
async def ask() -> None:
    pool = await open_pool()
    print(await pool.fetchval("select 40 + 2"))
    await pool.close()
asyncio.run(ask())
""",
    "psycopg": """
if "pool" in globals():
    pool.open()
    with pool.connection() as one:
        print(one.execute("select 40 + 2").fetchone()[0])
    pool.close()
else:
    with connect() as one:
        print(one.execute("select 40 + 2").fetchone()[0])
""",
}


@dataclass(frozen=True)
class Pasted:
    """The advice for one infrastructure, and the folder its files were pasted into."""

    runtime: str
    said: dict[str, Any]
    text: str
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The pooler's place, as the pasted role."""
        return f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}"

    def file(self, name: str) -> str:
        """Return the first file of this name."""
        return next(str(file["text"]) for file in self.said["files"] if file["name"] == name)

    def environment(self) -> str:
        """Return DATABASE_URL of the `.env` for drivers that read no limits from it."""
        (text,) = (
            file["text"]
            for file in self.said["files"]
            if file["name"].startswith(".env") and "sqlalchemy" in file["purpose"]
        )
        line = next(line for line in text.splitlines() if line.startswith("DATABASE_URL="))
        return str(line.partition("=")[2].strip('"'))


def _run(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean_environment({**variables, "PYTHONPATH": str(PROJECT / "src")}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise BenchError(f"{' '.join(command[1:4])} failed: {words[-1] if words else 'silently'}")
    return done.stdout


def _paste(runtime: str, server: EmbeddedServer, folder: Path) -> Pasted:
    """Ask for advice about this server, twice in words and in JSON, and write its files."""
    port = free_port()
    url = replace(server.url, database=DATABASE).text()
    command = [sys.executable, "-m", "forebay", "advise", "--runtime", runtime]
    command += ["--instances", str(FLEETS[runtime]), "--pooler", f"127.0.0.1:{port}"]
    command += ["--database-env", "PRODUCTION_URL"]
    for client in CLIENTS:
        command += ["--client", client]
    variables = {"PRODUCTION_URL": url}
    said, text = _run([*command, "--json"], folder, variables), _run(command, folder, variables)
    pasted = Pasted(runtime, json.loads(said), said + text, folder, port)
    for name in FILES:
        (folder / name).write_text(pasted.file(name))
    return pasted


@contextmanager
def _running(command: list[str | Path], pasted: Pasted, user: str | None) -> Iterator[None]:
    """Run a pooler in the folder while the block lasts."""
    log = pasted.folder / "pooler.log"
    ending = signal.SIGQUIT
    with Child(command, log=log, user=user, ending=ending, directory=pasted.folder) as child:
        child.expect(lambda: is_listening(pasted.port), 20, f"{Path(command[0]).name} to listen")
        yield


def _answers(url: str) -> bool:
    with psycopg.connect(url, connect_timeout=10) as one:
        return one.execute("select 40 + 2").fetchone() == (42,)


def _lines_answer(pasted: Pasted, url: str) -> list[str]:
    """Run the pasted lines of each client, and return those that did not answer."""
    wrong = []
    for name, ask in _ASKS.items():
        program = pasted.file(f"db_{name}.py") + ask
        said = _run([sys.executable, "-c", program], pasted.folder, {"DATABASE_URL": url})
        if said.strip() != "42":
            wrong.append(name)
    return wrong


def _poolers() -> dict[str, tuple[list[str | Path], str | None]]:
    user = unprivileged_user()
    contestant = make_contestant("pgbouncer")
    return {
        "forebay serve": (
            [sys.executable, "-m", "forebay", "serve", "--config", "forebay.toml"],
            None,
        ),
        f"PgBouncer {contestant.version}": ([contestant.program, "pgbouncer.ini"], user),
        "forebay-pgbouncer": (
            [sys.executable, "-m", "forebay.cli.pgbouncer", "pgbouncer.ini"],
            None,
        ),
    }


def _try_poolers(pasted: Pasted) -> tuple[list[str], list[str]]:
    """Start each pooler with what was pasted; return what worked, and what did not."""
    worked: list[str] = []
    failed: list[str] = []
    for name, (command, user) in _poolers().items():
        give_to(user, pasted.folder, *(pasted.folder / file for file in FILES))
        try:
            with _running(command, pasted, user):
                wrong = _lines_answer(pasted, pasted.url)
                is_right = _answers(pasted.url) and not wrong
        except (BenchError, psycopg.Error) as error:
            failed.append(f"{name}: {error}")
            continue
        (worked if is_right else failed).append(name)
    return worked, failed


def _pasted_findings(pasted: Pasted, server: EmbeddedServer) -> Iterator[Finding]:
    worked, failed = _try_poolers(pasted)
    strategy = pasted.said["strategy"]["name"]
    yield Finding(
        f"{pasted.runtime} ({strategy}): poolers start with the pasted files, and serve psycopg,"
        " asyncpg and SQLAlchemy built from the pasted lines",
        "3 of 3",
        "; ".join(failed) or f"{len(worked)} of 3: {', '.join(worked)}",
        len(worked) == 3 and not failed,
    )
    secret = server.password.reveal()
    yield Finding(
        f"{pasted.runtime}: the password of the URL is in no output",
        "never",
        f"{pasted.text.count(secret)} times",
        secret not in pasted.text and server.url.text() not in pasted.text,
    )
    yield _sums(pasted)


def _sums(pasted: Pasted) -> Finding:
    """Compare what is allowed in all with what the server has, by its own numbers."""
    said = pasted.said
    server, pools, limit = said["server"], said["pools"], said["connection_limit"]
    usable = server["max_connections"] - server["reserved"] - server["others"]
    pooled = said["pooled"]
    is_direct = said["strategy"]["name"] == "direct"
    clients = pools * limit
    room = usable if is_direct else pooled["max_client_conn"]
    servers = pooled["servers"]["result"]
    each = server["max_connections"] // said["instances"] - 5
    by_hand = min(each // (pools // said["instances"]), usable // pools)
    return Finding(
        f"{pasted.runtime}: the sums hold ({pools} pools)",
        "clients <= their places, servers <= what is left, direct = the stricter sum",
        f"{clients} <= {room}, {servers} <= {usable}, {said['direct']['limit']}",
        clients <= room and 0 < servers <= usable and said["direct"]["limit"] == by_hand,
    )


def _opened(pasted: Pasted, server: EmbeddedServer) -> Finding:
    """Open every connection that the advice for processes that stay up allows, and count."""
    total = pasted.said["pools"] * pasted.said["connection_limit"]
    url = replace(server.url, database=DATABASE).text()
    refused = 0
    with ExitStack() as stack:
        for _ in range(total):
            try:
                stack.enter_context(psycopg.connect(pasted.environment()))
            except psycopg.OperationalError:
                refused += 1
        is_open = _answers(url)
    return Finding(
        f"{pasted.runtime}: all {total} connections that it allows are open at once",
        "none refused, and others still get in",
        f"{refused} refused",
        refused == 0 and is_open,
    )


def _alerts(pasted: Pasted, server: EmbeddedServer) -> Finding:
    """Run each alert's query as the pasted role: a number comes back, below its threshold."""
    quiet = 0
    url = f"postgresql://{ROLE}:{PASSWORD}@127.0.0.1:{server.port}/{DATABASE}"
    with psycopg.connect(url) as one:
        for alert in pasted.said["alerts"]:
            row = one.execute(alert["sql"].encode()).fetchone()
            quiet += row is not None and row[0] <= alert["more_than"]
    count = len(pasted.said["alerts"])
    return Finding(
        "the alerts' queries run as an ordinary role, and are quiet on a server at rest",
        f"{count} of {count}",
        f"{quiet} of {count}",
        quiet == count,
    )


@contextmanager
def _server() -> Iterator[EmbeddedServer]:
    with start_ephemeral() as server:
        with psycopg.connect(server.url.text(), autocommit=True) as administrator:
            administrator.execute(f"create role {ROLE} login password '{PASSWORD}'".encode())
            administrator.execute(f"create database {DATABASE} owner {ROLE}".encode())
        yield server


@proof(
    "doctor-advise",
    "What forebay advise prints is pasted as it stands, and poolers and clients start with it",
    minutes=2,
)
def doctor_advise(context: Context) -> list[Finding]:
    """Paste the advice for each infrastructure, start what it is for, and count what it allows."""
    findings: list[Finding] = []
    with _server() as server, tempfile.TemporaryDirectory(prefix="forebay-advise-") as name:
        root = Path(name)
        os.chmod(root, 0o755)  # noqa: S103  PgBouncer refuses to run as root, and reads from here
        for runtime in FLEETS:
            context.say(f"advice for {runtime} is pasted")
            folder = root / runtime
            folder.mkdir(mode=0o755)
            pasted = _paste(runtime, server, folder)
            findings += _pasted_findings(pasted, server)
            if runtime == "kubernetes":
                findings += [_opened(pasted, server), _alerts(pasted, server)]
    return findings
