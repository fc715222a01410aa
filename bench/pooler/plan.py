"""What is measured: the cells of the table, and which of them a run was asked for."""

from __future__ import annotations

from dataclasses import dataclass

MEASURES = ("cpu", "rate", "syscalls", "churn", "idle")
PROTOCOLS = ("simple", "extended", "prepared")
TRANSPORTS = ("tcp", "unix")
FIXED_RATE = 4000

# Which client counts each measure has in the full table.
CLIENTS = {
    "cpu": (10, 64, 500),
    "rate": (64,),
    "syscalls": (1, 64),
    "churn": (1, 64),
    "idle": (1_000, 10_000),
}
QUICK_CLIENTS = {"cpu": (64,), "rate": (64,), "syscalls": (64,), "churn": (64,), "idle": (1_000,)}


@dataclass(frozen=True)
class Cell:
    """One place in the table: a measure under one condition."""

    measure: str
    transport: str
    protocol: str
    clients: int

    @property
    def title(self) -> str:
        """Name the cell for a person."""
        words = {
            "cpu": "saturated",
            "rate": f"{FIXED_RATE:,}/s",
            "syscalls": "system calls",
            "churn": "connect per transaction",
            "idle": "idle",
        }
        return f"{words[self.measure]}, {self.protocol}, {self.clients:,} clients, {self.transport}"


@dataclass(frozen=True)
class Plan:
    """Everything that decides what a run does; written into its JSON."""

    contestants: tuple[str, ...]
    against: str
    measures: tuple[str, ...] = MEASURES
    protocols: tuple[str, ...] = PROTOCOLS
    transports: tuple[str, ...] = TRANSPORTS
    clients: tuple[int, ...] = ()
    rounds: int = 3
    seconds: int = 5
    scale: int = 10
    settle: float = 20.0
    tracer: str = "auto"
    is_quick: bool = False

    def cells(self) -> list[Cell]:
        """List the cells asked for, in the order of the table."""
        table = QUICK_CLIENTS if self.is_quick else CLIENTS
        return [
            Cell(measure, transport, protocol, clients)
            for measure in MEASURES
            if measure in self.measures
            for transport in self._transports(measure)
            for protocol in self._protocols(measure)
            for clients in self.clients or table[measure]
        ]

    def _transports(self, measure: str) -> tuple[str, ...]:
        # How the pooler reaches PostgreSQL changes nothing for a client that connects or sits idle.
        return self.transports[:1] if measure in ("churn", "idle") else self.transports

    def _protocols(self, measure: str) -> tuple[str, ...]:
        return self.protocols[:1] if measure in ("churn", "idle") else self.protocols
