"""Runs a plan: cell by cell, round by round, the contestants in turn and the turn reversed."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable

from bench import machine
from bench.database import Database, throw_away_database
from bench.errors import BenchError
from bench.pooler.contestants import Contestant, make_contestant
from bench.pooler.measures import take_sample
from bench.pooler.plan import Cell, Plan
from bench.pooler.results import CellResult, Report
from bench.pooler.syscalls import choose_tracer
from bench.processes import raise_descriptor_limit

Progress = Callable[[str, int, int], None]


def _rounds(plan: Plan, cell: Cell) -> int:
    # Memory and system calls hardly vary between rounds; they take the longest.
    return min(plan.rounds, 2) if cell.measure in ("idle", "syscalls") else plan.rounds


def run_plan(plan: Plan, progress: Progress, command: str | None = None) -> Report:
    """Measure everything ``plan`` asks for.

    Raises:
        BenchError: nothing can be measured at all. A cell that fails is reported in its place.
    """
    raise_descriptor_limit()
    contestants = [make_contestant(entry) for entry in plan.contestants]
    if plan.against not in {contestant.name for contestant in contestants}:
        raise BenchError(f"--against names {plan.against!r}, which is not a contestant")
    tracer = choose_tracer(plan.tracer) if "syscalls" in plan.measures else ""
    cells = plan.cells()
    total = sum(_rounds(plan, cell) for cell in cells) * len(contestants)
    progress("starting PostgreSQL", 0, total)
    with throw_away_database(scale=plan.scale) as database:
        versions = {contestant.name: contestant.version for contestant in contestants}
        report = Report(
            plan=plan,
            machine=machine.describe(),
            versions={**versions, "PostgreSQL": database.version},
            tracer=tracer,
            taken_at=time.strftime("%Y-%m-%d"),
            command=command or _command(sys.argv[1:]),
        )
        done = 0
        for cell in cells:
            result = CellResult(cell)
            report.results.append(result)
            for number in range(_rounds(plan, cell)):
                # A B, then B A: a machine that slowly warms up or fills favours neither.
                for contestant in contestants if number % 2 == 0 else reversed(contestants):
                    progress(f"{cell.title}: {contestant.name}", done, total)
                    _sample(result, number, contestant, database, plan)
                    done += 1
        progress("done", total, total)
    return report


def _command(arguments: list[str]) -> str:
    """Repeat the command line without where its output went, which is nobody else's business."""
    kept: list[str] = []
    is_target = False
    for argument in arguments:
        if is_target or argument.startswith(("--json=", "--write=")):
            is_target = False
        elif argument in ("--json", "--write"):
            is_target = True
        else:
            kept.append(argument)
    return shlex.join(["python", "-m", "bench.pooler", *kept])


def _sample(
    result: CellResult, number: int, contestant: Contestant, database: Database, plan: Plan
) -> None:
    try:
        sample = take_sample(result.cell, contestant, database, plan)
    except BenchError as error:
        result.failures[contestant.name] = str(error)
        return
    result.samples.setdefault(contestant.name, {})[number] = sample
