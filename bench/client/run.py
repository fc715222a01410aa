"""Runs libraries in turn, round after round, and takes the medians of what they cost."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.client.workload import CLEAN, CONCURRENT, OPERATIONS, SLOW, TABLES
from bench.database import NAME, SUPERUSER, throw_away_database
from bench.errors import BenchError
from bench.resources import PROC, cpu_time

Say = Callable[[str], None]


@dataclass
class Samples:
    """The microseconds of CPU of an operation, one figure a round."""

    client: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)


Costs = dict[str, dict[str, Samples]]


class Worker:
    """A library in its process."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.client.worker", name, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Have it do a round."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"the process of {self.name} ended: see what it wrote above")
        found: dict[str, Any] = json.loads(line)
        return found

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def _backends(postmaster: int) -> dict[int, float]:
    """Return the CPU seconds of each of a server's processes."""
    found: dict[int, float] = {}
    children = (PROC / str(postmaster) / "task" / str(postmaster) / "children").read_text()
    for pid in map(int, children.split()):
        try:
            found[pid] = cpu_time(pid).total
        except (OSError, IndexError):
            continue
    return found


@contextmanager
def database(contenders: int) -> Iterator[tuple[str, int, Callable[[], None]]]:
    """Run a server with the workload's tables; yield its URL, its process and what cleans it."""
    connections = contenders * CONCURRENT + 20
    with throw_away_database(max_connections=connections) as server:
        url = f"postgresql://{SUPERUSER}:none@127.0.0.1:{server.port}/{NAME}"
        with psycopg.connect(url, autocommit=True) as administrator:
            for statement in TABLES.split(";\n"):
                administrator.execute(statement.encode())

            def clean() -> None:
                administrator.execute(CLEAN.encode())

            yield url, server.postmaster, clean


def measure(
    names: list[str],
    operations: list[str],
    rounds: int,
    seconds: float,
    say: Say,
) -> Costs:
    """Measure libraries: each operation in rounds, the libraries in turn within each."""
    costs: Costs = {name: {one: Samples() for one in operations} for name in names}
    with database(len(names)) as (url, postmaster, clean), ExitStack() as stack:
        workers = []
        for name in names:
            workers.append(Worker(name, url))
            stack.callback(workers[-1].stop)
        for operation in operations:
            say(f"{operation}: {OPERATIONS[operation]}")
            time_of_one = seconds * 2 if operation in SLOW else seconds
            for number in range(rounds + 1):
                for worker in workers:
                    clean()
                    before = _backends(postmaster)
                    done = worker.ask({"operation": operation, "seconds": time_of_one})
                    after = _backends(postmaster)
                    # The first round warms everything up.
                    if number:
                        _note(costs[worker.name][operation], done, before, after)
    return costs


def _note(
    samples: Samples, done: dict[str, Any], before: dict[int, float], after: dict[int, float]
) -> None:
    count = done["count"]
    samples.client.append(done["cpu"] / count * 1e6)
    spent = sum(seconds - before[pid] for pid, seconds in after.items() if pid in before)
    samples.server.append(spent / count * 1e6)
    samples.rate.append(count / done["wall"])


def ratio(costs: Costs, name: str, against: str, operation: str) -> float:
    """Return how much CPU one library takes of another's: the median of the rounds' ratios."""
    pairs = zip(costs[name][operation].client, costs[against][operation].client, strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)
