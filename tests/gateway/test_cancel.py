"""Cancel requests: they reach the query they mean, and no other, ever."""

import random
import threading

import pytest

from tests.support import messages
from tests.support.database import AT_THE_GATE, Database
from tests.support.door import Door
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import bind, execute, parse, query, sync
from tests.support.replies import errors, rows
from tests.support.wire import Wire

CANCELLED = "57014"
SLEEP = "select pg_sleep(60)"
ASLEEP = "wait_event = 'PgSleep'"


def cancel(door: Door, key: bytes) -> None:
    """Send a cancel request, and wait until it has been dealt with."""
    with Wire((door.host, door.port)) as wire:
        wire.send(messages.cancel_request(key))
        assert wire.read_rest() == b""


@pytest.mark.parametrize("protocol", [messages.PROTOCOL_3_0, messages.PROTOCOL_3_2])
@pytest.mark.parametrize(
    "request_", [[query(SLEEP)], [parse(SLEEP), bind(), execute(), sync()]], ids=["simple", "ext"]
)
def test_a_running_query_is_cancelled(
    door: Door, database: Database, protocol: int, request_: list[bytes]
) -> None:
    wire = door.knock()
    wire.login(protocol, user="app", database="app")
    for _ in range(2):
        wire.send(*request_)
        database.wait_for_backend(ASLEEP)
        cancel(door, wire.key)
        replies = wire.read_ready()
        assert errors(replies) == [CANCELLED]
        assert "canceling statement due to user request" in replies[-2].fields["M"]
    assert wire.value("select 'goes on'") == "goes on"


def test_keys_are_each_clients_own(pooled: RunningGateway) -> None:
    keys = [pooled.wire().key for _ in range(50)]
    assert len(set(keys)) == len({key[4:] for key in keys}) == 50


@pytest.mark.parametrize("change", ["secret", "process", "short", "long", "empty"])
def test_a_wrong_key_cancels_nothing(door: Door, database: Database, change: str) -> None:
    wire = door.wire()
    key = wire.key
    wrong = {
        "secret": key[:-1] + bytes([key[-1] ^ 1]),
        "process": bytes([key[0], key[1], key[2], key[3] ^ 1]) + key[4:],
        "short": key[:-1],
        "long": key + b"\0",
        "empty": b"",
    }[change]
    with database.gate() as waits:
        wire.send(query(f"select {waits}, 'undisturbed'"))
        database.wait_for_backend(AT_THE_GATE)
        cancel(door, wrong)
    assert rows(wire.read_ready()) == [["", "undisturbed"]]


def test_a_cancel_between_queries_cancels_nothing(door: Door) -> None:
    wire = door.wire()
    for number in range(20):
        cancel(door, wire.key)
        assert wire.value(f"select {number}") == str(number)


def test_a_cancel_for_an_idle_client_spares_its_last_server(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=1)
    idle, busy = gateway.wire(), gateway.wire()
    idle.query("select 1")
    with database.gate() as waits:
        busy.send(query(f"select {waits}, 'undisturbed'"))
        database.wait_for_backend(AT_THE_GATE)
        for _ in range(5):
            cancel(gateway, idle.key)
    assert rows(busy.read_ready()) == [["", "undisturbed"]]


def test_a_cancel_for_a_client_that_is_gone(
    start_gateway: StartGateway, database: Database
) -> None:
    gateway = start_gateway(default_pool_size=1)
    gone, busy = gateway.wire(), gateway.wire()
    gone.query("select 1")
    gone.close()
    with database.gate() as waits:
        busy.send(query(f"select {waits}, 'undisturbed'"))
        database.wait_for_backend(AT_THE_GATE)
        cancel(gateway, gone.key)
    assert rows(busy.read_ready()) == [["", "undisturbed"]]


def test_a_client_in_line_can_be_cancelled(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    holder, waiting = gateway.wire(), gateway.wire()
    holder.query("begin")
    waiting.send(query("select 1"))
    gateway.wait_for_pool(waiting=1)
    cancel(gateway, waiting.key)
    assert errors(waiting.read_ready()) == [CANCELLED]
    waiting.send(parse("select 1"), bind(), execute(), sync())
    gateway.wait_for_pool(waiting=1)
    cancel(gateway, waiting.key)
    assert errors(waiting.read_ready()) == [CANCELLED]
    holder.query("commit")
    assert waiting.value("select 'goes on'") == "goes on"


def test_a_cancel_in_a_transaction_fails_it_and_no_more(door: Door, database: Database) -> None:
    wire = door.wire()
    wire.query("begin")
    wire.send(query(SLEEP))
    database.wait_for_backend(ASLEEP)
    cancel(door, wire.key)
    replies = wire.read_ready()
    assert errors(replies) == [CANCELLED]
    assert replies[-1].line == "ReadyForQuery E"
    wire.query("rollback")
    assert wire.value("select 1") == "1"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_storm_of_cancels_hits_nobody_else(start_gateway: StartGateway, workers: int) -> None:
    """Clients that are cancelled and clients that are not share servers, in quick turns."""
    gateway = start_gateway(default_pool_size=3, workers=workers)
    targets = [gateway.wire() for _ in range(4)]
    others = [gateway.wire() for _ in range(4)]
    outcomes: dict[int, list[list[str]]] = {}

    def work(number: int, wire: Wire) -> None:
        outcomes[number] = []
        for turn in range(60):
            expected = f"{number}-{turn}"
            replies = wire.query(f"select '{expected}' from pg_sleep(0.002)")
            failed = errors(replies)
            assert failed or rows(replies) == [[expected]]
            outcomes[number].append(failed)

    threads = [
        threading.Thread(target=work, args=(number, wire))
        for number, wire in enumerate([*targets, *others])
    ]
    for thread in threads:
        thread.start()
    chance = random.Random(1)  # the same storm every time
    for _ in range(100):
        cancel(gateway, chance.choice(targets).key)
    for thread in threads:
        thread.join()
    assert [len(outcomes[number]) for number in range(8)] == [60] * 8
    for number in range(4):
        assert all(failed in ([], [CANCELLED]) for failed in outcomes[number])
    for number in range(4, 8):
        assert outcomes[number] == [[]] * 60
