"""Messages that are large, cut anywhere, or many at once."""

import threading

import pytest

from tests.support.door import DATABASE, USER, Door
from tests.support.gateway import StartGateway
from tests.support.messages import (
    bind,
    execute,
    parse,
    query,
    startup,
    sync,
    terminate,
)
from tests.support.replies import errors, lines, rows

MEGABYTE = 1 << 20
LARGE = 16 * MEGABYTE
READY = "ReadyForQuery I"


def test_a_row_of_sixteen_megabytes(door: Door) -> None:
    wire = door.wire()
    replies = wire.query(f"select repeat('x', {LARGE})")
    assert [reply.tag for reply in replies] == ["T", "D", "C", "Z"]
    assert rows(replies) == [["x" * LARGE]]


def test_a_query_of_sixteen_megabytes(door: Door) -> None:
    wire = door.wire()
    assert wire.value(f"select length('{'x' * LARGE}')") == str(LARGE)
    replies = wire.play(parse(f"select length('{'x' * LARGE}')", "s"), bind("s"), execute(), sync())
    assert rows(replies) == [[str(LARGE)]]
    assert rows(wire.play(bind("s"), execute(), sync())) == [[str(LARGE)]]


def test_a_parameter_of_sixteen_megabytes(door: Door) -> None:
    wire = door.wire()
    wire.play(parse("select length($1), md5($1)", "s", [25]), sync())
    for letter in "xy":
        replies = wire.play(bind("s", letter * LARGE), execute(), sync())
        assert rows(replies)[0][0] == str(LARGE)


def test_many_rows(door: Door) -> None:
    wire = door.wire()
    replies = wire.query("select n, repeat('x', 100) from generate_series(1, 50000) n")
    assert [row[0] for row in rows(replies)] == [str(number) for number in range(1, 50001)]


def test_bytes_one_at_a_time(door: Door) -> None:
    wire = door.knock()
    script = [
        startup(user=USER, database=DATABASE, TimeZone="Asia/Tokyo"),
        query("show timezone"),
        *(parse("select $1::int", "s"), bind("s", "5"), execute(), sync()),
        query("select 6"),
    ]
    for byte in b"".join(script):
        wire.send(bytes([byte]))
    wire.read_ready()
    assert rows(wire.read_ready(3)) == [["Asia/Tokyo"], ["5"], ["6"]]


@pytest.mark.parametrize("cut", [1, 2, 4, 5, 6, 40])
def test_a_pause_inside_a_message(door: Door, cut: int) -> None:
    """The piece before the cut has arrived, since another client was answered after it."""
    wire, other = door.wire(), door.wire()
    for message in (
        query("select 'simple query of some length'"),
        parse("select $1, 'some length'"),
    ):
        here = min(cut, len(message) - 1)
        wire.send(message[:here])
        assert other.value("select 1") == "1"
        wire.send(message[here:], sync())
        assert errors(wire.read_ready(2 if message[:1] == b"Q" else 1)) == []


def test_a_thousand_queries_in_one_write(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(*(query(f"select {number}") for number in range(1000)))
    assert rows(replies) == [[str(number)] for number in range(1000)]


def test_queries_sent_with_the_startup_packet(door: Door) -> None:
    wire = door.knock()
    wire.send(startup(user=USER, database=DATABASE), query("select 1"), query("select 2"))
    wire.read_ready()
    assert rows(wire.read_ready(2)) == [["1"], ["2"]]


def test_a_goodbye_in_the_same_write_as_a_query(door: Door) -> None:
    wire = door.wire()
    wire.send(query("select 1"), terminate())
    assert lines(wire.read_end()) == [
        *("RowDescription ?column?", "DataRow 1", "CommandComplete SELECT 1", READY)
    ]


def test_a_client_that_reads_late_gets_everything(start_gateway: StartGateway) -> None:
    """Nobody else waits for it, although far more is on its way than any buffer holds."""
    gateway = start_gateway(default_pool_size=2)
    slow, other = gateway.wire(), gateway.wire()
    slow.send(query(f"select repeat('x', {MEGABYTE}) from generate_series(1, 40)"))
    assert [other.value(f"select {number}") for number in range(50)] == [
        str(number) for number in range(50)
    ]
    replies = slow.read_ready()
    assert sum(len(reply.body) for reply in replies) > 40 * MEGABYTE


def test_a_client_that_writes_before_it_reads_is_not_starved(door: Door) -> None:
    wire = door.wire()
    count, message = 64, query(f"select '{'x' * MEGABYTE}'")
    writing = threading.Thread(target=lambda: wire.send(*[message] * count))
    writing.start()
    replies = wire.read_ready(count)
    writing.join()
    assert errors(replies) == []
    assert len(rows(replies)) == count


def test_a_message_above_the_limit_is_refused(start_gateway: StartGateway) -> None:
    gateway = start_gateway(max_packet_size=MEGABYTE)
    bystander, wire = gateway.wire(), gateway.wire()
    assert wire.value(f"select length('{'x' * (MEGABYTE - 100)}')") == str(MEGABYTE - 100)
    wire.send(query("x" * (MEGABYTE + 1))[:100])
    (error,) = wire.read_end()
    assert error.fields["S"] == "FATAL"
    assert str(MEGABYTE) in error.line
    assert bystander.value("select 1") == "1"
