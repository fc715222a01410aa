"""Clients of a database of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.client.extensions.conftest import Asked, asking
from tests.client.extensions.world import World, make_world


@pytest.fixture(scope="session")
def seen_world(embedded: EmbeddedServer) -> Iterator[World]:
    """The database."""
    with make_world(embedded.socket_url, "seeing") as world:
        yield world


@pytest.fixture(params=["asyncio", "sync"])
def asked(request: pytest.FixtureRequest, seen_world: World) -> Iterator[Asked]:
    """A client that nobody watches."""
    yield from asking(seen_world, request.param)


@pytest.fixture
def asked_sync(seen_world: World) -> Iterator[Asked]:
    """The same, without asyncio."""
    yield from asking(seen_world, "sync")
