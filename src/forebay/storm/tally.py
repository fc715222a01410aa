"""What happened to the invocations of one strategy: counts, latencies, and both over time."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

BUCKET = 0.5  # seconds of a point in the plots
# Messages differ by names and numbers; past this many the rest are counted together.
_MOST_MESSAGES = 40
_OTHERS = "other messages"


@dataclass(frozen=True, slots=True)
class ErrorKey:
    """A kind of failure: a SQLSTATE (or `timeout`, or an HTTP status), and the words with it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Latency or lag in milliseconds; all None when there was nothing to measure."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    max: float | None = None


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted values: one of them, never between two."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def percentiles(seconds: Sequence[float]) -> Percentiles:
    """Return the percentiles of durations, in milliseconds."""
    if not seconds:
        return Percentiles()
    ordered = sorted(seconds)
    found = [percentile(ordered, share) * 1000 for share in (0.5, 0.95, 0.99, 1.0)]
    return Percentiles(*(round(value, 3) for value in found))


@dataclass
class Bucket:
    """The invocations that were meant for one half second."""

    arrivals: int = 0
    failed: int = 0
    latencies: list[float] = field(default_factory=list)


class Tally:
    """Counts while a strategy runs; every arrival ends as completed or as one error."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.arrivals = 0
        self.latencies: list[float] = []
        self.lags: list[float] = []
        self.errors: Counter[ErrorKey] = Counter()
        self.samples: list[tuple[float, int]] = []
        self.buckets: list[Bucket] = []

    def arrive(self, at: float, lag: float) -> None:
        """Count an invocation that was started `lag` seconds after it was meant to."""
        self.arrivals += 1
        self.lags.append(lag)
        self._bucket(at).arrivals += 1

    def complete(self, at: float, latency: float) -> None:
        """Count a success, `latency` seconds after the invocation was meant to start."""
        self.latencies.append(latency)
        self._bucket(at).latencies.append(latency)

    def fail(self, at: float, code: str, message: str) -> None:
        """Count a failure."""
        key = ErrorKey(code, message)
        if key not in self.errors and len(self.errors) >= _MOST_MESSAGES:
            key = ErrorKey(code, _OTHERS)
        self.errors[key] += 1
        self._bucket(at).failed += 1

    def sample(self, at: float, connections: int) -> None:
        """Keep how many connections PostgreSQL held `at` seconds after the start."""
        self.samples.append((at, connections))

    @property
    def completed(self) -> int:
        """How many invocations were served."""
        return len(self.latencies)

    @property
    def failed(self) -> int:
        """How many invocations failed."""
        return self.errors.total()

    @property
    def peak(self) -> int | None:
        """The most connections that PostgreSQL was seen to hold."""
        return max((count for _, count in self.samples), default=None)

    def errors_by_code(self) -> dict[str, int]:
        """Return the failures by SQLSTATE, the most frequent first."""
        counts: Counter[str] = Counter()
        for key, count in self.errors.items():
            counts[key.code] += count
        return dict(counts.most_common())

    def _bucket(self, at: float) -> Bucket:
        index = int(at / BUCKET)
        while len(self.buckets) <= index:
            self.buckets.append(Bucket())
        return self.buckets[index]
