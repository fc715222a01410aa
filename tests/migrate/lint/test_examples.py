"""The documented examples of squawk and strong_migrations, without a database; some beside one.

All of them run beside PostgreSQL, with their locks looked at, in the proof migrate-lint.
"""

import secrets
from dataclasses import replace

import psycopg
import pytest

from bench.prove.migrate_lint import EXAMPLES, examine, judged
from bench.prove.migrate_lint_examples import SETUP, Example
from forebay.migrate.lint.linter import Linter, Options
from forebay.migrate.lint.registry import Severity

# What only a database says: the types that columns have, and the indexes that are there.
_NEEDS_DATABASE = {"changing the type of a column", "changing-column-type"}
_BESIDE = [
    one
    for one in EXAMPLES
    if one.page
    in (
        "require-concurrent-index-creation",
        "require-concurrent-partition-detach",
        "ban-truncate-cascade",
        "adding a unique constraint",
    )
]


def _title(example: Example) -> str:
    return f"{example.page}: {example.sql[:60]}"


@pytest.mark.parametrize("example", EXAMPLES, ids=_title)
def test_an_example_is_found_or_left_in_peace(example):
    options = Options(
        "wrapped" if example.is_wrapped else "single",
        example.version,
        extend=frozenset(example.include),
    )
    found = Linter(options).lint("a.sql", example.sql).findings
    codes = {one.rule.code for one in found if one.level >= Severity.WARNING or example.include}
    if example.is_safe:
        needless = {"FM601"} | ({"FM113"} if example.page in _NEEDS_DATABASE else set())
        own = codes & set(example.include) if example.include else codes
        assert own <= needless
    else:
        assert set(example.codes) <= {one.rule.code for one in found}


@pytest.mark.parametrize("example", _BESIDE, ids=_title)
def test_postgresql_takes_the_locks_that_are_foretold(embedded, example):
    name = f"example_{secrets.token_hex(4)}"
    with psycopg.connect(embedded.url.text(), autocommit=True) as administrator:
        administrator.execute(f'create database "{name}"'.encode())
        url = replace(embedded.url, database=name)
        with psycopg.connect(url.text(), autocommit=True) as connection:
            connection.execute(SETUP.encode())
        finding = judged(example, *examine(example, url))
        administrator.execute(f'drop database "{name}" with (force)'.encode())
    assert finding.is_pass, finding.measured
