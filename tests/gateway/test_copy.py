"""COPY both ways, in both protocols, to its end and to its failure."""

import threading

import pytest

from tests.support.database import Database
from tests.support.door import Door
from tests.support.gateway import StartGateway
from tests.support.messages import (
    bind,
    copy_data,
    copy_done,
    copy_fail,
    execute,
    flush,
    parse,
    query,
    sync,
)
from tests.support.replies import errors, lines
from tests.support.wire import Wire

READY = "ReadyForQuery I"
COPY_IN = "copy notes from stdin"
COPY_OUT = "copy (select * from notes order by id) to stdout"
BAD_NUMBER = 'ErrorResponse ERROR 22P02 invalid input syntax for type integer: "x"'
MEGABYTE = 1 << 20

pytestmark = pytest.mark.usefixtures("table")


def _count(wire: Wire) -> str | None:
    return wire.value("select count(*) from notes")


def _line(number: int, body: str = "text") -> bytes:
    return copy_data(f"{number}\t{body}\n".encode())


def test_in_by_simple_query(door: Door) -> None:
    wire = door.wire()
    wire.send(query(COPY_IN))
    assert wire.read().line == "CopyInResponse"
    wire.send(_line(1), copy_data(b"2\tsplit "), copy_data(b"row\n3"), copy_data(b"\tc\n"))
    wire.send(copy_done())
    assert lines(wire.read_ready()) == ["CommandComplete COPY 3", READY]
    assert wire.value("select body from notes where id = 2") == "split row"


def test_in_and_what_follows_in_one_write(door: Door) -> None:
    wire = door.wire()
    wire.send(query(COPY_IN), _line(1), _line(2), copy_done(), query("select count(*) from notes"))
    assert lines(wire.read_ready(2)) == [
        *("CopyInResponse", "CommandComplete COPY 2", READY),
        *("RowDescription count", "DataRow 2", "CommandComplete SELECT 1", READY),
    ]


def test_in_twice_in_one_query(door: Door) -> None:
    wire = door.wire()
    wire.send(query(f"{COPY_IN}; select 'between'; {COPY_IN}"))
    wire.send(_line(1), copy_done(), _line(2), copy_done())
    assert lines(wire.read_ready()) == [
        *("CopyInResponse", "CommandComplete COPY 1"),
        *("RowDescription ?column?", "DataRow between", "CommandComplete SELECT 1"),
        *("CopyInResponse", "CommandComplete COPY 1", READY),
    ]
    assert _count(wire) == "2"


def test_in_that_the_client_fails(door: Door) -> None:
    wire = door.wire()
    wire.send(query(COPY_IN), _line(1), copy_fail("changed my mind"))
    assert lines(wire.read_ready()) == [
        "CopyInResponse",
        "ErrorResponse ERROR 57014 COPY from stdin failed: changed my mind",
        READY,
    ]
    assert _count(wire) == "0"


def test_in_with_an_error_halfway(door: Door) -> None:
    wire = door.wire()
    wire.send(query(COPY_IN), _line(1), copy_data(b"x\tbad\n"))
    assert lines(wire.read_ready()) == ["CopyInResponse", BAD_NUMBER, READY]
    # A client that has not read the error yet goes on sending: PostgreSQL ignores all of this.
    wire.send(_line(2), _line(3), copy_done())
    assert _count(wire) == "0"
    wire.send(_line(4), copy_fail("late"))
    assert _count(wire) == "0"


def test_in_that_fails_at_its_start_ignores_the_data(door: Door) -> None:
    wire = door.wire()
    wire.send(query("copy nowhere from stdin"), _line(1), copy_done(), query("select 1"))
    assert lines(wire.read_ready(2)) == [
        *('ErrorResponse ERROR 42P01 relation "nowhere" does not exist', READY),
        *("RowDescription ?column?", "DataRow 1", "CommandComplete SELECT 1", READY),
    ]


@pytest.mark.parametrize("early", [b"", sync(), flush()], ids=["plain", "sync", "flush"])
def test_in_by_the_extended_protocol(door: Door, early: bytes) -> None:
    """Drivers send a Sync with the Execute, and one more at the end: while PostgreSQL reads COPY
    data, it ignores Sync and Flush."""
    wire = door.wire()
    for number in (1, 2):
        wire.send(parse(COPY_IN), bind(), execute(), early)
        assert lines(wire.read() for _ in range(3)) == [
            "ParseComplete",
            "BindComplete",
            "CopyInResponse",
        ]
        wire.send(_line(number), early, copy_done(), sync())
        assert lines(wire.read_ready()) == ["CommandComplete COPY 1", READY]
    assert _count(wire) == "2"


@pytest.mark.parametrize("early", [b"", sync()], ids=["plain", "sync"])
def test_in_by_the_extended_protocol_that_the_client_fails(door: Door, early: bytes) -> None:
    wire = door.wire()
    wire.send(parse(COPY_IN, "copy"), bind("copy"), execute(), early)
    wire.read_until("G")
    wire.send(_line(1), copy_fail("no"), sync())
    expected = ["ErrorResponse ERROR 57014 COPY from stdin failed: no", READY]
    assert lines(wire.read_ready()) == expected
    assert _count(wire) == "0"


@pytest.mark.parametrize("early", [b"", sync()], ids=["plain", "sync"])
def test_in_by_the_extended_protocol_with_an_error_halfway(door: Door, early: bytes) -> None:
    wire = door.wire()
    wire.send(parse(COPY_IN), bind(), execute(), early)
    wire.read_until("G")
    wire.send(copy_data(b"x\tbad\n"))
    assert wire.read().line == BAD_NUMBER
    wire.send(_line(1), copy_done(), parse("select 1", "skipped"), sync())
    assert wire.read().line == READY
    assert errors(wire.play(bind("skipped"), sync())) == ["26000"]
    assert _count(wire) == "0"


def test_in_within_a_pipeline(door: Door) -> None:
    wire = door.wire()
    wire.send(parse("select 'before'"), bind(), execute())
    wire.send(parse(COPY_IN), bind(), execute(), _line(1), copy_done())
    wire.send(parse("select 'after'", "after"), bind("after"), execute(), sync())
    assert lines(wire.read_ready()) == [
        *("ParseComplete", "BindComplete", "DataRow before", "CommandComplete SELECT 1"),
        *("ParseComplete", "BindComplete", "CopyInResponse", "CommandComplete COPY 1"),
        *("ParseComplete", "BindComplete", "DataRow after", "CommandComplete SELECT 1"),
        READY,
    ]


def test_another_message_within_copy_in_ends_the_session(door: Door) -> None:
    wire = door.wire()
    wire.send(query(COPY_IN))
    wire.read_until("G")
    wire.send(_line(1), query("select 1"))
    error, *_ = wire.read_end()
    assert error.fields["C"] == "08P01"
    assert "unexpected message type 0x51 during COPY from stdin" in error.fields["M"]
    assert _count(door.wire()) == "0"


def test_out_by_both_protocols(door: Door) -> None:
    wire = door.wire()
    wire.query("insert into notes values (1, 'a'), (2, null)")
    copied = ["CopyOutResponse", "CopyData 1\ta\n", "CopyData 2\t\\N\n", "CopyDone"]
    assert lines(wire.query(COPY_OUT)) == [*copied, "CommandComplete COPY 2", READY]
    assert lines(wire.play(parse(COPY_OUT), bind(), execute(), sync())) == [
        *("ParseComplete", "BindComplete", *copied, "CommandComplete COPY 2", READY)
    ]


def test_out_with_an_error_halfway(door: Door) -> None:
    wire = door.wire()
    replies = wire.query("copy (select 1/(3 - n) from generate_series(1, 5) n) to stdout")
    assert [reply.tag for reply in replies] == ["H", "d", "d", "E", "Z"]
    assert wire.value("select 1") == "1"


@pytest.mark.parametrize("pool_mode", ["transaction", "session"])
def test_fifty_megabytes_in_and_out(start_gateway: StartGateway, pool_mode: str) -> None:
    wire = start_gateway(default_pool_size=1, pool_mode=pool_mode).wire()
    wire.send(query(COPY_IN))
    wire.read_until("G")
    for number in range(50):
        wire.send(_line(number, "x" * (MEGABYTE - 10)))
    wire.send(copy_done())
    assert lines(wire.read_ready()) == ["CommandComplete COPY 50", READY]
    replies = wire.query(COPY_OUT)
    assert sum(len(reply.body) for reply in replies if reply.tag == "d") > 49 * MEGABYTE
    assert lines(replies)[-2:] == ["CommandComplete COPY 50", READY]


def test_an_error_early_in_a_long_copy_does_not_block(door: Door) -> None:
    """The client still writes while PostgreSQL has already answered and stopped reading."""
    wire = door.wire()
    wire.send(query(COPY_IN), copy_data(b"x\tbad\n"))

    def pour() -> None:
        for number in range(20):
            wire.send(_line(number, "x" * MEGABYTE))
        wire.send(copy_done())

    pouring = threading.Thread(target=pour)
    pouring.start()
    replies = wire.read_ready()
    pouring.join()
    assert lines(replies) == ["CopyInResponse", BAD_NUMBER, READY]
    assert _count(wire) == "0"


def test_a_client_that_goes_in_the_middle_of_copy_leaves_nothing(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=1)
    for opening in ([query(COPY_IN)], [parse(COPY_IN), bind(), execute(), sync()]):
        wire, next_one = gateway.wire(), gateway.wire()
        wire.send(*opening)
        wire.read_until("G")
        wire.send(_line(1), copy_data(b"2\thal"))
        wire.abort()
        assert _count(next_one) == "0"
        assert lines(next_one.play(sync())) == [READY]
        assert not database.backends("state <> 'idle'")
