"""Which checks prove that a column is not null: PostgreSQL says so when it takes their word."""

import pytest

from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.linter import Linter
from forebay.migrate.lint.tree import Name

CHECKS = [
    "a is not null",
    "a is not null and a > 0",
    "a is not null and (b > 0 or b is null)",
    "not (a is null)",
    "not (a is null or b is null)",
    "not (a is null and b is null)",
    "a is not null or b is not null",
    "(a is not null) is true",
    "a > 0",
    "lower(a::text) is not null",
    "coalesce(a, b) is not null",
    "num_nulls(a) = 0",
]
STEPS = (
    "alter table t add constraint k check ({}) not valid;",
    "alter table t validate constraint k;",
)
SET = "alter table t alter a set not null;"


def _is_taken(connection, statement: str) -> bool:
    """Say whether PostgreSQL made a column NOT NULL without reading the rows."""
    said: list[str] = []

    def hear(notice):
        said.append(str(notice.message_primary))

    connection.add_notice_handler(hear)
    connection.execute("set client_min_messages = debug1")
    connection.execute(statement.encode())
    connection.execute("reset client_min_messages")
    connection.remove_notice_handler(hear)
    return any("sufficient to prove" in one for one in said)


def _is_found(linter: Linter, text: str) -> bool:
    return any(one.rule.code == "FM112" for one in linter.lint("script", text, "single").findings)


@pytest.fixture
def table(connection):
    connection.execute("create table t (a int, b int)")
    yield connection
    connection.execute("drop table t")


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_proves_what_postgresql_takes_from_it(table, check):
    steps = "".join(STEPS).format(check)
    from_script = _is_found(Linter(), steps + SET)
    table.execute(steps.encode())
    facts = Facts(table, "public")
    from_database = facts.proofs(Name("public", "t"), "a") == ["k"]
    is_taken = _is_taken(table, SET)
    assert (not from_script, from_database) == (is_taken, is_taken)


@pytest.mark.parametrize(
    "statement",
    [
        "alter table t drop constraint k, alter a set not null",
        "alter table t alter a set not null, drop constraint k",
    ],
)
def test_a_check_that_the_same_statement_drops_proves_nothing(table, statement):
    table.execute("".join(STEPS).format("a is not null").encode())
    assert _is_found(Linter(facts=Facts(table, "public")), statement)
    assert not _is_taken(table, statement)


def test_a_check_that_was_dropped_proves_nothing(table):
    table.execute("".join(STEPS).format("a is not null").encode())
    linter = Linter(facts=Facts(table, "public"))
    assert not _is_found(linter, SET)
    assert _is_found(linter, f"alter table t drop constraint k; {SET}")
