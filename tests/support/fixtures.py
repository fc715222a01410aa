"""The fixtures of tests that run a gateway; a folder's conftest.py imports those it uses."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.changing import ChangingDoor
from tests.support.database import Database, throw_away_database
from tests.support.door import Door
from tests.support.gateway import RunningGateway, StartGateway, starter


@pytest.fixture(scope="session")
def running_database() -> Iterator[Database]:
    """One PostgreSQL for all tests of a folder."""
    with throw_away_database() as database:
        yield database


@pytest.fixture
def database(running_database: Database) -> Iterator[Database]:
    """PostgreSQL with nothing in it, as a door without a gateway."""
    running_database.ask("set statement_timeout = 0")
    with ExitStack() as clients:
        running_database.resources = clients
        yield running_database


@pytest.fixture
def start_gateway(database: Database) -> Iterator[StartGateway]:
    """Start gateways before `database`; they are stopped, and looked at, when the test ends."""
    with ExitStack() as resources:
        yield starter(database, resources)


@pytest.fixture
def pooled(start_gateway: StartGateway) -> RunningGateway:
    """A gateway in transaction mode."""
    return start_gateway()


@pytest.fixture(params=["direct", "pooled", "changing"])
def door(
    request: pytest.FixtureRequest, database: Database, start_gateway: StartGateway
) -> Iterator[Door]:
    """PostgreSQL itself, a gateway, and a gateway that gives every transaction another server.

    What holds on PostgreSQL itself is right; that it holds through a gateway is the test.
    """
    if request.param == "direct":
        yield database
    elif request.param == "pooled":
        yield start_gateway()
    else:
        yield ChangingDoor.before(start_gateway(default_pool_size=2))


@pytest.fixture
def table(database: Database) -> str:
    """An empty table of the ordinary user's: a number and a text."""
    name = "notes"
    database.ask(f"drop table if exists {name}")
    database.ask(f"create table {name} (id integer primary key, body text)")
    database.ask(f"alter table {name} owner to app")
    return name
