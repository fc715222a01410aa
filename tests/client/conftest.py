"""The database of the client's tests, and clients of it for asyncio and sync."""

from collections.abc import Iterator
from typing import Any

import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.client.world import Place, World, place


@pytest.fixture(scope="session")
def client_place(embedded: EmbeddedServer) -> Iterator[Place]:
    """Where the client's tests have their tables."""
    with place(embedded) as found:
        yield found


@pytest.fixture(params=["asyncio", "sync"])
def world(request: pytest.FixtureRequest, client_place: Place) -> Iterator[World]:
    """A client of empty tables."""
    client_place.empty()
    made = World(client_place, request.param)
    yield made
    made.close()


@pytest.fixture
def db(world: World) -> Any:
    """The client itself."""
    return world.db


@pytest.fixture
def do(world: World) -> Any:
    """Waits for what the client returns."""
    return world.do
