"""One connection of a function, against PostgreSQL."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from forebay.postgres.embedded import EmbeddedServer
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl, parse_url
from forebay.storm.instance import Instance
from forebay.storm.link import Link, LinkError, connection_text
from forebay.storm.workload import Given, Page, table_statements
from tests.support.waiting import wait_until


def _text(url: PostgresUrl) -> bytes:
    return connection_text(url, application_name="storm's test", hostaddr="127.0.0.1")


def _failure(embedded: EmbeddedServer, statement: bytes) -> LinkError:
    async def fail() -> LinkError:
        link = Link(_text(embedded.url))
        with closing(link):
            await link.open()
            with pytest.raises(LinkError) as caught:
                await link.run(statement)
            assert link.is_usable == (caught.value.sqlstate == "22012")
            return caught.value

    return asyncio.run(fail())


def _refusal(text: bytes) -> LinkError:
    async def fail() -> LinkError:
        link = Link(text)
        with closing(link), pytest.raises(LinkError) as caught:
            await link.open()
        return caught.value

    return asyncio.run(fail())


def test_a_failed_statement_has_the_servers_code_and_words(embedded):
    error = _failure(embedded, b"select 1/0")
    assert (error.sqlstate, error.message) == ("22012", "division by zero")


def test_a_lost_connection_has_a_code_too(embedded):
    error = _failure(embedded, b"select pg_terminate_backend(pg_backend_pid())")
    assert error.sqlstate == "57P01"


def test_a_refused_login(embedded):
    error = _refusal(_text(replace(embedded.url, password=Secret("wrong"))))
    assert error.sqlstate == "28P01"
    assert "wrong" not in error.message


def test_nobody_there(closed_port):
    error = _refusal(_text(PostgresUrl("a", None, "127.0.0.1", closed_port, "b")))
    assert (error.sqlstate, error.message) == ("08001", "Connection refused")


def test_postgresqls_own_words_for_too_many(embedded):
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        connection.execute("create role crowd login password 'crowd' connection limit 0")
        try:
            error = _refusal(_text(replace(embedded.url, user="crowd", password=Secret("crowd"))))
        finally:
            connection.execute("drop role crowd")
    assert error.sqlstate == "53300"
    assert error.message == 'too many connections for role "crowd"'


def test_prisma_s_parameters_are_left_out_and_libpqs_are_kept():
    url = parse_url(r"postgresql://a:it's%5C@h/d?pgbouncer=true&sslmode=require&connection_limit=1")
    text = _text(url).decode()
    assert "pgbouncer" not in text
    assert "connection_limit" not in text
    assert "sslmode='require'" in text
    assert r"password='it\'s\\'" in text


@pytest.fixture(autouse=True)
def quiet(embedded: EmbeddedServer) -> Iterator[None]:
    """Leave no backend to the next test: one that sleeps does not see its client go."""
    yield
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        for pid in _backends(embedded):
            connection.execute("select pg_terminate_backend(%s, 10000)", [pid])
    wait_until(lambda: not _backends(embedded))


@pytest.fixture
def page(embedded: EmbeddedServer) -> Iterator[Page]:
    """The page's tables, in a schema of their own."""
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        for statement in table_statements("storm_test"):
            connection.execute(statement.encode())
        yield Page("storm_test", random.Random(1), is_prepared=True)
        connection.execute("drop schema storm_test cascade")


def _backends(embedded: EmbeddedServer) -> list[int]:
    with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
        found = connection.execute(
            "select pid from pg_stat_activity where application_name = 'storm''s test'"
        )
        return [pid for (pid,) in found]


def test_an_instance_opens_its_pool_once_and_keeps_it(embedded, page):
    async def serve() -> tuple[list[int], list[int]]:
        instance = Instance(_text(embedded.url), 3, page)
        await instance.serve()
        first = _backends(embedded)
        for _ in range(30):
            await instance.serve()
        then = _backends(embedded)
        instance.destroy()
        return first, then

    first, then = asyncio.run(serve())
    assert len(first) == 3
    assert sorted(first) == sorted(then)


def test_a_frozen_instance_has_no_task_and_no_reader(embedded, page):
    async def serve() -> None:
        instance = Instance(_text(embedded.url), 2, page)
        await instance.serve()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        watched = asyncio.get_running_loop()._selector.get_map()  # type: ignore[attr-defined]
        assert len(watched) == 1  # the loop's own
        instance.destroy()

    asyncio.run(serve())


def test_a_thawed_instance_meets_what_happened_meanwhile_and_recovers(embedded, page):
    async def serve() -> str:
        instance = Instance(_text(embedded.url), 1, page)
        await instance.serve()
        with psycopg.connect(embedded.url.text(), autocommit=True) as connection:
            for pid in _backends(embedded):
                connection.execute("select pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(LinkError) as caught:
            await instance.serve()
        await instance.serve()
        instance.destroy()
        return caught.value.sqlstate

    assert asyncio.run(serve()) in ("57P01", "08006")


def test_a_failed_transaction_is_rolled_back_and_the_connection_kept(embedded):
    async def serve() -> None:
        instance = Instance(_text(embedded.url), 1, Given(("select 1/0",), is_prepared=True))
        for _ in range(3):
            with pytest.raises(LinkError, match="division by zero"):
                await instance.serve()
        assert len(_backends(embedded)) == 1
        instance.destroy()

    asyncio.run(serve())


def test_destroying_an_instance_ends_what_it_does(embedded):
    sleep = Given(("select pg_sleep(60)",), is_prepared=False)

    async def serve() -> None:
        instance = Instance(_text(embedded.url), 1, sleep)
        serving = asyncio.create_task(instance.serve())
        await asyncio.to_thread(wait_until, lambda: _backends(embedded))
        instance.destroy()
        with pytest.raises(LinkError):
            await asyncio.wait_for(serving, 10)

    asyncio.run(serve())


def test_destroying_an_instance_does_not_wait_for_who_never_answers(taken_port):
    """The port's owner accepts nothing and says nothing, as a host behind a firewall does."""

    async def serve() -> None:
        url = PostgresUrl("a", None, "127.0.0.1", taken_port, "b")
        instance = Instance(_text(url), 1, Given(("select 1",), is_prepared=False))
        serving = asyncio.create_task(instance.serve())
        await asyncio.sleep(0)
        instance.destroy()
        with pytest.raises(LinkError, match="destroyed"):
            await asyncio.wait_for(serving, 10)

    asyncio.run(serve())
