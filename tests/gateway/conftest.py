"""Fixtures of the tests that speak to a gateway in the bare protocol."""

from tests.support.fixtures import (
    database,
    door,
    pooled,
    running_database,
    start_gateway,
    table,
)

__all__ = ["database", "door", "pooled", "running_database", "start_gateway", "table"]
