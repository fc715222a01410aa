"""The linter beside squawk's and strong_migrations' examples, and beside PostgreSQL's pg_locks."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from bench.prove.migrate_lint_examples import SETUP, Example
from bench.prove.migrate_lint_squawk import EXAMPLES as OF_SQUAWK
from bench.prove.migrate_lint_strong import EXAMPLES as OF_STRONG
from bench.prove.registry import Context, Finding, proof
from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.linter import Linter, Options, Report
from forebay.migrate.lint.modes import Mode
from forebay.migrate.lint.registry import Severity
from forebay.migrate.lint.transactions import Sending
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.migrate.lint.observed import Seen, observe

EXAMPLES = [*OF_SQUAWK, *OF_STRONG]
_MODEL = "lint_model"


@contextmanager
def model(url: PostgresUrl) -> Iterator[PostgresUrl]:
    """Make a database with what the examples are about, to be copied for each."""
    with psycopg.connect(url.text(), autocommit=True) as administrator:
        administrator.execute(f'create database "{_MODEL}"'.encode())
        made = replace(url, database=_MODEL)
        with psycopg.connect(made.text(), autocommit=True) as connection:
            connection.execute(SETUP.encode())
            connection.execute("analyze")
        yield made
        administrator.execute(f'drop database "{_MODEL}" with (force)'.encode())


@contextmanager
def copy(url: PostgresUrl) -> Iterator[PostgresUrl]:
    """Copy the model for an example, which may then do with it what it says."""
    name = f"lint_{secrets.token_hex(4)}"
    with psycopg.connect(url.text(), autocommit=True) as administrator:
        administrator.execute(f'create database "{name}" template "{_MODEL}"'.encode())
        yield replace(url, database=name)
        administrator.execute(f'drop database "{name}" with (force)'.encode())


def examine(example: Example, url: PostgresUrl) -> tuple[Report, list[Seen]]:
    """Lint an example beside a database, and run it there."""
    sending: Sending = "wrapped" if example.is_wrapped else "single"
    options = Options(sending, example.version, extend=frozenset(example.include))
    with psycopg.connect(url.text(), autocommit=True) as connection:
        report = Linter(options, Facts(connection)).lint("example.sql", example.sql)
    return report, observe(example.sql, url.text())


def judged(example: Example, report: Report, seen: list[Seen]) -> Finding:
    """Say of an example whether it was found, or left in peace, and locked as was foretold."""
    codes = sorted({one.rule.code for one in report.findings})
    loud = sorted({one.rule.code for one in report.findings if one.level >= Severity.WARNING})
    own = set(loud) | (set(codes) & set(example.include))
    is_found = not own if example.is_safe else set(example.codes) <= set(codes)
    refused = next((one.refused for one in seen if one.refused), None)
    is_as_foretold = all(one.is_as_foretold for one in seen) and refused == example.fails
    kind = "safe" if example.is_safe else "unsafe"
    found = ", ".join(loud if example.is_safe else sorted(set(example.codes) & set(codes)))
    return Finding(
        f"{example.source}: {example.page} ({kind}): {example.sql}",
        "nothing found" if example.is_safe else f"{', '.join(example.codes)}, locks as foretold",
        f"{found or 'nothing found'}; {_locks(seen, refused)}",
        is_found and is_as_foretold,
        {"statements": [_told(one) for one in seen], "codes": codes},
    )


def _locks(seen: list[Seen], refused: str | None) -> str:
    if refused:
        return f"refused ({refused})"
    parts = []
    for one in seen:
        if one.foretold != one.taken:
            parts.append(f"foretold {_modes(one.foretold)}, seen {_modes(one.taken)}")
        elif one.taken:
            parts.append(f"foretold and seen {_modes(one.taken)}")
    return "; ".join(parts) or "no lock on a table that was there"


def _modes(modes: dict[str, Mode]) -> str:
    return ", ".join(f"{mode.sql} on {name}" for name, mode in sorted(modes.items())) or "none"


def _told(one: Seen) -> dict[str, object]:
    return {
        "statement": one.text,
        "foretold": {name: mode.sql for name, mode in one.foretold.items()},
        "seen": {name: mode.sql for name, mode in one.taken.items()},
        "refused": one.refused,
    }


@proof("migrate-lint", "unsafe migrations are found with the locks they take", minutes=3)
def migrate_lint(context: Context) -> list[Finding]:
    """Lint every documented example and run it, looking at its locks."""
    findings = []
    counts = {True: [0, 0], False: [0, 0]}
    server = start_ephemeral()
    try:
        with model(server.url):
            for number, example in enumerate(EXAMPLES, 1):
                context.say(f"{number} of {len(EXAMPLES)}: {example.page}")
                with copy(server.url) as url:
                    finding = judged(example, *examine(example, url))
                findings.append(finding)
                counts[example.is_safe][0] += finding.is_pass
                counts[example.is_safe][1] += 1
    finally:
        server.stop()
    whole = [
        Finding(
            f"{'safe' if is_safe else 'unsafe'} examples of squawk and strong_migrations",
            "nothing found" if is_safe else "found, with the locks that PostgreSQL took",
            f"{held} of {count}",
            held == count,
        )
        for is_safe, (held, count) in counts.items()
    ]
    return [*whole, *findings]
