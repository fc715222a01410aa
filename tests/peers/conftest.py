"""Fixtures of the tests that go through a gateway with real clients."""

from tests.support.fixtures import (
    database,
    door,
    pooled,
    running_database,
    start_gateway,
    table,
)

__all__ = ["database", "door", "pooled", "running_database", "start_gateway", "table"]
