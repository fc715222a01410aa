"""Fixtures of advice that asks a server."""

from tests.support.fixtures import database, running_database, start_gateway

__all__ = ["database", "running_database", "start_gateway"]
