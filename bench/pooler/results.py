"""What a run found: samples by cell and contestant, and the medians and ratios drawn from them.

A ratio is taken within a round, where both met the same machine, and only then the median: that is
what makes figures from a machine with other work on it worth reading.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.machine import Machine
from bench.pooler.measures import Sample
from bench.pooler.plan import Cell, Plan

DISTURBED_CORES = 0.25


@dataclass(frozen=True)
class Ratio:
    """A median of ratios by round, and the least and greatest of them."""

    middle: float
    least: float
    greatest: float


@dataclass
class CellResult:
    """All samples of one cell: by contestant, then by round. A failure keeps its reason."""

    cell: Cell
    samples: dict[str, dict[int, Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def median(self, contestant: str, value: str) -> float | None:
        """Take the median over the rounds; None when the contestant has no sample."""
        rounds = self.samples.get(contestant, {}).values()
        values = [sample.values[value] for sample in rounds if value in sample.values]
        return statistics.median(values) if values else None

    def ratio(self, contestant: str, against: str, value: str) -> Ratio | None:
        """Divide by ``against`` round by round; None when no round has both."""
        own, other = self.samples.get(contestant, {}), self.samples.get(against, {})
        ratios = [
            own[number].values[value] / other[number].values[value]
            for number in own
            if number in other and other[number].values.get(value)
        ]
        return Ratio(statistics.median(ratios), min(ratios), max(ratios)) if ratios else None

    def is_disturbed(self, contestant: str) -> bool:
        """Say whether other work on the machine may have shaped the median."""
        return (self.median(contestant, "foreign_cores") or 0.0) > DISTURBED_CORES

    def syscalls(self, contestant: str) -> dict[str, float]:
        """Take the median of each call by name, the most frequent first."""
        rounds = [sample.syscalls for sample in self.samples.get(contestant, {}).values()]
        names = {name for calls in rounds for name in calls}
        medians = {n: statistics.median(calls.get(n, 0.0) for calls in rounds) for n in names}
        return dict(sorted(medians.items(), key=lambda item: -item[1]))


@dataclass
class Report:
    """One run, whole."""

    plan: Plan
    machine: Machine
    versions: dict[str, str]
    tracer: str
    taken_at: str
    command: str
    results: list[CellResult] = field(default_factory=list)

    def find(self, cell: Cell) -> CellResult:
        """Return the result of a cell, empty when it was not measured."""
        return next((r for r in self.results if r.cell == cell), CellResult(cell))

    def has_failures(self) -> bool:
        """Say whether any cell lacks a figure."""
        return any(result.failures for result in self.results)

    def write_json(self, path: Path) -> None:
        """Write every sample, so that another statistic can be drawn later."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")
