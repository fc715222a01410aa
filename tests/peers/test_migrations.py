"""Migrations through the pooled port: Prisma's, Alembic's and Django's, two at once, under locks.

Each migration writes down whether its own server holds the advisory lock that the tool, or its
usual recipe, has taken; other clients take the pool's servers all the while.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.matrix.drivers import NODE, ROOT
from tests.running import clean_environment
from tests.support.database import Database
from tests.support.door import Door
from tests.support.gateway import StartGateway
from tests.support.waiting import wait_until

PRISMA = Path(__file__).with_name("migrations") / "prisma"
NAMES = sorted(path.name for path in (PRISMA / "migrations").iterdir())

TOOLS = {
    "prisma": (["node", "migrate.js"], NODE, [str(PRISMA), *NAMES]),
    "alembic": ([sys.executable, "-m", "tests.peers.migrations.run_alembic"], ROOT, []),
    "django": ([sys.executable, "-m", "tests.peers.migrations.run_django"], ROOT, []),
}
MIGRATORS = 2
SERVERS = 3
BUSY_CLIENTS = 3


@contextmanager
def _busy(door: Door) -> Iterator[None]:
    """Have clients use the pool's servers in transactions while the block lasts."""
    is_over = threading.Event()
    failures: list[Exception] = []
    turns = [0] * BUSY_CLIENTS

    def work(number: int) -> None:
        wire = door.wire()
        try:
            while not is_over.is_set():
                wire.query("begin; select 1; commit")
                turns[number] += 1
        except Exception as error:
            failures.append(error)
        finally:
            wire.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(BUSY_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: all(turns) or failures)
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert failures == []


def _migrate(door: Door, command: Sequence[str], cwd: Path, rest: Sequence[str]) -> list[str]:
    """Run so many migrators at once; return what those that failed said."""
    processes = [
        subprocess.Popen(
            [*command, door.url(), *rest],
            cwd=cwd,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(MIGRATORS)
    ]
    try:
        said = [process.communicate(timeout=120)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    return [words for words, process in zip(said, processes, strict=True) if process.returncode]


@pytest.mark.parametrize("is_pooled", [False, True], ids=["direct", "pooled"])
@pytest.mark.parametrize("tool", TOOLS)
def test_two_migrators_at_once_run_to_the_end(
    database: Database, start_gateway: StartGateway, tool: str, is_pooled: bool
) -> None:
    database.ask("set client_min_messages = error")
    database.ask("drop schema if exists tenant cascade; drop schema public cascade")
    database.ask("create schema public authorization app")
    door = start_gateway(default_pool_size=SERVERS) if is_pooled else database
    with _busy(door):
        assert _migrate(door, *TOOLS[tool]) == []
    assert database.ask("select name, held from step") == [("shelf", 1), ("item", 1)]
    wait_until(
        lambda: database.ask("select count(*) from pg_locks where locktype = 'advisory'") == [(0,)]
    )
