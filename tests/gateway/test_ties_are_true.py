"""What ties clients to servers is what PostgreSQL says, whatever is sent while it is asked."""

import random

import pytest

from tests.support.gateway import RunningGateway, StartGateway
from tests.support.messages import bind, execute, parse, query, sync
from tests.support.replies import rows
from tests.support.wire import Wire

CLIENTS = 6
ROUNDS = 40

# Whether the session has locks, statements of SQL's PREPARE, cursors that outlive their
# transaction, and temporary objects: one column each.
TRUTH = (
    "select exists(select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),"
    " exists(select from pg_prepared_statements where from_sql),"
    " exists(select from pg_cursors where is_holdable),"
    " exists(select from pg_class where relnamespace = pg_my_temp_schema())"
)

STATEMENTS = (
    *("select pg_advisory_lock({n})", "select pg_advisory_lock({n})"),
    *("select pg_advisory_unlock({n})", "select pg_advisory_unlock({n})"),
    "select pg_advisory_unlock_all()",
    *("prepare p{n} as select 1", "deallocate p{n}", "deallocate all"),
    "declare c{n} cursor with hold for select 1",
    *("close c{n}", "close all"),
    *("create temporary table t{n} ()", "drop table t{n}", "discard temp", "discard all"),
    *("begin", "begin", "commit", "commit", "rollback"),
    *("savepoint s", "rollback to s", "release s"),
    *("set work_mem = '{m}MB'", "reset work_mem", "set local work_mem = '{m}MB'"),
    *("select 1", "select 1/0", "select pg_advisory_lock({n}); select 1/0"),
    "begin; select pg_advisory_lock({n}); rollback",
)


def _request(chance: random.Random, client: int) -> tuple[bytes, int]:
    """A statement or some in a row, and how many ReadyForQuery answer it."""
    # Nobody waits for another's lock.
    texts = [
        chance.choice(STATEMENTS).format(
            n=f"{client}{chance.randrange(2)}", m=chance.randrange(1, 9)
        )
        for _ in range(chance.choice([1, 1, 2, 3]))
    ]
    if chance.random() < 0.5:
        return b"".join(query(text) for text in texts), len(texts)
    single = [text for text in texts if ";" not in text] or ["select 1"]
    return b"".join(parse(text) + bind() + execute() for text in single) + sync(), 1


def _ties(wire: Wire) -> int:
    [row] = rows(wire.query(TRUTH))
    return row.count("t")


def _is_true(gateway: RunningGateway, wires: list[Wire]) -> None:
    for wire in wires:
        wire.query("rollback")
    ties = [_ties(wire) for wire in wires]
    gateway.wait_for_pool(pins=sum(ties), server_active=sum(map(bool, ties)))
    # Nor has anybody left something on a server that is at rest.
    others = [gateway.wire() for _ in range(gateway.pool("server_idle"))]
    for other in others:
        other.query("begin")
    assert [_ties(other) for other in others] == [0] * len(others)
    for other in others:
        other.query("rollback")
        other.close()


@pytest.mark.parametrize("seed", range(3))
def test_ties_are_what_postgresql_says(start_gateway: StartGateway, seed: int) -> None:
    chance = random.Random(seed)
    gateway = start_gateway(default_pool_size=2 * CLIENTS, max_pinned=0)
    wires = [gateway.wire() for _ in range(CLIENTS)]
    for _ in range(ROUNDS):
        for number, wire in enumerate(wires):
            requests = [_request(chance, number) for _ in range(chance.randrange(1, 5))]
            waits = chance.random() < 0.7
            for data, count in requests:
                wire.send(data)
                if waits:
                    wire.read_ready(count)
            if not waits:
                wire.read_ready(sum(count for _, count in requests))
        _is_true(gateway, wires)
