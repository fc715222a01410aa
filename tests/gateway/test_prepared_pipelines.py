"""Named prepared statements in pipelines: what an error skips has not happened."""

import pytest

from tests.gateway.test_prepared_names import READY, answer, prepare, run, unknown
from tests.support.door import Door
from tests.support.messages import (
    bind,
    close_portal,
    close_statement,
    describe_portal,
    describe_statement,
    execute,
    flush,
    parse,
    query,
    sync,
)
from tests.support.replies import lines

SYNTAX = 'ErrorResponse ERROR 42601 syntax error at or near "selec"'
DIVISION = "ErrorResponse ERROR 22012 division by zero"


def test_a_parse_that_fails_registers_nothing(door: Door) -> None:
    wire = door.wire()
    assert lines(wire.play(parse("selec 1", "s"), sync())) == [SYNTAX, READY]
    assert lines(wire.play(*run("s"))) == unknown("s")
    assert lines(wire.play(parse("select 2", "s"), *run("s"))) == ["ParseComplete", *answer("2")]


def test_a_parse_skipped_after_an_error_registers_nothing(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        parse("select 1", "before"), parse("selec 1", "bad"), parse("select 3", "after"), sync()
    )
    assert lines(replies) == ["ParseComplete", SYNTAX, READY]
    assert lines(wire.play(*run("before"))) == answer("1")
    assert lines(wire.play(*run("after"))) == unknown("after")
    assert lines(wire.play(parse("select 4", "after"), *run("after"))) == [
        "ParseComplete",
        *answer("4"),
    ]


def test_a_parse_skipped_after_a_failed_execute_registers_nothing(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "fails", "select 1/(random() * 0 + $1::int)::int")
    for _ in range(2):
        replies = wire.play(
            bind("fails", "0"), execute(), parse("select 2", "after"), *run("after")
        )
        assert lines(replies)[-2:] == [DIVISION, READY]
        assert lines(wire.play(*run("after"))) == unknown("after")
    assert lines(wire.play(*run("fails", "1"))) == answer("1")


def test_a_close_skipped_after_an_error_closes_nothing(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    replies = wire.play(parse("selec 1"), close_statement("s"), sync())
    assert lines(replies) == [SYNTAX, READY]
    assert lines(wire.play(*run("s"))) == answer("1")
    exists = 'ErrorResponse ERROR 42P05 prepared statement "s" already exists'
    assert lines(wire.play(parse("select 2", "s"), sync())) == [exists, READY]


def test_a_close_and_parse_of_one_name_both_skipped(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    wire.play(parse("selec"), close_statement("s"), parse("select 2", "s"), sync())
    assert lines(wire.play(*run("s"))) == answer("1")


def test_a_close_that_ran_before_the_error_holds(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    replies = wire.play(close_statement("s"), parse("selec 1", "s"), parse("select 2", "s"), sync())
    assert lines(replies) == ["CloseComplete", SYNTAX, READY]
    assert lines(wire.play(*run("s"))) == unknown("s")


def test_an_error_ends_at_its_sync(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        *(parse("select 1", "a"), *run("a")),
        *(bind("nope"), execute(), parse("select 2", "b"), sync()),
        *(parse("select 3", "b"), *run("b")),
        *(close_statement("a"), *run("a")),
        *run("b"),
    )
    assert lines(replies) == [
        *("ParseComplete", *answer("1")),
        *unknown("nope"),
        *("ParseComplete", *answer("3")),
        *("CloseComplete", *unknown("a")),
        *answer("3"),
    ]


def test_simple_queries_and_pipelines_in_one_write(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        parse("select 1", "s"),
        sync(),
        query("select 'simple'"),
        *run("s"),
        query("selec"),
        describe_statement("s"),
        bind("s", portal="p"),
        describe_portal("p"),
        execute("p"),
        close_portal("p"),
        close_statement("s"),
        sync(),
        query("select 'a'; select 'b'"),
        query(""),
    )
    assert lines(replies) == [
        *("ParseComplete", READY),
        *("RowDescription ?column?", "DataRow simple", "CommandComplete SELECT 1", READY),
        *answer("1"),
        *(SYNTAX, READY),
        *("ParameterDescription", "RowDescription ?column?"),
        *("BindComplete", "RowDescription ?column?", "DataRow 1", "CommandComplete SELECT 1"),
        *("CloseComplete", "CloseComplete", READY),
        *("RowDescription ?column?", "DataRow a", "CommandComplete SELECT 1"),
        *("RowDescription ?column?", "DataRow b", "CommandComplete SELECT 1", READY),
        *("EmptyQueryResponse", READY),
    ]


def test_a_transaction_over_several_syncs(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        *(parse("begin", "b"), *run("b")),
        *(parse("select 1/(random() * 0 + $1::int)::int", "d"), *run("d", "1")),
        *run("d", "0"),
        *run("d", "1"),
        *(parse("rollback", "r"), *run("r")),
        *run("d", "1"),
    )
    aborted = "current transaction is aborted, commands ignored until end of transaction block"
    assert lines(replies) == [
        *("ParseComplete", "BindComplete", "CommandComplete BEGIN", "ReadyForQuery T"),
        *("ParseComplete", "BindComplete", "DataRow 1", "CommandComplete SELECT 1"),
        "ReadyForQuery T",
        *("BindComplete", DIVISION, "ReadyForQuery E"),
        *(f"ErrorResponse ERROR 25P02 {aborted}", "ReadyForQuery E"),
        *("ParseComplete", "BindComplete", "CommandComplete ROLLBACK", READY),
        *answer("1"),
    ]


def test_a_lone_sync_is_answered(door: Door) -> None:
    wire = door.wire()
    assert lines(wire.play(sync())) == [READY]
    assert lines(wire.play(sync(), sync(), sync())) == [READY] * 3
    assert lines(wire.play(flush(), sync())) == [READY]


def test_an_unnamed_statement_lives_on_in_the_next_round_trip(door: Door) -> None:
    """What asyncpg does without its cache: prepare and describe, wait, then bind and execute."""
    wire = door.wire()
    for number in range(3):
        replies = wire.play(parse(f"select {number} + $1::int"), describe_statement(), sync())
        assert lines(replies) == [
            "ParseComplete",
            "ParameterDescription 23",
            "RowDescription ?column?",
            READY,
        ]
        assert lines(wire.play(*run("", "10"))) == answer(str(number + 10))
        assert lines(wire.play(*run("", "20"))) == answer(str(number + 20))


def test_an_unnamed_statement_is_its_clients_own(door: Door) -> None:
    first, second = door.wire(), door.wire()
    first.play(parse("select 'first'"), sync())
    second.play(parse("select 'second'"), sync())
    for _ in range(2):
        assert lines(first.play(*run(""))) == answer("first")
        assert lines(second.play(*run(""))) == answer("second")


def test_a_simple_query_ends_the_unnamed_statement(door: Door) -> None:
    wire = door.wire()
    wire.play(parse("select 1"), sync())
    wire.query("select 2")
    assert lines(wire.play(*run(""))) == [
        "ErrorResponse ERROR 26000 unnamed prepared statement does not exist",
        READY,
    ]


def test_an_unnamed_parse_that_fails_leaves_no_unnamed_statement(door: Door) -> None:
    wire = door.wire()
    wire.play(parse("select 1"), sync())
    wire.play(parse("selec"), sync())
    assert lines(wire.play(*run(""))) == [
        "ErrorResponse ERROR 26000 unnamed prepared statement does not exist",
        READY,
    ]


@pytest.mark.parametrize("count", [1000])
def test_a_thousand_pipelines_in_one_write(door: Door, count: int) -> None:
    wire = door.wire()
    prepare(wire, "s", "select $1::int")
    replies = wire.play(*(part for number in range(count) for part in run("s", str(number))))
    assert lines(replies) == [line for number in range(count) for line in answer(str(number))]
