"""Portals, Flush and the rest of the extended protocol, the same with and without a gateway."""

import struct

from tests.support.door import Door
from tests.support.messages import (
    bind,
    close_portal,
    describe_portal,
    describe_statement,
    execute,
    flush,
    function_call,
    parse,
    query,
    sync,
)
from tests.support.replies import lines

SERIES = "select generate_series(1, 5)"
READY = "ReadyForQuery I"
OPEN = "ReadyForQuery T"


def _rows(*numbers: int) -> list[str]:
    return [f"DataRow {number}" for number in numbers]


def test_flush_brings_replies_without_a_sync(door: Door) -> None:
    wire = door.wire()
    wire.send(parse("select $1::int + 1", "f"), describe_statement("f"), flush())
    assert lines(wire.read() for _ in range(3)) == [
        "ParseComplete",
        "ParameterDescription 23",
        "RowDescription ?column?",
    ]
    wire.send(bind("f", "41"), flush())
    assert wire.read().line == "BindComplete"
    wire.send(execute(), flush())
    assert lines(wire.read() for _ in range(2)) == ["DataRow 42", "CommandComplete SELECT 1"]
    wire.send(sync())
    assert wire.read().line == READY


def test_an_error_before_the_sync_comes_at_once(door: Door) -> None:
    wire = door.wire()
    wire.send(parse("selec"))
    assert wire.read().line.startswith("ErrorResponse ERROR 42601")
    wire.send(parse("select 1"), bind(), execute(), flush(), sync())
    assert wire.read().line == READY


def test_rows_in_portions_within_a_transaction(door: Door) -> None:
    wire = door.wire()
    wire.query("begin")
    replies = wire.play(parse(SERIES), bind(portal="p"), execute("p", 2), sync())
    assert lines(replies) == [
        "ParseComplete",
        "BindComplete",
        *_rows(1, 2),
        "PortalSuspended",
        OPEN,
    ]
    assert lines(wire.play(execute("p", 2), sync())) == [*_rows(3, 4), "PortalSuspended", OPEN]
    assert lines(wire.play(execute("p", 2), sync())) == [
        *_rows(5),
        "CommandComplete SELECT 1",
        OPEN,
    ]
    wire.query("commit")
    assert lines(wire.play(execute("p"), sync())) == [
        'ErrorResponse ERROR 34000 portal "p" does not exist',
        READY,
    ]


def test_rows_in_portions_within_a_pipeline(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(parse(SERIES), bind(), execute(rows=3), execute(rows=3), sync())
    assert lines(replies) == [
        *("ParseComplete", "BindComplete"),
        *(*_rows(1, 2, 3), "PortalSuspended"),
        *(*_rows(4, 5), "CommandComplete SELECT 2"),
        READY,
    ]


def test_a_suspended_portal_may_be_left_behind(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(parse(SERIES), bind(), execute(rows=1), sync())
    assert lines(replies)[-2:] == ["PortalSuspended", READY]
    assert wire.value("select 'next'") == "next"


def test_two_named_portals_side_by_side(door: Door) -> None:
    wire = door.wire()
    wire.query("begin")
    replies = wire.play(
        parse("select $1 || generate_series(1, 3)", "s", [25]),
        bind("s", "a", portal="p"),
        bind("s", "b", portal="q"),
        describe_portal("q"),
        execute("p", 2),
        execute("q", 1),
        close_portal("p"),
        execute("q"),
        sync(),
    )
    assert lines(replies) == [
        *("ParseComplete", "BindComplete", "BindComplete", "RowDescription ?column?"),
        *("DataRow a1", "DataRow a2", "PortalSuspended"),
        *("DataRow b1", "PortalSuspended"),
        "CloseComplete",
        *("DataRow b2", "DataRow b3", "CommandComplete SELECT 2"),
        OPEN,
    ]
    assert lines(wire.play(execute("p"), sync()))[0].endswith('portal "p" does not exist')
    wire.query("rollback")


def test_an_existing_portal_cannot_be_bound_again(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        parse("select 1", "s"), bind("s", portal="p"), bind("s", portal="p"), sync()
    )
    assert lines(replies)[-2:] == ['ErrorResponse ERROR 42P03 cursor "p" already exists', READY]


def test_cursors_of_sql_are_portals_of_the_protocol(door: Door) -> None:
    wire = door.wire()
    wire.play(query("begin"), query(f"declare c cursor for {SERIES}"))
    assert lines(wire.play(execute("c", 2), sync())) == [*_rows(1, 2), "PortalSuspended", OPEN]
    assert lines(wire.query("fetch 2 from c"))[1:3] == _rows(3, 4)
    assert lines(wire.play(close_portal("c"), sync())) == ["CloseComplete", OPEN]
    wire.query("commit")


def test_statements_without_rows_and_empty_ones(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        *(parse("set application_name to 'x'"), bind(), describe_portal(), execute()),
        *(parse(""), bind(), describe_portal(), execute(), sync()),
    )
    assert lines(replies) == [
        *("ParseComplete", "BindComplete", "NoData", "CommandComplete SET"),
        *("ParseComplete", "BindComplete", "NoData", "EmptyQueryResponse"),
        "ParameterStatus application_name=x",
        READY,
    ]


def test_a_function_can_be_called(door: Door) -> None:
    wire = door.wire()
    function = int(wire.value("select 'int4pl'::regproc::oid::int") or 0)
    replies = wire.play(function_call(function, struct.pack("!i", 40), struct.pack("!i", 2)))
    assert lines(replies) == ["FunctionCallResponse 000000040000002a", READY]
    wire.query("begin")
    assert lines(wire.play(function_call(function)))[-1] == "ReadyForQuery E"
    wire.query("rollback")
    assert wire.value("select 1") == "1"


def test_notices_come_where_postgresql_puts_them(door: Door) -> None:
    wire = door.wire()
    notice = "do $$ begin raise notice 'careful'; end $$"
    expected = ["NoticeResponse NOTICE 00000 careful", "CommandComplete DO", READY]
    assert lines(wire.query(notice)) == expected
    assert lines(wire.play(parse(notice), bind(), execute(), sync())) == [
        "ParseComplete",
        "BindComplete",
        *expected,
    ]
