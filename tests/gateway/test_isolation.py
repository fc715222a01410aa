"""Clients' settings never meet on a few servers: the proof `isolation`, in short."""

from collections import Counter

import pytest

from bench.database import NAME, ROLE, Database, throw_away_database
from bench.pooler.contestants import make_contestant
from bench.prove.isolation import (
    DEEDS,
    PROCESSES,
    Found,
    findings,
    run_isolation,
    schema,
)
from bench.wire import Endpoint

CLIENTS = 10 * PROCESSES
SECONDS = 4.0
SERVERS = 3


def _live(database: Database, endpoint: Endpoint, *, are_cut: bool = False) -> Found:
    return run_isolation(
        database,
        endpoint,
        clients=CLIENTS,
        seconds=SECONDS,
        seed="short",
        are_cut=are_cut,
        say=lambda _: None,
    )


def _directly(database: Database) -> Endpoint:
    return Endpoint("127.0.0.1", database.port, ROLE, NAME)


def test_the_model_is_postgresqls() -> None:
    with throw_away_database() as database:
        database.ask(schema(CLIENTS))
        found = _live(database, _directly(database))
    assert (found.wrong, found.errors) == ([], Counter())
    assert [deed for deed in DEEDS if not found.counts[deed]] == []


def test_what_is_not_a_clients_own_is_found() -> None:
    with throw_away_database() as database:
        database.ask(schema(CLIENTS))
        database.ask(f"alter database {NAME} set app.tenant = 'stranger'")
        found = _live(database, _directly(database))
    assert found.wrong
    assert "stranger" in found.wrong[0]
    assert not findings(found, "directly", "short", are_cut=False)[0].is_pass


@pytest.mark.parametrize("are_cut", [False, True], ids=["undisturbed", "killed"])
def test_settings_never_meet(are_cut: bool) -> None:
    with throw_away_database() as database:
        database.ask(schema(CLIENTS))
        with make_contestant("forebay").start(database, "tcp", SERVERS) as running:
            found = _live(database, running.endpoint, are_cut=are_cut)
            assert running.statistics()["panics"] == 0
    assert (found.wrong, found.errors) == ([], Counter())
    assert found.counts["server changes"] > 0
    assert found.most_sessions <= SERVERS
