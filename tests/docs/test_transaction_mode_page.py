"""docs/transaction-mode.md: what it says does not work is tried, so that it goes once it works."""

import re

import pytest

from tests.docs.pages import DOCS, code, rows
from tests.support.database import Database
from tests.support.door import USER
from tests.support.gateway import StartGateway

PAGE = DOCS / "transaction-mode.md"
LEFT_BEHIND = [
    tuple(code(cell)[0] for cell in row) for row in rows(PAGE, "## What does not work yet")
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
    database.ask("drop sequence if exists invoice")
    database.ask("drop role if exists reporting")
    database.ask(f"create role reporting role {USER}")
    database.ask("create sequence invoice")
    database.ask(f"grant usage on sequence invoice to {USER}")
    gateway = start_gateway(default_pool_size=1)
    one, next_one = (gateway.connect(prepare_threshold=None) for _ in range(2))
    one.execute(statement.encode())
    row = next_one.execute(question.encode()).fetchone()
    assert row is not None
    assert str(row[0]) == answer


def test_the_reported_settings_are_all_named(database: Database) -> None:
    _, _, below = PAGE.read_text().partition("### Reported settings\n")
    named = code(below.partition("\n## ")[0])
    reported = set(database.wire().parameters) - SERVER_PROPERTIES
    assert set(named) == reported


def test_the_limits_it_names_are_the_sources() -> None:
    session = (DOCS.parent / "crates/gateway/src/session/mod.rs").read_text()
    limits = dict(re.findall(r"pub const (\w+): usize = ([^;]+);", session))
    assert limits["CLIENT_STATEMENTS_LIMIT"] == "10_000"
    assert limits["WHOLE_LIMIT"] == "16 * 1024"
