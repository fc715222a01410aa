"""Fixtures of the tests that go through a gateway with real clients."""

import pytest

from tests.support.comparison import Compare, comparer
from tests.support.database import Database
from tests.support.fixtures import database, pooled, running_database, start_gateway
from tests.support.gateway import StartGateway

__all__ = ["database", "pooled", "running_database", "start_gateway"]


@pytest.fixture
def compare(database: Database, start_gateway: StartGateway) -> Compare:
    """Run a script directly and through gateways, and see that it makes no difference."""
    return comparer(database, start_gateway)
