"""A gateway before a server that may be broken, and the accounts that must agree afterwards."""

import os
from dataclasses import dataclass
from typing import Self

import pytest

from bench.resources import descriptor_count
from tests.support.crowd import Crowd
from tests.support.door import PASSWORD
from tests.support.fragile import FragileDatabase
from tests.support.gateway import RunningGateway
from tests.support.waiting import wait_until
from tests.support.wire import Closed


@dataclass
class Scene:
    """What a test of a fault has at hand."""

    gateway: RunningGateway
    database: FragileDatabase
    _capture: pytest.CaptureFixture[str]
    _descriptors: int
    _log: str = ""

    @classmethod
    def of(
        cls,
        gateway: RunningGateway,
        database: FragileDatabase,
        capture: pytest.CaptureFixture[str],
    ) -> Self:
        """Take stock of a gateway that nobody has used yet."""
        return cls(gateway, database, capture, descriptor_count(os.getpid()))

    def crowd(self, count: int = 12) -> Crowd:
        """Have so many clients at work while the block lasts."""
        return Crowd(self.gateway, count)

    @property
    def log(self) -> str:
        """All that the gateway has logged."""
        self._log += self._capture.readouterr().err
        return self._log

    def check(self) -> None:
        """See that the gateway is at rest, agrees with PostgreSQL, and holds nothing it need not.

        Clients must have left.
        """
        wait_until(self._is_at_rest)
        assert self.gateway.stats()["panics"] == 0
        assert PASSWORD not in self.log

    def check_service(self) -> None:
        """See that a new client is served, at the latest when logins begun before have failed."""
        wait_until(self._is_served)

    def _is_served(self) -> bool:
        try:
            with self.gateway.wire() as wire:
                return wire.value("select 40 + 2") == "42"
        except Closed as closed:
            # A login that was under way while PostgreSQL was starting has failed for all.
            if "57P03" in str(closed):
                return False
            raise

    def _is_at_rest(self) -> bool:
        said = self.gateway.stats()
        lent = sum(
            pool["server_active"] + pool["server_connecting"] + pool["waiting"]
            for pool in said["pools"]
        )
        idle = self.gateway.pool("server_idle")
        return (
            (said["clients"], said["sockets"], lent) == (0, 0, 0)
            and len(self.database.backends()) == idle
            and descriptor_count(os.getpid()) <= self._descriptors + idle
        )
