"""What was seen when the table was last recorded, and the table itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.peers.matrix.features import FEATURES

RECORD = Path(__file__).with_name("recorded.json")

WORKS = "yes"
BREAKS = "no"
NO_INTERFACE = "n/a"


@dataclass(frozen=True)
class Column:
    """One driver: its version, and what each feature's script came to behind each pooler."""

    name: str
    title: str
    version: str
    forebay: Mapping[str, str]
    pgbouncer: Mapping[str, str]
    met: Mapping[str, str] = field(default_factory=dict)  # behind PgBouncer, where it breaks


@dataclass(frozen=True)
class Record:
    """The whole table, and what it was recorded with."""

    pgbouncer: str
    postgresql: str
    columns: Sequence[Column]

    @classmethod
    def load(cls) -> Self:
        """Read what was recorded last."""
        kept: dict[str, Any] = json.loads(RECORD.read_text())
        columns = [Column(**column) for column in kept["columns"]]
        return cls(kept["pgbouncer"], kept["postgresql"], columns)

    def save(self) -> None:
        """Keep it, in place of what was recorded before."""
        RECORD.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")

    def table(self) -> str:
        """Return the table for the page: a feature's cell says Forebay first, then PgBouncer."""
        head = ["", *(column.title for column in self.columns)]
        rows = [head, ["---"] * len(head)]
        for feature in FEATURES:
            cells = [self._cell(column, feature.name) for column in self.columns]
            rows.append([feature.title, *cells])
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)

    def _cell(self, column: Column, feature: str) -> str:
        ours, theirs = column.forebay[feature], column.pgbouncer[feature]
        return ours if ours == NO_INTERFACE else f"{ours} · {theirs}"

    def versions(self) -> str:
        """Name what it was recorded with."""
        drivers = "; ".join(column.version for column in self.columns)
        return f"PostgreSQL {self.postgresql}, PgBouncer {self.pgbouncer}; {drivers}"
