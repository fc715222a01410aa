"""What one client leaves behind never reaches the next one on the same server."""

import struct

import pytest

from tests.gateway.test_prepared_names import prepare, run
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import parse, query, sync
from tests.support.replies import errors, rows


@pytest.fixture
def shared(start_gateway: StartGateway) -> RunningGateway:
    """A gateway in transaction mode with a single server."""
    return start_gateway(pool_mode="transaction", default_pool_size=1)


def test_half_a_message_goes_with_its_client(shared: RunningGateway) -> None:
    """PostgreSQL would take the next client's bytes for the rest of it."""
    leaving = shared.wire()
    leaving.send(query("select 1"), b"d" + struct.pack("!I", 1000))
    leaving.read_ready()
    leaving.close()
    assert shared.wire().value("select 2") == "2"


@pytest.mark.parametrize(
    ("setting", "values", "sql"),
    [
        (
            "TimeZone",
            ("UTC", "America/New_York"),
            "select extract(epoch from '2024-1-1'::timestamptz)",
        ),
        ("DateStyle", ("ISO, MDY", "ISO, DMY"), "select extract(month from date '01/02/2024')"),
    ],
)
def test_a_text_prepared_under_other_settings_is_another_statement(
    shared: RunningGateway, setting: str, values: tuple[str, str], sql: str
) -> None:
    """PostgreSQL reads literals when it parses."""
    seen = []
    for value in values:
        wire = shared.wire(**{setting: value})
        prepare(wire, "s", sql)
        seen.append(rows(wire.play(*run("s"))))
    assert seen[0] != seen[1]


def test_a_setting_named_by_a_reserved_word_is_taken_back(shared: RunningGateway) -> None:
    first = shared.wire(options="-c app.user=7")
    assert first.value("select current_setting('app.user')") == "7"
    assert shared.wire().value("select current_setting('app.user', true)") in ("", None)


def test_a_relative_date_style_does_not_depend_on_the_client_before(shared: RunningGateway) -> None:
    shared.wire().query("set datestyle to 'SQL, DMY'")
    assert shared.wire(DateStyle="ISO").value("show datestyle") == "ISO, MDY"


def test_a_setting_that_a_vanished_client_rolls_back_is_set_again(shared: RunningGateway) -> None:
    leaving = shared.wire()
    leaving.query("begin")
    leaving.query("set timezone to 'Asia/Tokyo'")
    leaving.abort()
    assert shared.wire(TimeZone="Asia/Tokyo").value("show timezone") == "Asia/Tokyo"


def test_names_prepared_behind_deallocate_all_are_kept(shared: RunningGateway) -> None:
    wire = shared.wire()
    wire.send(query("deallocate all"), parse("select 41", "s"), sync())
    wire.read_ready(2)
    assert rows(wire.play(*run("s"))) == [["41"]]
    other = shared.wire()
    prepare(other, "t", "select 41")
    assert not errors(other.play(*run("t")))


def test_a_name_on_the_server_cannot_be_guessed(shared: RunningGateway) -> None:
    prepare(shared.wire(), "mine", "select 'secret'")
    assert errors(shared.wire().play(*run("forebay_1")))
