"""The command ``python -m bench.prove``."""

from __future__ import annotations

import argparse
import os
import sys
import time

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.errors import BenchError
from bench.pooler.contestants import PROJECT
from bench.processes import end_on_signals, raise_descriptor_limit

# Importing a module registers its proofs.
from bench.prove import (  # noqa: F401
    bank,
    budget,
    cancel,
    cells,
    client_cost,
    client_import,
    client_poolers,
    client_safety,
    client_tenant,
    crowd,
    doctor_advise,
    doctor_cost,
    doctor_field,
    doctor_live,
    doctor_planted,
    drivers,
    engine_abuse,
    engine_cost,
    engine_inject,
    engine_reference,
    engine_statements,
    fresh,
    garbage,
    isolation,
    listen,
    migrate_lint,
    migrate_litellm,
    migrate_live,
    migrate_pooled,
    migrate_pull,
    migrate_reference,
    migrate_roll_out,
    mutate,
    pgbouncer_suite,
    schema_cost,
    schema_fuzz,
    schema_reference,
    storm,
)
from bench.prove.registry import REGISTRY, Context, Finding, Proof
from bench.prove.results import Results

EPILOG = """
Results are kept in .prove by the state of the source: a run that was interrupted goes on where it
stopped. PGBOUNCER names the PgBouncer of the bench proofs, as for bench.pooler;
PGBOUNCER_SOURCE the checkout, configured and built, whose tests pgbouncer-suite runs. REAL_SCHEMAS
names a folder of schemas that schema-real looks at besides those it fetches.
"""


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.prove",
        description="Prove what takes longer than a test may.",
        epilog=EPILOG,
    )
    add = parser.add_argument
    known = sorted(REGISTRY)
    add("ids", nargs="*", metavar="ID", help=f"only these: {', '.join(known)}")
    add("--list", action="store_true", help="list the proofs and whether a result is kept")
    add("--again", action="append", default=[], metavar="ID", help="discard a kept result; 'all'")
    add("--with-fresh", action="store_true", help="also those that are run only when asked for")
    add("--pooler", default="forebay", help="prove it of another, to try the proofs themselves")
    add("--seconds", type=int, default=60, help="of cancels and of garbage")
    add("--rounds", type=int, default=5, help="of the bench proofs")
    add("--packets", type=int, default=10_000_000, help="mutated ones")
    given = parser.parse_args(arguments)
    unknown = [id_ for id_ in [*given.ids, *given.again] if id_ not in {*REGISTRY, "all"}]
    if unknown:
        parser.error(f"no proof is called {unknown[0]!r}; there are {', '.join(known)}")
    return given


def in_order() -> list[Proof]:
    """Order the proofs by how long they take: whoever watches sees most of the table early."""
    return sorted(REGISTRY.values(), key=lambda entry: entry.minutes)


def chosen_proofs(given: argparse.Namespace) -> list[Proof]:
    """Pick the proofs to run: those named, or all that are not optional."""
    if given.ids or given.again:
        named = {*given.ids, *given.again}
        if "all" not in named:
            return [entry for entry in in_order() if entry.id in named]
    return [entry for entry in in_order() if given.with_fresh or not entry.is_optional]


def _row(id_: str, finding: Finding) -> tuple[str, ...]:
    if finding.is_conclusive:
        verdict = "[green]pass[/]" if finding.is_pass else "[red]MISS[/]"
    else:
        verdict = "[yellow]AGAIN[/]"
    return (id_, escape(finding.claim), finding.bar, escape(finding.measured), verdict)


def show(found: dict[str, list[Finding]], console: Console) -> None:
    """Print the table."""
    table = Table(*("id", "claim", "bar", "measured", ""), show_lines=False)
    for id_, findings in found.items():
        for finding in findings:
            table.add_row(*_row(id_, finding))
    console.print(table)


def list_proofs(results: Results, console: Console) -> None:
    """Print the registry."""
    table = Table("id", "claim", "minutes", "kept for this source")
    for entry in in_order():
        claim = entry.claim + (" (only when asked for)" if entry.is_optional else "")
        table.add_row(
            entry.id,
            claim,
            f"{entry.minutes:g}",
            "yes" if results.load(entry.id) is not None else "no",
        )
    console.print(table)


def prove(entry: Proof, context: Context, results: Results, *, again: bool) -> list[Finding]:
    """Return what is kept, or run the proof and keep what it found."""
    kept = None if again else results.load(entry.id)
    if kept is not None:
        context.say("kept from an earlier run of the same source")
        return kept
    started = time.monotonic()
    try:
        findings = entry.run(context)
    except BenchError as error:
        # Not kept: what could not be measured today may be measured once its cause is gone.
        return [Finding(entry.claim, "measured", str(error), False, is_conclusive=False)]
    if all(finding.is_conclusive for finding in findings):
        results.save(entry.id, findings, time.monotonic() - started)
    return findings


def main() -> int:
    """Run the proofs; 1 when one missed its bar or was not judged, 2 when none could be run."""
    end_on_signals()
    raise_descriptor_limit()
    given = parse_arguments(sys.argv[1:])
    console, errors = Console(width=None if sys.stdout.isatty() else 180), Console(stderr=True)
    try:
        settings = {
            "seconds": given.seconds,
            "rounds": given.rounds,
            "packets": given.packets,
            "pgbouncer": os.environ.get("PGBOUNCER", ""),
        }
        results = Results(PROJECT, given.pooler, settings)
    except BenchError as error:
        errors.print(f"bench.prove: {error}", style="red", markup=False)
        return 2
    if given.list:
        list_proofs(results, console)
        return 0
    found: dict[str, list[Finding]] = {}
    with errors.status("") as status:
        for entry in chosen_proofs(given):

            def say(what: str, id_: str = entry.id) -> None:
                status.update(f"{id_}: {escape(what)}")

            say(entry.claim)
            context = Context(given.pooler, given.seconds, given.rounds, given.packets, say)
            again = bool({entry.id, "all"} & set(given.again))
            found[entry.id] = prove(entry, context, results, again=again)
            passed = sum(finding.is_pass for finding in found[entry.id])
            errors.print(f"{entry.id}: {passed} of {len(found[entry.id])} pass", highlight=False)
    show(found, console)
    return 0 if all(finding.is_pass for all_ in found.values() for finding in all_) else 1


if __name__ == "__main__":
    sys.exit(main())
