"""psql and pgbench, from the same build as the server."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.comparison import Compare, Transcript
from tests.support.database import Database
from tests.support.door import DATABASE, USER, Door
from tests.support.gateway import StartGateway

SCRIPT = Path(__file__).with_name("script.psql").read_text()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "PGUSER": USER, "PGDATABASE": DATABASE, "PGSSLMODE": "disable", "LC_ALL": "C"}


def _run(door: Door, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, "-h", door.host, "-p", str(door.port)],
        input=text,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )


def test_psql_prints_the_same(compare: Compare, database: Database) -> None:
    def script(door: Door, change: Callable[[], None]) -> Transcript:
        seen: Transcript = []
        for part in SCRIPT.split("-- part --\n"):
            change()
            done = _run(door, database.program("psql"), "-X", "-a", text=part)
            seen += [done.returncode, *done.stdout.splitlines()]
        return seen

    text = "\n".join(str(line) for line in compare(script))
    for expected in (
        "ERROR:  division by zero",
        "NOTICE:  careful",
        "COPY 3",
        "canceling statement due to statement timeout",
        'duplicate key value violates unique constraint "peer_pkey"',
        "bound and named",
    ):
        assert expected in text


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
@pytest.mark.parametrize("workers", [1, 2])
def test_pgbench_keeps_the_books(
    start_gateway: StartGateway, database: Database, mode: str, workers: int
) -> None:
    gateway = start_gateway(default_pool_size=3, workers=workers)
    pgbench = database.program("pgbench")
    assert _run(gateway, pgbench, "-i", "-q").returncode == 0
    for flags in (["-t", "40"], ["-t", "5", "-C"]):
        # A thread for each client: pgbench waits for each Parse, and its other clients with it.
        done = _run(gateway, pgbench, "-n", "-M", mode, "-c", "8", "-j", "8", *flags)
        assert done.returncode == 0, done.stdout
        assert "number of failed transactions: 0 (0.000%)" in done.stdout
    assert database.ask(
        "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from"
        " pgbench_history), (select count(*) from pgbench_history)"
    ) == [(True, 8 * 45)]


def test_pgbench_with_errors_and_retries(start_gateway: StartGateway, database: Database) -> None:
    """Serialization failures roll back and are tried again: errors in every kind of transaction."""
    gateway = start_gateway(default_pool_size=3)
    pgbench = database.program("pgbench")
    assert _run(gateway, pgbench, "-i", "-q").returncode == 0
    database.ask("alter role app set default_transaction_isolation = 'serializable'")
    try:
        done = _run(
            gateway,
            *(pgbench, "-n", "-M", "prepared", "-c", "6", "-j", "6", "-t", "20"),
            *("--max-tries", "1000"),
        )
    finally:
        database.ask("alter role app reset default_transaction_isolation")
    assert done.returncode == 0, done.stdout
    assert "number of failed transactions: 0 (0.000%)" in done.stdout
