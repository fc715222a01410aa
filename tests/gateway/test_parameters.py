"""Reported parameters are right for each client, although clients share servers."""

import pytest

from tests.support import messages
from tests.support.door import Door
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.replies import errors, lines
from tests.support.wire import Wire

ASKED: dict[str, list[str]] = {
    "client_encoding": ["UTF8", "LATIN1"],
    "DateStyle": ["ISO, DMY", "German, DMY"],
    "TimeZone": ["Asia/Tokyo", "America/New_York"],
    "application_name": ["first", "the second's \\ name"],
    "IntervalStyle": ["iso_8601", "sql_standard"],
    "search_path": ["pg_catalog", '"$user", public'],
}
SHOW = "select " + ", ".join(f"current_setting('{name}')" for name in ASKED)


def _shown(wire: Wire) -> list[str | None]:
    (row,) = [reply.values for reply in wire.query(SHOW) if reply.tag == "D"]
    return row


def test_two_clients_with_their_own_settings_share_a_server(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    wishes = [{name: values[index] for name, values in ASKED.items()} for index in range(2)]
    first, second = (gateway.wire(**wish) for wish in wishes)
    backend = first.value("select pg_backend_pid()")
    for _ in range(3):
        assert _shown(first) == list(wishes[0].values())
        assert _shown(second) == list(wishes[1].values())
    assert second.value("select pg_backend_pid()") == backend


@pytest.mark.parametrize("name", ASKED)
def test_a_setting_asked_for_is_reported_and_in_force(door: Door, name: str) -> None:
    for value in ASKED[name]:
        wire = door.wire(**{name: value})
        assert wire.value(f"show {name}") == value
        assert wire.parameters[name] == value


def test_values_are_reported_as_postgresql_writes_them(door: Door) -> None:
    wire = door.wire(client_encoding="utf-8", DateStyle="german", TimeZone="europe/berlin")
    wire.query("select 1")
    assert wire.parameters["client_encoding"] == "UTF8"
    assert wire.parameters["DateStyle"] == "German, DMY"
    assert wire.parameters["TimeZone"] == "Europe/Berlin"


def test_options_carry_settings(door: Door) -> None:
    wire = door.wire(options=r"-c TimeZone=Asia/Tokyo --search_path=one,\ two -cgeqo=off")
    assert wire.value("show TimeZone") == "Asia/Tokyo"
    assert wire.value("show search_path") == "one, two"
    assert wire.value("show geqo") == "off"
    assert wire.parameters["TimeZone"] == "Asia/Tokyo"


def test_settings_that_are_not_reported_are_each_clients_own(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    patient = gateway.wire(options="-c statement_timeout=11s")
    plain = gateway.wire()
    hasty = gateway.wire(statement_timeout="7s")
    for _ in range(2):
        assert patient.value("show statement_timeout") == "11s"
        assert plain.value("show statement_timeout") == "0"
        assert hasty.value("show statement_timeout") == "7s"


def test_what_one_client_sets_no_other_sees(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    setter, other = gateway.wire(), gateway.wire()
    before = other.value("show TimeZone")
    assert before != "Asia/Tokyo"
    replies = setter.query("set timezone to 'Asia/Tokyo'")
    assert "ParameterStatus TimeZone=Asia/Tokyo" in lines(replies)
    for _ in range(2):
        assert other.value("show TimeZone") == before
        assert other.parameters["TimeZone"] == before
        assert setter.value("show TimeZone") == "Asia/Tokyo"
        assert setter.parameters["TimeZone"] == "Asia/Tokyo"
    newcomer = gateway.wire()
    assert newcomer.value("show TimeZone") == before
    setter.close()
    assert other.value("show TimeZone") == before


def test_a_setting_moves_with_its_client(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=2)
    wire, blocker = gateway.wire(), gateway.wire()
    wire.query("set datestyle to 'German'")
    first = wire.value("select pg_backend_pid()")
    blocker.query("begin")  # takes the server that was used last
    assert wire.value("select pg_backend_pid()") != first
    assert wire.value("show datestyle") == "German, DMY"
    assert blocker.value("show datestyle") == "ISO, MDY"


def test_a_rollback_takes_a_setting_back(door: Door) -> None:
    wire = door.wire(TimeZone="Asia/Tokyo")
    wire.query("begin")
    wire.query("set timezone to 'Europe/Rome'")
    assert wire.parameters["TimeZone"] == "Europe/Rome"
    wire.query("rollback")
    assert wire.parameters["TimeZone"] == "Asia/Tokyo"
    assert wire.value("show timezone") == "Asia/Tokyo"


def test_a_local_setting_ends_with_its_transaction(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    wire, other = gateway.wire(), gateway.wire()
    before = other.value("show TimeZone")
    wire.play(messages.query("begin"), messages.query("set local timezone to 'Asia/Tokyo'"))
    assert wire.value("show timezone") == "Asia/Tokyo"
    wire.query("commit")
    assert wire.value("show timezone") == before
    assert wire.parameters["TimeZone"] == before
    assert other.value("show timezone") == before


def test_reset_returns_to_what_was_asked_for_at_startup(door: Door) -> None:
    wire = door.wire(TimeZone="Asia/Tokyo")
    wire.query("set timezone to 'Europe/Rome'")
    assert wire.value("show timezone") == "Europe/Rome"
    wire.query("reset timezone")
    assert wire.value("show timezone") == "Asia/Tokyo"
    wire.query("set timezone to 'Europe/Rome'")
    wire.query("reset all")
    assert wire.value("show timezone") == "Asia/Tokyo"
    assert wire.parameters["TimeZone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("name", "value", "sqlstate"),
    [
        ("TimeZone", "Nowhere/Land", "22023"),
        ("DateStyle", "sideways", "22023"),
        ("client_encoding", "EBCDIC", "22023"),
        ("no_such_setting", "1", "42704"),
    ],
)
def test_a_bad_startup_value_is_told_in_postgresqls_words(
    door: Door, name: str, value: str, sqlstate: str
) -> None:
    """At login or at the first query: the client learns which parameter, and does not hang."""
    error = door.refusal(**{name: value})
    assert error.fields["C"] == sqlstate
    assert name.lower() in error.fields["M"].lower()


def test_a_bad_startup_value_leaves_the_pool_sound(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    good = gateway.wire(TimeZone="Asia/Tokyo")
    for _ in range(3):
        assert gateway.refusal(TimeZone="Nowhere/Land").fields["C"] == "22023"
        assert good.value("show timezone") == "Asia/Tokyo"


def test_a_setting_that_needs_quoting_injects_nothing(pooled: RunningGateway) -> None:
    name = "x'; drop table notes; select '\\"
    wire = pooled.wire(application_name=name)
    assert wire.value("show application_name") == name
    assert errors(wire.query("select 1")) == []
