"""Named prepared statements: a client's names are its own, and mean what PostgreSQL says."""

import pytest

from tests.support.door import Door
from tests.support.gateway import StartGateway
from tests.support.messages import (
    bind,
    close_statement,
    describe_statement,
    execute,
    parse,
    sync,
)
from tests.support.replies import lines
from tests.support.wire import Wire

READY = "ReadyForQuery I"


def run(name: str, *values: str | None) -> tuple[bytes, bytes, bytes]:
    """Bind, execute and end the pipeline."""
    return bind(name, *values), execute(), sync()


def prepare(wire: Wire, name: str, sql: str) -> None:
    """Prepare a statement that PostgreSQL must accept."""
    assert lines(wire.play(parse(sql, name), sync())) == ["ParseComplete", READY]


def answer(value: str) -> list[str]:
    """Write what running a statement of one row and column answers."""
    return ["BindComplete", f"DataRow {value}", "CommandComplete SELECT 1", READY]


def unknown(name: str) -> list[str]:
    """Write what running a statement that is not there answers."""
    return [f'ErrorResponse ERROR 26000 prepared statement "{name}" does not exist', READY]


def test_one_name_means_something_else_to_each_client(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    clients = [gateway.wire() for _ in range(3)]
    for number, client in enumerate(clients):
        prepare(client, "s", f"select {number}")
    for _ in range(3):
        for number, client in enumerate(clients):
            assert lines(client.play(*run("s"))) == answer(str(number))


def test_clients_that_share_a_text_do_not_share_a_name(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    first, second = gateway.wire(), gateway.wire()
    prepare(first, "mine", "select 'text'")
    prepare(second, "yours", "select 'text'")
    assert lines(second.play(*run("mine"))) == unknown("mine")
    assert lines(first.play(close_statement("mine"), sync())) == ["CloseComplete", READY]
    assert lines(second.play(*run("yours"))) == answer("text")
    assert lines(first.play(*run("mine"))) == unknown("mine")


def test_equal_texts_with_other_parameter_types_are_other_statements(door: Door) -> None:
    text = "select pg_typeof($1)::text"
    number, string = door.wire(), door.wire()
    int4, text_type = 23, 25
    number.play(parse(text, "s", [int4]), sync())
    string.play(parse(text, "s", [text_type]), sync())
    for _ in range(2):
        assert lines(number.play(*run("s", "1"))) == answer("integer")
        assert lines(string.play(*run("s", "1"))) == answer("text")


def test_a_statement_follows_its_client_to_another_server(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=2)
    wire, blocker = gateway.wire(), gateway.wire()
    prepare(wire, "where", "select pg_backend_pid()")
    seen = []
    for sql in ("begin", "commit") * 2:
        seen.append(wire.play(*run("where"))[1].values[0])
        blocker.query(sql)
    assert len(set(seen)) == 2


@pytest.mark.parametrize("name", ["s", "S 1", 'quoted"name', "ünï", "n" * 300])
def test_an_existing_name_cannot_be_prepared_again(door: Door, name: str) -> None:
    wire = door.wire()
    prepare(wire, name, "select 1")
    for text in ("select 1", "select 2"):
        error, ready = wire.play(parse(text, name), sync())
        assert error.fields["C"] == "42P05"
        assert error.fields["M"] == f'prepared statement "{name}" already exists'
        assert ready.line == READY
    assert lines(wire.play(*run(name))) == answer("1")


def test_an_existing_name_fails_the_rest_of_its_pipeline(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(
        parse("select 1", "s"),
        parse("select 2", "s"),
        parse("select 3", "t"),
        sync(),
        *run("s"),
        *run("t"),
    )
    assert lines(replies) == [
        "ParseComplete",
        'ErrorResponse ERROR 42P05 prepared statement "s" already exists',
        READY,
        *answer("1"),
        *unknown("t"),
    ]


def test_an_unknown_name_is_reported_as_the_client_wrote_it(door: Door) -> None:
    wire = door.wire()
    for name in ("nope", 'no"pe', "Ünknown name"):
        assert lines(wire.play(*run(name))) == unknown(name)
        assert lines(wire.play(describe_statement(name), sync())) == unknown(name)
    assert lines(wire.play(bind(), execute(), sync())) == [
        "ErrorResponse ERROR 26000 unnamed prepared statement does not exist",
        READY,
    ]


def test_a_closed_name_is_gone_and_free(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    assert lines(wire.play(close_statement("s"), *run("s"))) == ["CloseComplete", *unknown("s")]
    assert lines(wire.play(*run("s"))) == unknown("s")
    assert lines(wire.play(parse("select 2", "s"), *run("s"))) == ["ParseComplete", *answer("2")]
    replies = wire.play(close_statement("s"), parse("select 3", "s"), *run("s"))
    assert lines(replies) == ["CloseComplete", "ParseComplete", *answer("3")]


def test_closing_what_is_not_there_is_no_error(door: Door) -> None:
    wire = door.wire()
    replies = wire.play(close_statement("nope"), close_statement(), sync())
    assert lines(replies) == ["CloseComplete", "CloseComplete", READY]


def test_statements_survive_a_rollback(door: Door) -> None:
    """In PostgreSQL prepared statements are not part of a transaction."""
    wire = door.wire()
    wire.query("begin")
    wire.play(parse("select 1", "kept"), sync())
    wire.query("select 1/0")
    wire.query("rollback")
    assert lines(wire.play(*run("kept"))) == answer("1")


def test_a_statement_described_says_what_it_takes_and_gives(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select $1::int as number, $2::text as word")
    expected = ["ParameterDescription 23,25", "RowDescription number,word", READY]
    for _ in range(2):
        assert lines(wire.play(describe_statement("s"), sync())) == expected
    prepare(wire, "t", "set application_name to 'x'")
    assert lines(wire.play(describe_statement("t"), sync())) == [
        "ParameterDescription",
        "NoData",
        READY,
    ]


def test_a_new_session_knows_no_name_of_the_one_before(door: Door) -> None:
    first = door.wire()
    prepare(first, "s", "select 1")
    first.close()
    assert lines(door.wire().play(*run("s"))) == unknown("s")


def test_sql_and_protocol_share_their_names_within_a_transaction(door: Door) -> None:
    wire = door.wire()
    wire.query("begin")
    wire.query("prepare from_sql as select 7")
    expected = [line.replace(READY, "ReadyForQuery T") for line in answer("7")]
    assert lines(wire.play(*run("from_sql"))) == expected
    assert lines(wire.query("deallocate from_sql")) == [
        "CommandComplete DEALLOCATE",
        "ReadyForQuery T",
    ]
    wire.query("rollback")
    assert lines(wire.play(*run("from_sql"))) == unknown("from_sql")
