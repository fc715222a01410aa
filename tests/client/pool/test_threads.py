"""How a session for threads lends its connections."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from forebay.client.session import SyncSession
from forebay.engine.failures import DatabaseFailure, RequestError
from tests.client.pool.conftest import PID, SLEEP, SLEEPING, number, work
from tests.support.waiting import wait_until


def test_nothing_is_opened_before_it_is_needed(server, sync_session):
    session = sync_session()
    assert (server.count(), session.is_connected) == (0, False)
    assert session.carry(number("SELECT 40 + 2")) == 42
    assert (server.count(), session.is_connected) == (1, True)


def test_threads_share_and_the_limit_holds(server, sync_session):
    session = sync_session(connection_limit=3)
    most = 0
    with ThreadPoolExecutor(12) as threads:
        asked = [threads.submit(session.carry, work(SLEEP.format(0.01))) for _ in range(60)]
        while not all(one.done() for one in asked):
            most = max(most, server.count())
        assert [one.result() for one in asked] == [[(1,)]] * 60
    assert 1 <= most <= 3
    assert len({session.carry(number(PID)) for _ in range(10)}) == 1


def test_p2024(server, sync_session):
    session = sync_session(connection_limit=1, pool_timeout=0.1)
    pool, connection = session.acquire(30)
    with pytest.raises(RequestError) as caught:
        session.carry(work("SELECT 1"))
    pool.give(connection)
    assert caught.value.request_code == "P2024"
    assert "connection pool timeout: 0.1, connection limit: 1" in caught.value.message
    assert session.carry(number("SELECT 1")) == 1


def test_whoever_waits_is_handed_the_next_connection(server, sync_session):
    session = sync_session(connection_limit=1)
    with ThreadPoolExecutor(1) as threads:
        with session.lend() as connection:
            asked = threads.submit(session.carry, number(PID))
            wait_until(lambda: session._here().waiting == 1)
        assert asked.result() == connection.pid


def test_a_connection_that_the_server_closed_is_replaced_unseen(server, sync_session):
    session = sync_session(connection_limit=2)
    first = session.carry(number(PID))
    server.end_all()
    assert session.carry(number(PID)) != first


def test_what_may_have_run_is_not_run_again(server, sync_session):
    session = sync_session(connection_limit=1)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(session.carry, work(SLEEP.format(30)))
        wait_until(lambda: server.count(SLEEPING) == 1)
        server.end_all()
        with pytest.raises(DatabaseFailure, match=r"terminating connection|was lost"):
            asked.result()
    assert session.carry(number("SELECT 1")) == 1


def test_age_and_rest(server, sync_session):
    session = sync_session(connection_limit=1)
    first = session.carry(number(PID))
    (connection,) = session._here()._free
    connection.used_at -= 60
    assert session.carry(number(PID)) == first
    connection.used_at -= 301
    second = session.carry(number(PID))
    assert second != first
    assert server.count() == 1


def test_an_interrupted_statement_ends_on_the_server(server, sync_session, monkeypatch):
    session = sync_session(connection_limit=1)
    pid = session.carry(number(PID))
    (connection,) = session._here()._free

    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_poll", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.carry(work(SLEEP.format(30)))
    assert session.carry(number(PID)) == pid
    assert server.count("state = 'active' AND query LIKE '%pg_sleep%'") == 0


def test_a_transaction_that_was_left_open_is_rolled_back(server, sync_session):
    session = sync_session(connection_limit=1)
    session.carry(work("BEGIN"))
    assert session.carry(number("SELECT 1")) == 1
    assert server.count("state LIKE 'idle in transaction%'") == 0


def test_socket_timeout_ends_the_statement_on_the_server(server, sync_session):
    session = sync_session(connection_limit=1, socket_timeout=0.5)
    with pytest.raises((RequestError, DatabaseFailure)) as caught:
        session.carry(work(SLEEP.format(30)))
    assert "0.5 s" in str(caught.value)
    assert session.carry(number("SELECT 1")) == 1
    assert server.count("state = 'active' AND query LIKE '%pg_sleep%'") == 0


def test_what_cannot_be_reached_says_so(server, sync_session, closed_port):
    session = sync_session(host="127.0.0.1", port=closed_port)
    with pytest.raises(RequestError) as caught:
        session.carry(work("SELECT 1"))
    assert caught.value.request_code == "P1001"


def test_a_disconnect_tells_those_who_wait(server, sync_session):
    session = sync_session(connection_limit=1)
    with ThreadPoolExecutor(1) as threads, session.lend():
        asked = threads.submit(session.carry, number(PID))
        wait_until(lambda: session._here().waiting == 1)
        session.abandon()
        with pytest.raises(RequestError, match="was disconnected while"):
            asked.result()


def asking(session: SyncSession, stop: threading.Event, wrong: list[BaseException]) -> None:
    """Ask until told to stop; note what is not the fault of a server that closes connections."""
    while not stop.is_set():
        try:
            session.carry(work("SELECT 1"))
        except DatabaseFailure as failure:
            # It was under way when the server closed.
            if not failure.sqlstate.startswith(("08", "57P")):
                wrong.append(failure)
        except RequestError as error:
            # It was being opened, and then once more.
            if "closed the connection" not in error.message:
                wrong.append(error)
        except BaseException as error:
            wrong.append(error)


def test_many_threads_and_a_server_that_keeps_closing(server, sync_session):
    session = sync_session(connection_limit=4)
    stop = threading.Event()
    wrong: list[BaseException] = []
    with ThreadPoolExecutor(8) as threads:
        for _ in range(8):
            threads.submit(asking, session, stop, wrong)
        most = 0
        for _ in range(10):
            server.place.ask(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'pool_tests'"
            )
            most = max([most, *(server.count() for _ in range(20))])
        stop.set()
    assert wrong == []
    assert most <= 4
    assert session.carry(number("SELECT 1")) == 1
