"""Turns a run's results into tables: on the terminal, and as a section of BENCHMARKS.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from bench.pooler.contestants import POOL_SIZE
from bench.pooler.plan import FIXED_RATE
from bench.pooler.results import DISTURBED_CORES, CellResult, Ratio, Report

BEGIN = "<!-- bench.pooler: everything down to the end mark is written by `--write` -->"
END = "<!-- bench.pooler: end -->"
DASH, TIMES = "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Table:
    """A table before it has a form."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def _ratio(ratio: Ratio | None) -> str:
    if ratio is None:
        return ""
    if ratio.least == ratio.greatest:
        return f" ({ratio.middle:.2f}{TIMES})"
    return f" ({ratio.middle:.2f}{TIMES}, {ratio.least:.2f}{DASH}{ratio.greatest:.2f})"


def _figure(
    report: Report, result: CellResult, contestant: str, value: str, form: str, *, mark: bool = True
) -> str:
    median = result.median(contestant, value)
    if median is None:
        return DASH
    against = report.plan.against
    shown = format(median, form)
    if value == "cpu_us":
        shown += f", user {result.median(contestant, 'user_us') or 0.0:.1f}"
    if contestant != against:
        shown += _ratio(result.ratio(contestant, against, value))
    return shown + (" ~" if mark and result.is_disturbed(contestant) else "")


def _columns(names: list[str], figures: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name} {figure}" for name in names for figure in figures)


def _names(report: Report) -> list[str]:
    given = [entry.partition("=")[0] for entry in report.plan.contestants]
    return sorted(given, key=lambda name: name != report.plan.against)


def _load_table(report: Report, measure: str, title: str, cost: str) -> Table | None:
    results = [result for result in report.results if result.cell.measure == measure]
    if not results:
        return None
    names = _names(report)
    columns = ("clients", "protocol", "to PostgreSQL", *_columns(names, ("tps", cost)))
    rows = []
    for result in results:
        row = [f"{result.cell.clients:,}", result.cell.protocol, result.cell.transport]
        for name in names:
            row.append(_figure(report, result, name, "tps", ",.0f", mark=False))
            row.append(_figure(report, result, name, "cpu_us", ".1f"))
        rows.append(tuple(row))
    return Table(title, columns, rows)


def _syscall_table(report: Report) -> Table | None:
    results = [result for result in report.results if result.cell.measure == "syscalls"]
    if not results:
        return None
    names = _names(report)
    columns = ("clients", "protocol", "to PostgreSQL", "pooler", "calls per transaction", "by name")
    rows = []
    for result in results:
        for name in names:
            calls = [f"{call} {n:.2f}" for call, n in result.syscalls(name).items() if n >= 0.005]
            where = (f"{result.cell.clients:,}", result.cell.protocol, result.cell.transport)
            total = _figure(report, result, name, "syscalls", ".2f", mark=False)
            rows.append((*where, name, total, ", ".join(calls) or DASH))
    return Table(f"System calls per transaction (counted by {report.tracer})", columns, rows)


def _idle_table(report: Report) -> Table | None:
    results = [result for result in report.results if result.cell.measure == "idle"]
    if not results:
        return None
    columns = (
        *("clients", "pooler", "at start MB", "added MB", "bytes a client"),
        *("added MB after all asked at once", "connect CPU µs", "idle CPU ms/s"),
    )
    rows = []
    for result in results:
        for name in _names(report):
            rows.append(
                (
                    f"{result.cell.clients:,}",
                    name,
                    _figure(report, result, name, "base_mb", ".1f", mark=False),
                    _figure(report, result, name, "added_mb", ".1f", mark=False),
                    _figure(report, result, name, "bytes_per_client", ",.0f", mark=False),
                    _figure(report, result, name, "burst_added_mb", ".1f", mark=False),
                    _figure(report, result, name, "connect_us", ".1f"),
                    _figure(report, result, name, "idle_ms_per_s", ".2f"),
                )
            )
    return Table(
        "Idle clients: 100 at a time logged in with one query each, then nothing", columns, rows
    )


def tables(report: Report) -> list[Table]:
    """Draw every table the run has figures for."""
    drawn = [
        _load_table(report, "cpu", "Saturated: throughput and CPU per transaction", "µs"),
        _load_table(report, "rate", f"At a fixed {FIXED_RATE:,} transactions a second", "µs"),
        _syscall_table(report),
        _load_table(report, "churn", "A new connection for every transaction", "µs"),
        _idle_table(report),
    ]
    return [table for table in drawn if table is not None]


def _notes(report: Report) -> list[str]:
    notes = [
        f"{result.cell.title}: {name} has no figure: {reason}"
        for result in report.results
        for name, reason in result.failures.items()
    ]
    if any(result.is_disturbed(name) for result in report.results for name in result.samples):
        notes.append(f"~ other work took more than {DISTURBED_CORES} of a core meanwhile")
    return notes


def show(report: Report, console: Console) -> None:
    """Print the tables."""
    for table in tables(report):
        drawn = RichTable(title=table.title, title_justify="left")
        for column in table.columns:
            drawn.add_column(column, overflow="fold")
        for row in table.rows:
            drawn.add_row(*(escape(text) for text in row))
        console.print(drawn)
    console.print(_versions(report))
    for note in _notes(report):
        console.print(note, markup=False)


def _versions(report: Report) -> str:
    return ", ".join(f"{name} {version}" for name, version in report.versions.items())


def _markdown_table(table: Table) -> list[str]:
    lines = [f"### {table.title}", "", "| " + " | ".join(table.columns) + " |"]
    lines.append("|" + "---|" * len(table.columns))
    lines += ["| " + " | ".join(row) + " |" for row in table.rows]
    return [*lines, ""]


def markdown(report: Report) -> str:
    """Write the section of BENCHMARKS.md, marks included."""
    plan = report.plan
    lines = [
        BEGIN,
        "## The pooler beside PgBouncer",
        "",
        f"Taken {report.taken_at}: {report.machine.sentence()}. {_versions(report)}.",
        "",
        f"```\n{report.command}\n```",
        "",
        f"pgbench -S, scale {plan.scale}, 2 threads over TCP on loopback, transaction mode, a pool "
        f"of {POOL_SIZE}, trust authentication; medians of {plan.rounds} rounds of "
        f"{plan.seconds} s (2 rounds for system calls and idle clients). "
        "Each sample has a fresh pooler process; the "
        "contestants take turns and the order is reversed every round. "
        f"In brackets after a figure: its ratio to {plan.against}, taken round by round, then the "
        "median, and the least and greatest. CPU is user plus system time of the pooler's process, "
        "all threads, per transaction; `user` is the part outside the kernel. `forebay` has one "
        "worker, `forebay-N` has N.",
        "",
    ]
    for table in tables(report):
        lines += _markdown_table(table)
    lines += [f"- {note}" for note in _notes(report)]
    return "\n".join([*lines, END])


def write_markdown(report: Report, path: Path) -> None:
    """Put the section into ``path``, in the place of the one written before."""
    section = markdown(report)
    text = path.read_text() if path.exists() else "# Benchmarks\n"
    if BEGIN in text and END in text:
        pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
        text = re.sub(pattern, lambda _: section, text, count=1, flags=re.DOTALL)
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    path.write_text(text)
