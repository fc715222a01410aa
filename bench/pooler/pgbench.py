"""Runs pgbench and reads its figures; a run with any failed transaction is no measurement."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

from bench.database import Database
from bench.errors import BenchError
from bench.processes import clean_environment
from bench.wire import Endpoint

THREADS = 2


@dataclass(frozen=True)
class Load:
    """What pgbench is asked to do: read-only single-row selects, by time or by count."""

    protocol: str
    clients: int
    seconds: int = 0
    transactions_per_client: int = 0
    rate: int = 0
    reconnect: bool = False

    def arguments(self) -> list[str]:
        """Spell the load as pgbench's options."""
        options = ["-n", "-S", "-M", self.protocol, "-c", str(self.clients)]
        options += ["-j", str(min(THREADS, self.clients))]
        if self.seconds:
            options += ["-T", str(self.seconds)]
        else:
            options += ["-t", str(self.transactions_per_client)]
        if self.rate:
            options += ["-R", str(self.rate)]
        if self.reconnect:
            options.append("-C")
        return options


@dataclass(frozen=True)
class Outcome:
    """What pgbench counted."""

    transactions: int
    transactions_per_second: float
    latency_milliseconds: float


def _number(pattern: str, output: str) -> float:
    found = re.search(pattern, output)
    return float(found.group(1)) if found else 0.0


def run_pgbench(database: Database, target: Endpoint, load: Load) -> Outcome:
    """Put ``load`` on ``target`` and wait for the end.

    Raises:
        BenchError: a client was refused, an answer was an error, or nothing ran.
    """
    # sslmode=disable: whether libpq first asks for TLS depends on its build, and costs a round.
    environment = clean_environment({"PGSSLMODE": "disable", "PGGSSENCMODE": "disable"})
    finished = subprocess.run(
        [
            *(str(database.program("pgbench")), *load.arguments()),
            *("-h", target.host, "-p", str(target.port), "-U", target.user, target.database),
        ],
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
        timeout=load.seconds + 120,
        check=False,
    )
    output = finished.stdout
    transactions = int(_number(r"transactions actually processed: (\d+)", output))
    failed = int(_number(r"number of failed transactions: (\d+)", output))
    if finished.returncode != 0 or failed or not transactions:
        said = [line for line in finished.stderr.splitlines() if "error" in line.lower()]
        reason = said[0] if said else f"{failed} failed, {transactions} done"
        raise BenchError(f"pgbench: {reason.removeprefix('pgbench: error: ')}")
    return Outcome(
        transactions,
        _number(r"tps = ([\d.]+)", output),
        _number(r"latency average = ([\d.]+)", output),
    )
