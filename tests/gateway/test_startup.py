"""The first bytes of a connection: encryption requests, protocol versions, and what is refused."""

import struct

import pytest

from tests.support import messages
from tests.support.door import DATABASE, USER, Door
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.replies import Reply, lines
from tests.support.wire import Closed, Wire


def _login(wire: Wire, protocol: int = messages.PROTOCOL_3_0, **parameters: str) -> list[Reply]:
    return wire.login(protocol, user=USER, database=DATABASE, **parameters)


@pytest.mark.parametrize(
    "requests",
    [
        [messages.ssl_request()],
        [messages.gss_request()],
        [messages.gss_request(), messages.ssl_request()],
        [messages.ssl_request(), messages.gss_request()],
    ],
    ids=["tls", "gss", "gss-tls", "tls-gss"],
)
def test_encryption_is_declined_and_the_session_goes_on(door: Door, requests: list[bytes]) -> None:
    wire = door.knock()
    for request in requests:
        wire.send(request)
        assert wire.read_byte() == b"N"
    _login(wire)
    assert wire.value("select 1") == "1"


@pytest.mark.parametrize("minor", [0, 2])
def test_known_versions_are_not_negotiated(door: Door, minor: int) -> None:
    wire = door.knock()
    replies = _login(wire, messages.PROTOCOL_3_0 + minor)
    assert "v" not in [reply.tag for reply in replies]
    # Protocol 3.0 knows keys of four bytes behind the process number, 3.2 up to 256.
    length = len(wire.key) - 4
    assert length == 4 if minor == 0 else 4 < length <= 256
    assert wire.value("select 1") == "1"


@pytest.mark.parametrize("options", ["-d", "-c timezone", "timezone=UTC"])
def test_options_that_are_no_settings_are_refused_in_pgbouncers_words(
    start_gateway: StartGateway, options: str
) -> None:
    message = start_gateway().refusal(options=options).fields["M"]
    words = "only '-c config=val' and '--config=val' are allowed"
    assert message.startswith(f"unsupported options startup parameter: {words}")


def test_trust_knows_only_who_is_listed(start_gateway: StartGateway) -> None:
    gateway = start_gateway(auth_type="trust")
    error = gateway.refusal(user="stranger")
    assert error.fields["M"] == '"trust" authentication failed: user "stranger" is not listed'
    assert error.fields["C"] == "28P01"


@pytest.mark.parametrize("minor", [3, 9999])
def test_a_newer_minor_version_is_negotiated_down(door: Door, minor: int) -> None:
    wire = door.knock()
    replies = _login(wire, messages.PROTOCOL_3_0 + minor)
    assert lines(reply for reply in replies if reply.tag == "v") == ["NegotiateProtocolVersion 3.2"]
    assert wire.value("select 1") == "1"


def test_unknown_protocol_options_are_named(door: Door) -> None:
    wire = door.knock()
    replies = _login(wire, messages.PROTOCOL_3_2, pq_first="1", pq_second="2")
    assert lines(reply for reply in replies if reply.tag == "v") == [
        "NegotiateProtocolVersion 3.2 _pq_.first,_pq_.second"
    ]
    assert wire.value("select 1") == "1"


@pytest.mark.parametrize("major", [2, 4])
def test_another_major_version_is_refused_in_words(door: Door, major: int) -> None:
    wire = door.knock()
    wire.send(messages.startup(major << 16, user=USER, database=DATABASE))
    # Read as bytes: an error in protocol 2 is framed differently.
    answer = wire.read_rest()
    assert answer.startswith(b"E")
    assert f"unsupported frontend protocol {major}.0".encode() in answer


def test_an_unknown_database_is_refused(door: Door) -> None:
    wire = door.knock()
    with pytest.raises(Closed) as caught:
        wire.login(user=USER, database="no_such_place")
    assert caught.value.fields["C"] == "3D000"
    assert "no_such_place" in caught.value.fields["M"]
    assert wire.read_end() == []


def test_a_startup_packet_without_a_user_is_refused(door: Door) -> None:
    wire = door.knock()
    wire.send(messages.startup(database=DATABASE))
    replies = wire.read_end()
    assert [reply.fields["C"] for reply in replies] == ["28000"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        struct.pack("!II", 4, 0),
        struct.pack("!II", 0xFFFFFFFF, messages.PROTOCOL_3_0),
        struct.pack("!II", 12, messages.PROTOCOL_3_0) + b"user",
        struct.pack("!II", 8, 12345678),
    ],
    ids=["http", "tls", "short", "huge", "unterminated", "unknown"],
)
def test_garbage_ends_only_its_own_connection(pooled: RunningGateway, garbage: bytes) -> None:
    bystander = pooled.wire()
    wire = pooled.knock()
    wire.send(garbage)
    assert all(reply.tag == "E" for reply in wire.read_end())
    assert bystander.value("select 1") == "1"


@pytest.mark.parametrize(
    "garbage",
    [
        b"Q" + struct.pack("!I", 3),
        b"Q" + struct.pack("!I", 0xFFFFFFFF),
        messages.tagged(b"\xff", b"what is this"),
        messages.tagged(b"Q", b"select 1"),
        messages.tagged(b"P", b"\0"),
        messages.tagged(b"B", b"name without an end"),
        messages.tagged(b"D", b"X\0"),
        messages.tagged(b"C", b""),
    ],
    ids=["short", "huge", "tag", "query", "parse", "bind", "describe", "close"],
)
def test_a_broken_message_harms_nobody_else(pooled: RunningGateway, garbage: bytes) -> None:
    """The session may go on after an error or end with one; the pool stays sound either way."""
    bystander = pooled.wire()
    wire = pooled.wire()
    wire.send(garbage, messages.sync(), messages.terminate())
    assert {reply.tag for reply in wire.read_end()} <= {"E", "Z"}
    assert [bystander.value(f"select {number}") for number in range(4)] == ["0", "1", "2", "3"]


def test_a_session_starts_as_postgresql_starts_it(door: Door, database: Door) -> None:
    """The same parameters are reported, but for the key and what differs by nature."""

    def reported(place: Door) -> list[str]:
        wire = place.knock()
        replies = _login(wire, application_name="probe")
        return sorted(lines(reply for reply in replies if reply.tag in "SRZ"))

    assert reported(door) == reported(database)
