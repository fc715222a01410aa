"""Fixtures of the tests that try out what the pages say."""

from tests.support.fixtures import database, running_database, start_gateway

__all__ = ["database", "running_database", "start_gateway"]
