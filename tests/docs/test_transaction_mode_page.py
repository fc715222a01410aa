"""docs/transaction-mode.md: its table is the recorded one, and what it says of pins is tried."""

import re

import pytest

from tests.docs.pages import DOCS, ROOT, code, rows
from tests.peers.matrix.drivers import DRIVERS
from tests.peers.matrix.features import FEATURES
from tests.peers.matrix.record import BREAKS, NO_INTERFACE, WORKS, Record
from tests.support.database import Database
from tests.support.gateway import StartGateway
from tests.support.waiting import wait_until
from tools.transaction_mode import PAGE, page

LEFT_BEHIND = [tuple(code(cell)[0] for cell in row) for row in rows(PAGE, "## What no pooler sees")]
PINS = [[code(cell) for cell in row] for row in rows(PAGE, "## Clients that keep their server")]
# What begins these takes more than the one statement that the page has.
NEED_MORE = {"sequence", "load"}

# What says of a server what it is, and is no session's to set.
SERVER_PROPERTIES = {
    "in_hot_standby",
    "integer_datetimes",
    "is_superuser",
    "server_encoding",
    "server_version",
    "session_authorization",
}

INSIDE = """
drop function if exists sets_inside(), locks_inside();
create function sets_inside() returns void language plpgsql
    as $$ begin perform set_config('work_mem', '7MB', false); end $$;
create function locks_inside() returns void language plpgsql
    as $$ begin perform pg_advisory_lock(9); end $$;
"""


def test_the_table_is_the_recorded_one() -> None:
    text = PAGE.read_text()
    assert text == page(text, Record.load()), "run python -m tools.transaction_mode"


def test_the_recorded_table_is_whole() -> None:
    columns = {column.name: column for column in Record.load().columns}
    assert [*columns] == [*(driver.name for driver in DRIVERS), "pgx", "pgjdbc"]
    for column in columns.values():
        assert [*column.forebay] == [*column.pgbouncer] == [feature.name for feature in FEATURES]
        assert {*column.pgbouncer.values()} <= {WORKS, BREAKS, NO_INTERFACE}
        # What the tests of the drivers assert of Forebay is what the page says of it.
        assert {*column.forebay.values()} <= {WORKS, NO_INTERFACE}
    for driver in DRIVERS:
        forebay = columns[driver.name].forebay
        assert {name for name in forebay if forebay[name] == NO_INTERFACE} == driver.lacks


@pytest.mark.parametrize(("statement", "question", "answer"), LEFT_BEHIND)
def test_what_stays_behind_on_a_server(
    start_gateway: StartGateway, database: Database, statement: str, question: str, answer: str
) -> None:
    database.ask(INSIDE)
    gateway = start_gateway(default_pool_size=1)
    one, next_one = (gateway.connect(prepare_threshold=None) for _ in range(2))
    one.execute(statement.encode())
    row = next_one.execute(question.encode()).fetchone()
    assert row is not None
    assert str(row[0]) == answer


def test_every_reason_of_a_pin_has_its_row() -> None:
    source = (ROOT / "crates/gateway/src/pins.rs").read_text()
    reasons = re.findall(r'Self::\w+ => "([a-z_]+)",', source)
    assert reasons
    assert [reason for (reason,), _, _ in PINS] == reasons


@pytest.mark.parametrize(
    ("begin", "ends"),
    [(begin[0], ends) for (reason,), begin, ends in PINS if reason not in NEED_MORE],
)
def test_what_pins_and_what_ends_it(
    start_gateway: StartGateway, database: Database, begin: str, ends: list[str]
) -> None:
    database.ask("alter role app replication")
    database.ask("grant execute on function pg_backup_start to app")
    gateway = start_gateway(default_pool_size=2)
    wire = gateway.wire()
    assert [reply.line for reply in wire.query(begin) if reply.tag == "E"] == []
    wait_until(lambda: gateway.pool("pins") == 1)
    if ends:
        wire.query(ends[0])
    else:
        wire.close()
    wait_until(lambda: gateway.pool("pins") == 0)


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
