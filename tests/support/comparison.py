"""Runs one script of a real client straight at PostgreSQL and through a gateway, and compares."""

from collections.abc import Callable
from typing import Protocol

from tests.support.changing import ChangingDoor
from tests.support.database import Database
from tests.support.door import Door
from tests.support.gateway import StartGateway

Transcript = list[object]
# Takes the door, and a function to call wherever another server may come next; returns what it saw.
Script = Callable[[Door, Callable[[], None]], Transcript]


class Compare(Protocol):
    """Runs a script three times; what it saw must not differ. Returns what it saw."""

    def __call__(self, script: Script) -> Transcript: ...


def comparer(database: Database, start_gateway: StartGateway) -> Compare:
    """Return a function that compares PostgreSQL, one kept server, and servers that change."""

    def compare(script: Script) -> Transcript:
        _empty(database)
        expected = script(database, _stay)
        _empty(database)
        kept = start_gateway(default_pool_size=1)
        assert script(kept, _stay) == expected
        _empty(database)
        changing = ChangingDoor.before(start_gateway(default_pool_size=2))
        assert script(changing, changing.change) == expected
        return expected

    return compare


def _empty(database: Database) -> None:
    """Remove what a script that failed has left."""
    database.ask("set client_min_messages = error")
    database.ask("drop schema public cascade; create schema public authorization app")


def _stay() -> None:
    """Leave the servers as they are."""
