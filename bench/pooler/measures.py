"""Takes one sample of one cell from one contestant; each starts from a fresh pooler process."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.database import NAME, ROLE, Database
from bench.errors import BenchError
from bench.pooler.contestants import PROJECT, Contestant, Running
from bench.pooler.pgbench import Load, Outcome, run_pgbench
from bench.pooler.plan import FIXED_RATE, Cell, Plan
from bench.pooler.syscalls import choose_tracer, count_syscalls
from bench.processes import Child
from bench.resources import cpu_time, machine_busy_seconds, memory, own_seconds, tree_seconds

QUIET_CORES = 0.2  # other processes may use this much of one core before a sample is taken
WARM_UP_TRANSACTIONS = 2_000
SYSCALL_SECONDS = 3


@dataclass(frozen=True)
class Sample:
    """The figures of one contestant in one round; ``syscalls`` are calls a transaction by name."""

    values: dict[str, float]
    syscalls: dict[str, float] = field(default_factory=dict)


@dataclass
class Watch:
    """How much of the machine went to processes that are none of ours."""

    foreign_cores: float = 0.0


@contextmanager
def watch_machine(database: Database, pooler: int) -> Iterator[Watch]:
    """Measure what others used while the block ran: a disturbed sample says so itself."""

    def ours() -> float:
        return own_seconds() + tree_seconds(database.postmaster) + tree_seconds(pooler)

    watch = Watch()
    started, busy, own = time.monotonic(), machine_busy_seconds(), ours()
    yield watch
    used, owned = machine_busy_seconds() - busy, ours() - own
    watch.foreign_cores = max(0.0, used - owned) / (time.monotonic() - started)


def settle(limit: float) -> None:
    """Wait until the machine is quiet, ``limit`` seconds at most."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        started, busy, own = time.monotonic(), machine_busy_seconds(), own_seconds()
        time.sleep(0.5)
        used = machine_busy_seconds() - busy - (own_seconds() - own)
        if used / (time.monotonic() - started) < QUIET_CORES:
            return


def take_sample(cell: Cell, contestant: Contestant, database: Database, plan: Plan) -> Sample:
    """Start the contestant, warm it up, and measure ``cell`` once.

    Raises:
        BenchError: the contestant could not do what the cell asks.
    """
    if cell.protocol == "prepared" and not contestant.supports_prepared():
        raise BenchError(f"{contestant.version} has no prepared statements in transaction mode")
    settle(plan.settle)
    with contestant.start(database, cell.transport) as running:
        return _MEASURES[cell.measure](cell, running, database, plan)


def _warm_up(cell: Cell, running: Running, database: Database) -> None:
    each = max(1, WARM_UP_TRANSACTIONS // cell.clients)
    run_pgbench(
        database, running.endpoint, Load(cell.protocol, cell.clients, transactions_per_client=each)
    )


def _load_figures(running: Running, database: Database, load: Load) -> tuple[Outcome, Sample]:
    with watch_machine(database, running.pid) as watch:
        before = cpu_time(running.pid)
        outcome = run_pgbench(database, running.endpoint, load)
        used = cpu_time(running.pid) - before
    microseconds = used.total * 1e6 / outcome.transactions
    values = {
        "tps": outcome.transactions_per_second,
        "cpu_us": microseconds,
        "user_us": microseconds * used.user_share,
        "latency_ms": outcome.latency_milliseconds,
        "foreign_cores": watch.foreign_cores,
    }
    return outcome, Sample(values)


def _measure_cpu(cell: Cell, running: Running, database: Database, plan: Plan) -> Sample:
    _warm_up(cell, running, database)
    load = Load(cell.protocol, cell.clients, seconds=plan.seconds)
    return _load_figures(running, database, load)[1]


def _measure_rate(cell: Cell, running: Running, database: Database, plan: Plan) -> Sample:
    _warm_up(cell, running, database)
    load = Load(cell.protocol, cell.clients, seconds=plan.seconds, rate=FIXED_RATE)
    outcome, sample = _load_figures(running, database, load)
    if outcome.transactions_per_second < 0.95 * FIXED_RATE:
        raise BenchError(f"reached {outcome.transactions_per_second:.0f}/s of {FIXED_RATE}/s")
    return sample


def _measure_churn(cell: Cell, running: Running, database: Database, plan: Plan) -> Sample:
    warm = Load(cell.protocol, cell.clients, transactions_per_client=max(1, 128 // cell.clients))
    run_pgbench(database, running.endpoint, warm)
    load = Load(cell.protocol, cell.clients, seconds=plan.seconds, reconnect=True)
    return _load_figures(running, database, load)[1]


def _measure_syscalls(cell: Cell, running: Running, database: Database, plan: Plan) -> Sample:
    """Count over a long run less a run of one transaction each.

    The difference leaves the connects and logins out, which both runs have alike.
    """
    _warm_up(cell, running, database)
    tracer = choose_tracer(plan.tracer)
    output = database.scratch(f"{tracer}.txt")
    transactions: list[int] = []

    def counted(load: Load) -> dict[str, int]:
        def block() -> None:
            transactions.append(run_pgbench(database, running.endpoint, load).transactions)

        return count_syscalls(tracer, running.pid, output, block)

    connects = counted(Load(cell.protocol, cell.clients, transactions_per_client=1))
    with watch_machine(database, running.pid) as watch:
        seconds = min(plan.seconds, SYSCALL_SECONDS)
        both = counted(Load(cell.protocol, cell.clients, seconds=seconds))
    done = transactions[1] - transactions[0]
    each = {name: (n - connects.get(name, 0)) / done for name, n in both.items()}
    values = {"syscalls": each.pop("total"), "foreign_cores": watch.foreign_cores}
    by_name = dict(sorted(each.items(), key=lambda item: -item[1]))
    return Sample(values, by_name)


def _measure_idle(cell: Cell, running: Running, database: Database, plan: Plan) -> Sample:
    run_pgbench(database, running.endpoint, Load("simple", 1, transactions_per_client=1))
    base, before = memory(running.pid), cpu_time(running.pid)
    command = [sys.executable, "-m", "bench.pooler.idle_clients", str(running.port)]
    with Child(
        [*command, ROLE, NAME, str(cell.clients)],
        log=database.scratch("idle_clients.log"),
        piped=True,
        directory=PROJECT,
    ) as clients:
        clients.read_line("connecting every client")
        connected = cpu_time(running.pid)
        time.sleep(1.0)  # closing logins and lazily freed buffers are not the idle state
        held = memory(running.pid)
        window = 2.0 if plan.is_quick else 5.0
        with watch_machine(database, running.pid) as watch:
            idle_from = cpu_time(running.pid)
            time.sleep(window)
            idle = cpu_time(running.pid) - idle_from
        # Buffers follow the number of clients that are served at one moment: a pooler that looks
        # small after clients came one by one may keep what a burst made it take.
        clients.tell("ask")
        clients.read_line("answering every client at once")
        time.sleep(1.0)
        after_burst = memory(running.pid)
    return Sample(
        {
            "base_mb": base.resident / 1e6,
            "added_mb": (held.resident - base.resident) / 1e6,
            "burst_added_mb": (after_burst.resident - base.resident) / 1e6,
            "bytes_per_client": (held.resident - base.resident) / cell.clients,
            "added_pss_mb": (held.proportional - base.proportional) / 1e6,
            "connect_us": (connected - before).total * 1e6 / cell.clients,
            "idle_ms_per_s": idle.total * 1e3 / window,
            "foreign_cores": watch.foreign_cores,
        }
    )


_MEASURES: dict[str, Callable[[Cell, Running, Database, Plan], Sample]] = {
    "cpu": _measure_cpu,
    "rate": _measure_rate,
    "syscalls": _measure_syscalls,
    "churn": _measure_churn,
    "idle": _measure_idle,
}
