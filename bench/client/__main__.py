"""The command ``python -m bench.client``."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from bench.client.report import figures, table
from bench.client.run import measure
from bench.client.worker import CONTENDERS
from bench.client.workload import OPERATIONS
from bench.errors import BenchError
from bench.machine import describe
from bench.processes import end_on_signals

_PACKAGES = ("psycopg", "pydantic", "asyncpg", "SQLAlchemy", "tortoise-orm", "Django")


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.client", description="What the Python client costs per operation."
    )
    add = parser.add_argument
    add("--contenders", default=",".join(CONTENDERS), help="names, with commas between")
    add("--operations", default=",".join(OPERATIONS), help="names, with commas between")
    add("--rounds", type=int, default=5)
    add("--seconds", type=float, default=0.5, help="of each library in each round")
    add("--json", type=Path, help="a file for all figures")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Measure, and print."""
    given = parse_arguments(arguments)
    console = Console(width=180)
    end_on_signals()
    try:
        costs = measure(
            given.contenders.split(","),
            given.operations.split(","),
            given.rounds,
            given.seconds,
            lambda line: console.print(line, style="dim"),
        )
    except BenchError as error:
        console.print(f"[red]{error}[/red]")
        return 1
    console.print(table(costs))
    machine = describe().sentence()
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    console.print(f"{machine}; Python {sys.version.split()[0]}; {versions}", style="dim")
    if given.json is not None:
        said = {"machine": machine, "versions": versions, "figures": figures(costs)}
        given.json.write_text(json.dumps(said, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
