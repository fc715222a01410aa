"""A database of two tenants, and clients of it for asyncio and sync."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from forebay.client.package import Interface
from forebay.postgres.embedded import EmbeddedServer
from tests.client.extensions.beside import Beside, make_beside
from tests.client.extensions.world import World, make_world


@dataclass
class Asked:
    """A client of two tenants' data, and what waits for what it returns."""

    world: World
    interface: Interface
    db: Any
    runner: asyncio.Runner | None
    others: list[Any] = field(default_factory=list)

    def do(self, asked: Any) -> Any:
        """Wait for what a client returned, or call a function on the loop."""
        if self.runner is None:
            return asked
        if inspect.isawaitable(asked):
            return self.runner.run(_awaited(asked))
        return asked

    def run(self, function: Callable[[], Any]) -> Any:
        """Call a function where the client works."""
        if self.runner is None:
            return function()

        async def call() -> Any:
            found = function()
            return await found if inspect.isawaitable(found) else found

        return self.runner.run(call())


async def _awaited(asked: Any) -> Any:
    return await asked


@pytest.fixture(scope="session")
def two_tenants(embedded: EmbeddedServer) -> Iterator[World]:
    """The database."""
    with make_world(embedded.socket_url, "two_tenants") as world:
        yield world


def asking(world: World, interface: Interface) -> Iterator[Asked]:
    """Yield a client of a database, on rows as they were written."""
    world.reset()
    runner = asyncio.Runner() if interface == "asyncio" else None
    made = Asked(world, interface, world.client(interface), runner)
    try:
        yield made
    finally:
        made.do(made.db.disconnect())
        if runner is not None:
            runner.close()


@pytest.fixture(params=["asyncio", "sync"])
def asked(request: pytest.FixtureRequest, two_tenants: World) -> Iterator[Asked]:
    """A client without extensions, on rows as they were written."""
    yield from asking(two_tenants, request.param)


@pytest.fixture
def asked_once(two_tenants: World) -> Iterator[Asked]:
    """The same, where it does not matter whether with asyncio or without."""
    yield from asking(two_tenants, "sync")


@pytest.fixture(scope="session")
def beside(embedded: EmbeddedServer) -> Iterator[Beside]:
    """A database of both tenants, and one of the first alone."""
    with make_beside(embedded.socket_url, "beside") as made:
        yield made
