"""Fixtures of the commands that serve a settings file."""

from tests.support.fixtures import database, running_database

__all__ = ["database", "running_database"]
