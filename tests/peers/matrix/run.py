"""Runs a feature's script with a driver: at PostgreSQL, a changing gateway, or PgBouncer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.peers.matrix.drivers import Driver
from tests.peers.matrix.features import SCHEMA, Feature
from tests.peers.matrix.talk import Around, Refused, Silent, Talk
from tests.support.changing import ChangingDoor
from tests.support.database import Database
from tests.support.door import Door
from tests.support.gateway import RunningGateway


@dataclass
class AroundPooler(Around):
    """A pooler with two servers, of which the client finds another each time."""

    is_kept: Callable[[], bool] = field(kw_only=True)  # whether a client keeps its server
    changing: ChangingDoor = field(init=False)

    def __post_init__(self) -> None:
        self.changing = ChangingDoor.before(
            self.door, lambda: self.is_in_transaction or self.is_kept()
        )

    def change(self) -> None:
        """Let the next transaction meet another server."""
        self.changing.change()

    def neighbours(self, sql: str) -> str:
        """Ask on both servers, or on the one that is left."""
        answers = []
        for _ in range(2):
            answers.append(str(self.changing.holders[0].value(sql)))
            self.changing.change()
        return " and ".join(dict.fromkeys(answers))


@dataclass(frozen=True)
class Outcome:
    """What a script saw, and what stopped it if something did."""

    seen: list[str]
    stopped: str | None = None

    def works(self, feature: Feature) -> bool:
        """Whether it is what the feature must give."""
        return self.stopped is None and self.seen == feature.expected


def run_script(driver: Driver, feature: Feature, around: Around) -> Outcome:
    """Run a script once, in a database that has been made for it."""
    around.database.ask("set client_min_messages = error")
    around.database.ask(SCHEMA)
    try:
        talk = Talk.start(driver, around)
    except (Refused, Silent) as error:
        return Outcome([], str(error))
    try:
        feature.script(talk)
    except (Refused, Silent) as error:
        return Outcome(talk.seen, str(error))
    finally:
        talk.end()
    return Outcome(talk.seen)


def at(database: Database) -> Around:
    """Stand before PostgreSQL itself."""
    return Around(database, database)


def behind(gateway: RunningGateway, database: Database) -> AroundPooler:
    """Stand before a gateway that has two servers."""

    def is_pinned() -> bool:
        return any(pool["pins"] for pool in gateway.stats()["pools"])

    return AroundPooler(database, gateway, is_kept=is_pinned)


def behind_pgbouncer(pgbouncer: Door, database: Database) -> AroundPooler:
    """Stand before a PgBouncer that has two servers, and never leaves a client its own."""
    return AroundPooler(database, pgbouncer, is_kept=lambda: False)
