"""Connections for threads."""

from dataclasses import replace

import psycopg
import pytest

from forebay.client.connection.base import ready
from forebay.client.connection.failure import ConnectionLost, TooSlow
from forebay.client.connection.opening import READ
from forebay.client.connection.sync import SyncConnection
from forebay.engine.failures import DatabaseFailure
from forebay.engine.statement import Bound
from forebay.postgres.url import parse_url
from tests.client.connection.conftest import Goal
from tests.support.forwarder import Forwarder


def test_it_runs_what_it_is_given(goal: Goal) -> None:
    connection = SyncConnection.open(goal, timeout=120)
    insert = "insert into item values ($1, $2)"
    results = connection.run([Bound(insert, [str(i), "x"]) for i in range(3)])
    assert [result.count for result in results] == [1, 1, 1]
    with pytest.raises(DatabaseFailure, match="duplicate key"):
        connection.run([Bound(insert, ["1", "x"])])
    for _ in range(2):
        assert connection.run([Bound("select count(*) from item", [])])[0].rows == [(3,)]
    goal.ask("alter table item add more int")
    assert connection.is_idle
    connection.close()
    assert connection.is_broken


def test_a_stale_statement_is_prepared_again(goal: Goal) -> None:
    connection = SyncConnection.open(goal, timeout=120)
    query = Bound("select * from item", [])
    connection.run([query])
    goal.ask("alter table item add more int")
    assert connection.run([query])[0].rows == []
    connection.close()


def test_large_texts_and_streams(goal: Goal) -> None:
    connection = SyncConnection.open(goal, timeout=120)
    text = "x" * 20_000_000
    assert connection.run([Bound("select length($1::text)", [text])])[0].rows == [(len(text),)]
    stream = connection.stream(Bound("select generate_series(1, 10000000)", []), 100)
    assert next(stream) == [(i,) for i in range(1, 101)]
    stream.close()
    assert connection.is_idle
    parts = list(connection.stream(Bound("select generate_series(1, 250)", []), 100))
    assert [len(part) for part in parts] == [100, 100, 50]
    connection.close()


def test_an_answer_that_takes_too_long_gives_the_connection_up(goal: Goal) -> None:
    goal.socket_timeout = 0.1
    connection = SyncConnection.open(goal, timeout=120)
    with pytest.raises(TooSlow, match="socket_timeout"):
        connection.run([Bound("select pg_sleep(60)", [])])
    assert connection.is_broken
    connection.cancel()
    connection.close()


def test_the_end_of_the_server_is_noticed(goal: Goal) -> None:
    connection = SyncConnection.open(goal, timeout=120)
    goal.ask(f"select pg_terminate_backend({connection.pid}, 5000)")
    # What PostgreSQL said at the end may be the first answer.
    with pytest.raises(DatabaseFailure):
        connection.run([Bound("select 1", [])])
    with pytest.raises(ConnectionLost):
        connection.run([Bound("select 1", [])])
    assert not connection.is_alive()
    connection.close()


def test_a_server_that_says_it_ends_is_not_alive_before_it_closes(goal: Goal) -> None:
    url = parse_url(goal.text)
    fields = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0"
    with Forwarder(("127.0.0.1", url.port)) as wire:
        goal.text = replace(url, host="127.0.0.1", port=wire.port).text()
        connection = SyncConnection.open(goal, timeout=120)
        assert connection.is_alive()
        wire.inject(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        ready(connection.pgconn.socket, READ, 10)
        assert not connection.is_alive()
        connection.close()


def test_a_server_that_says_nothing_is_given_up(taken_port: int, closed_port: int) -> None:
    with pytest.raises(psycopg.OperationalError, match="connect_timeout"):
        SyncConnection.open(Goal(f"postgresql://u@127.0.0.1:{taken_port}/d"), timeout=0.2)
    with pytest.raises(psycopg.OperationalError, match="refused"):
        SyncConnection.open(Goal(f"postgresql://u@127.0.0.1:{closed_port}/d"), timeout=10)
