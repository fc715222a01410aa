"""Fixtures of the tests that break something while clients are at work."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bench.processes import raise_descriptor_limit
from tests.faults.scene import Scene
from tests.support.fixtures import database, running_database, start_gateway, table
from tests.support.fragile import FragileDatabase, fragile_database
from tests.support.gateway import starter

__all__ = ["database", "running_database", "start_gateway", "table"]


@pytest.fixture(scope="session", autouse=True)
def _descriptors() -> None:
    """Let clients and gateways of this process have as many sockets as they like."""
    raise_descriptor_limit()


@pytest.fixture(scope="session")
def running_fragile() -> Iterator[FragileDatabase]:
    """One server for all tests that end it; each starts it again."""
    with fragile_database() as database:
        yield database


@pytest.fixture
def fragile(running_fragile: FragileDatabase) -> Iterator[FragileDatabase]:
    """A server that a test may end, if it starts it again."""
    with ExitStack() as clients:
        running_fragile.resources = clients
        yield running_fragile


@pytest.fixture
def scene(
    fragile: FragileDatabase, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Scene]]:
    """Start a gateway before the fragile server; the test ends with a look at what is left."""
    with ExitStack() as resources:
        start = starter(fragile, resources)

        def set_up(**settings: object) -> Scene:
            # Soon again: what the tests wait for is that it is tried again at all.
            usual = {
                "server_login_retry": 0.1,
                "log_connections": False,
                "log_disconnections": False,
            }
            return Scene.of(start(**{**usual, **settings}), fragile, capfd)

        yield set_up
