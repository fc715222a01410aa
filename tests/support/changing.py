"""A gateway's door behind which no client finds the same server twice in a row.

Two more clients take turns in holding one of the pool's two servers in a transaction. Before each
request, while nobody else is in a transaction, the one that is free takes the server used last, and
the other lets go of its own.
"""

from dataclasses import dataclass, field
from typing import Self

from tests.support.door import Door
from tests.support.gateway import RunningGateway
from tests.support.wire import Wire


@dataclass
class ChangingDoor(Door):
    """A door whose bare clients change servers between transactions."""

    wires: list[Wire] = field(default_factory=list)
    holders: list[Wire] = field(default_factory=list)

    @classmethod
    def before(cls, gateway: RunningGateway) -> Self:
        """Make the door of a gateway whose pool has two servers."""
        door = cls(gateway.host, gateway.port, gateway.resources)
        door.holders = [gateway.wire(), gateway.wire()]
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
        free.query("begin")
        holding.query("rollback")
        self.holders.reverse()

    def _change_if_idle(self) -> None:
        if all(wire.status == "I" or wire.is_closed for wire in self.wires):
            self.change()
