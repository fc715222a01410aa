"""A pooler's door behind which no client finds the same server twice in a row.

Two more clients take turns in holding one of the pool's two servers in a transaction. Before each
request, while nobody else is in a transaction, the one that is free takes the server used last, and
the other lets go of its own. Where a client keeps its server, the two hand on the one that is left.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from tests.support import messages
from tests.support.door import Door
from tests.support.waiting import wait_until
from tests.support.wire import Wire


def _nobody() -> bool:
    """Say that no client keeps its server."""
    return False


@dataclass
class ChangingDoor(Door):
    """A door whose bare clients change servers between transactions."""

    wires: list[Wire] = field(default_factory=list)
    holders: list[Wire] = field(default_factory=list)
    is_kept: Callable[[], bool] = _nobody  # whether a client keeps a server between transactions

    @classmethod
    def before(cls, pooler: Door, is_kept: Callable[[], bool] = _nobody) -> Self:
        """Make the door of a pooler whose pool has two servers."""
        door = cls(pooler.host, pooler.port, pooler.resources, is_kept=is_kept)
        door.holders = [pooler.wire(), pooler.wire()]
        door.holders[0].query("begin")
        return door

    def knock(self) -> Wire:
        """Connect a bare client that has not said anything yet."""
        wire = super().knock()
        wire.before_play = self._change_if_idle
        self.wires.append(wire)
        return wire

    def change(self) -> None:
        """Make the next transaction meet another server; no client may be in a transaction."""
        holding, free = self.holders
        free.send(messages.query("begin"))
        wait_until(lambda: free.is_answered() or self.is_kept())
        holding.query("rollback")
        free.read_ready()
        self.holders.reverse()

    def _change_if_idle(self) -> None:
        if all(wire.status == "I" or wire.is_closed for wire in self.wires):
            self.change()
