"""docs/transaction-mode.md: what it says is not seen is tried, and its lists are complete."""

import re

import pytest

from tests.docs.pages import DOCS, code, rows
from tests.support.database import Database
from tests.support.gateway import StartGateway

PAGE = DOCS / "transaction-mode.md"
LEFT_BEHIND = [tuple(code(cell)[0] for cell in row) for row in rows(PAGE, "## What no pooler sees")]

# What the functions in the table do.
FUNCTIONS = [
    """create or replace function remember(text) returns text language sql
       as $$select set_config('app.remembered', $1, false)$$""",
    """create or replace function hold(int) returns void language sql
       as $$select pg_advisory_lock($1)$$""",
]

# What says of a server what it is, and is no session's to set.
SERVER_PROPERTIES = {
    "in_hot_standby",
    "integer_datetimes",
    "is_superuser",
    "server_encoding",
    "server_version",
    "session_authorization",
}


@pytest.mark.parametrize(("statement", "question", "answer"), LEFT_BEHIND)
def test_what_stays_behind_on_a_server(
    start_gateway: StartGateway, database: Database, statement: str, question: str, answer: str
) -> None:
    for function in FUNCTIONS:
        database.ask(function)
    gateway = start_gateway(default_pool_size=1)
    one, next_one = (gateway.connect(prepare_threshold=None) for _ in range(2))
    one.execute(statement.encode())
    row = next_one.execute(question.encode()).fetchone()
    assert row is not None
    assert str(row[0]) == answer


def test_the_reported_settings_are_all_named(database: Database) -> None:
    _, _, below = PAGE.read_text().partition("### Settings\n")
    named = code(below.partition("\n\n")[0])
    reported = set(database.wire().parameters) - SERVER_PROPERTIES
    assert set(named) == reported


def test_every_reason_is_explained() -> None:
    explained = {
        name for cell, *_ in rows(PAGE, "### Clients that keep their server") for name in code(cell)
    }
    source = (DOCS.parent / "crates/gateway/src/pins.rs").read_text()
    assert explained == set(re.findall(r'Self::\w+ => "(\w+)",', source))


def test_the_limits_it_names_are_the_sources() -> None:
    session = (DOCS.parent / "crates/gateway/src/session/mod.rs").read_text()
    limits = dict(re.findall(r"pub const (\w+): usize = ([^;]+);", session))
    assert limits["CLIENT_STATEMENTS_LIMIT"] == "10_000"
    assert limits["WHOLE_LIMIT"] == "16 * 1024"
