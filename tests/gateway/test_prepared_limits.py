"""Prepared statements come to an end: the bound on a server, DEALLOCATE, DISCARD, changed plans."""

import pytest

from tests.gateway.test_prepared_names import READY, answer, prepare, run, unknown
from tests.support.database import Database
from tests.support.door import Door
from tests.support.gateway import StartGateway
from tests.support.messages import (
    bind,
    close_statement,
    describe_statement,
    execute,
    parse,
    query,
    sync,
)
from tests.support.replies import errors, lines, rows
from tests.support.wire import Wire

CHANGED = "ErrorResponse ERROR 0A000 cached plan must not change result type"


def _on_server(wire: Wire) -> int:
    """Count the statements that the client's server holds."""
    return int(wire.value("select count(*) from pg_prepared_statements") or 0)


def test_more_statements_than_a_server_may_hold(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, max_prepared_statements=2)
    wire = gateway.wire()
    for number in range(10):
        prepare(wire, f"s{number}", f"select {number}")
        assert _on_server(wire) <= 2
    for number in (*range(10), *reversed(range(10)), 3, 3, 7, 3):
        assert lines(wire.play(*run(f"s{number}"))) == answer(str(number))
        assert _on_server(wire) <= 2


def test_the_bound_holds_within_one_pipeline(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, max_prepared_statements=2)
    wire = gateway.wire()
    expected = []
    sent = []
    for number in range(10):
        sent += [parse(f"select {number}", f"s{number}"), bind(f"s{number}"), execute()]
        expected += ["ParseComplete", *answer(str(number))[:3]]
    for number in range(10):
        sent += [describe_statement(f"s{number}"), bind(f"s{number}"), execute()]
        expected += ["ParameterDescription", "RowDescription ?column?", *answer(str(number))[:3]]
    assert lines(wire.play(*sent, sync())) == [*expected, READY]
    assert _on_server(wire) <= 2


def test_the_bound_counts_all_clients_of_a_server(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, max_prepared_statements=2)
    clients = [gateway.wire() for _ in range(5)]
    for number, client in enumerate(clients):
        prepare(client, "s", f"select {number}")
    for _ in range(2):
        for number, client in enumerate(clients):
            assert lines(client.play(*run("s"))) == answer(str(number))
            assert _on_server(client) <= 2


@pytest.mark.parametrize("deallocate", ["deallocate s", "DEALLOCATE PREPARE s", 'Deallocate "s" ;'])
@pytest.mark.parametrize("is_simple", [True, False], ids=["simple", "extended"])
def test_deallocate_ends_a_statement(door: Door, deallocate: str, is_simple: bool) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    prepare(wire, "other", "select 2")
    if is_simple:
        expected = ["CommandComplete DEALLOCATE", READY]
        assert lines(wire.query(deallocate)) == expected
    else:
        expected = ["ParseComplete", "BindComplete", "CommandComplete DEALLOCATE", READY]
        assert lines(wire.play(parse(deallocate), *run(""))) == expected
    assert lines(wire.play(*run("s"))) == unknown("s")
    assert lines(wire.play(*run("other"))) == answer("2")
    assert lines(wire.play(parse("select 3", "s"), *run("s"))) == ["ParseComplete", *answer("3")]


@pytest.mark.parametrize(
    ("statement", "tag"),
    [
        ("deallocate all", "DEALLOCATE ALL"),
        ("deallocate prepare all", "DEALLOCATE ALL"),
        ("discard all", "DISCARD ALL"),
    ],
)
@pytest.mark.parametrize("is_simple", [True, False], ids=["simple", "extended"])
def test_all_statements_can_be_ended_at_once(
    door: Door, statement: str, tag: str, is_simple: bool
) -> None:
    wire, other = door.wire(), door.wire()
    for client in (wire, other):
        prepare(client, "s", "select 1")
        prepare(client, "t", "select 2")
    sent = [query(statement)] if is_simple else [parse(statement), *run("")]
    assert f"CommandComplete {tag}" in lines(wire.play(*sent))
    for name in ("s", "t"):
        assert lines(wire.play(*run(name))) == unknown(name)
    assert lines(wire.play(parse("select 3", "s"), *run("s"))) == ["ParseComplete", *answer("3")]
    assert lines(other.play(*run("s"))) == answer("1")
    assert lines(other.play(*run("t"))) == answer("2")


def test_deallocate_of_an_unknown_name_fails(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    assert lines(wire.query("deallocate nope")) == unknown("nope")
    assert lines(wire.query('deallocate "S"')) == unknown("S")
    assert lines(wire.play(*run("s"))) == answer("1")


def test_deallocate_in_a_failed_transaction_ends_nothing(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    wire.query("begin")
    wire.query("select 1/0")
    assert errors(wire.query("deallocate s")) == ["25P02"]
    wire.query("rollback")
    assert lines(wire.play(*run("s"))) == answer("1")


def test_deallocate_beside_other_messages(door: Door) -> None:
    wire = door.wire()
    prepare(wire, "s", "select 1")
    replies = wire.play(*run("s"), query("deallocate s"), *run("s"), query("select 5"))
    assert lines(replies) == [
        *answer("1"),
        *("CommandComplete DEALLOCATE", READY),
        *unknown("s"),
        *("RowDescription ?column?", "DataRow 5", "CommandComplete SELECT 1", READY),
    ]


def test_discard_all_by_one_client_harms_no_other_on_its_server(
    start_gateway: StartGateway,
) -> None:
    gateway = start_gateway(default_pool_size=1)
    first, second = gateway.wire(), gateway.wire()
    for _ in range(3):
        assert lines(first.play(close_statement("s"), parse("select 1", "s"), sync()))
        second.query("discard all")
        assert lines(first.play(*run("s"))) == answer("1")


def test_a_changed_table_costs_one_error_and_then_works(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    wire = start_gateway(default_pool_size=1).wire()
    database.ask(f"insert into {table} values (1, 'one')")
    prepare(wire, "s", f"select * from {table}")
    assert rows(wire.play(*run("s"))) == [["1", "one"]]
    database.ask(f"alter table {table} add column extra integer default 5")
    # The error is PostgreSQL's and reaches the client, which may have been told the old columns.
    assert lines(wire.play(*run("s"))) == [CHANGED, READY]
    assert rows(wire.play(*run("s"))) == [["1", "one", "5"]]
    described = wire.play(describe_statement("s"), sync())
    assert lines(described)[1] == "RowDescription id,body,extra"


def test_a_changed_table_in_a_transaction_works_after_the_rollback(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    wire = start_gateway(default_pool_size=1).wire()
    prepare(wire, "s", f"select * from {table}")
    wire.play(*run("s"))
    database.ask(f"alter table {table} add column extra integer")
    wire.query("begin")
    assert lines(wire.play(*run("s"))) == [CHANGED, "ReadyForQuery E"]
    assert errors(wire.play(*run("s"))) == ["25P02"]
    wire.query("rollback")
    assert errors(wire.play(*run("s"))) == []


def test_a_changed_table_in_a_pipeline_leaves_other_statements_alone(
    start_gateway: StartGateway, database: Database, table: str
) -> None:
    wire = start_gateway(default_pool_size=1).wire()
    prepare(wire, "s", f"select * from {table}")
    prepare(wire, "t", "select 2")
    wire.play(*run("s"))
    database.ask(f"alter table {table} add column extra integer")
    replies = wire.play(bind("s"), execute(), parse("select 3", "u"), *run("u"), *run("t"))
    assert lines(replies) == [CHANGED, READY, *answer("2")]
    assert lines(wire.play(*run("u"))) == unknown("u")
    assert errors(wire.play(*run("s"))) == []
    assert lines(wire.play(*run("t"))) == answer("2")


def test_a_limit_that_becomes_smaller_closes_as_many_as_it_takes(
    start_gateway: StartGateway,
) -> None:
    gateway = start_gateway(default_pool_size=1, max_prepared_statements=9)
    wire = gateway.wire()
    for number in range(6):
        prepare(wire, f"s{number}", f"select {number}")
    assert _on_server(wire) == 6
    gateway.reload(max_prepared_statements=2)
    prepare(wire, "s6", "select 6")
    assert _on_server(wire) == 2
    # Whatever has been closed is prepared again when it is asked for.
    for number in range(7):
        assert lines(wire.play(*run(f"s{number}"))) == answer(str(number))
        assert _on_server(wire) == 2
