"""Judges a storm: whether it may be believed at all, and whether what was asked of it held."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from forebay.errors import ConfigurationError
from forebay.storm.run import Outcome

Word = Literal["held", "broken", "inconclusive", "interrupted"]

EXIT_CODES: dict[Word, int] = {"held": 0, "broken": 1, "inconclusive": 3, "interrupted": 130}
# Past these the generator, and not the database, may be what was slow.
MAX_LAG_MS = 100.0
MAX_CPU = 0.9
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(%|ms|s)?")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the pooled and the HTTP strategy must keep to; direct ones are there to be compared."""

    max_errors: float = 0.0
    is_share: bool = False
    max_p99_ms: float | None = None
    max_connections: int | None = None
    max_lag_ms: float = MAX_LAG_MS


@dataclass(frozen=True, slots=True)
class Verdict:
    """The word, and a sentence for each reason."""

    word: Word
    reasons: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return EXIT_CODES[self.word]


def parse_errors(text: str) -> tuple[float, bool]:
    """Read --max-errors: a number of invocations, or a share of them as `1%`.

    Raises:
        ConfigurationError: it is neither.
    """
    found = _LIMIT.fullmatch(text.strip())
    if found is None or found[2] not in (None, "%"):
        raise _not_a_limit("--max-errors", text, "a number of invocations, or a share as 0.1%")
    value = float(found[1])
    is_share = found[2] == "%"
    if (is_share and value > 100) or (not is_share and not value.is_integer()):
        raise _not_a_limit("--max-errors", text, "a number of invocations, or a share as 0.1%")
    return (value / 100 if is_share else value), is_share


def parse_milliseconds(option: str, text: str) -> float:
    """Read a duration such as `250ms`, `1.5s`, or a number of milliseconds.

    Raises:
        ConfigurationError: it is none, or zero.
    """
    found = _LIMIT.fullmatch(text.strip())
    if found is None or found[2] == "%" or float(found[1]) == 0:
        raise _not_a_limit(option, text, "a duration, as 250ms or 1.5s")
    return float(found[1]) * (1000 if found[2] == "s" else 1)


def _not_a_limit(option: str, text: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f'{option} "{text}" cannot be read', hint=f"give {wanted}")


def judge(
    outcomes: Sequence[Outcome], thresholds: Thresholds, *, was_interrupted: bool = False
) -> Verdict:
    """Return the verdict; what cannot be believed is not judged."""
    if was_interrupted:
        return Verdict("interrupted", ("the storm was interrupted before its end",))
    doubts = [doubt for outcome in outcomes for doubt in _doubts(outcome, thresholds)]
    if doubts:
        return Verdict("inconclusive", tuple(doubts))
    judged = [outcome for outcome in outcomes if outcome.strategy.kind != "direct"]
    faults = [fault for outcome in judged for fault in _faults(outcome, thresholds)]
    if faults:
        return Verdict("broken", tuple(faults))
    held = [_praise(outcome) for outcome in judged]
    return Verdict("held", tuple(held) or ("only direct strategies ran, which have no threshold",))


def _doubts(outcome: Outcome, thresholds: Thresholds) -> list[str]:
    doubts = []
    name, lag = outcome.strategy.value, outcome.lag.p99
    if lag is not None and lag > thresholds.max_lag_ms:
        doubts.append(
            f"{name}: storm itself was late by {lag:.0f} ms at p99, and the limit is"
            f" {thresholds.max_lag_ms:.0f} ms: lower --rate, or lengthen --ramp"
        )
    if outcome.cpu > MAX_CPU:
        doubts.append(
            f"{name}: storm itself used {outcome.cpu:.0%} of a core, and the limit is"
            f" {MAX_CPU:.0%}: lower --rate, or lengthen --ramp"
        )
    return doubts


def _faults(outcome: Outcome, thresholds: Thresholds) -> list[str]:
    faults = []
    name, tally, p99 = outcome.strategy.value, outcome.tally, outcome.latency.p99
    allowed = thresholds.max_errors * (tally.arrivals if thresholds.is_share else 1)
    if tally.failed > allowed:
        limit = f"{thresholds.max_errors:.2%}" if thresholds.is_share else f"{allowed:.0f}"
        faults.append(
            f"{name}: {tally.failed:,} of {tally.arrivals:,} invocations failed, and --max-errors"
            f" is {limit}"
        )
    if thresholds.max_p99_ms is not None and (p99 is None or p99 > thresholds.max_p99_ms):
        said = "nothing was completed" if p99 is None else f"p99 was {p99:.0f} ms"
        faults.append(f"{name}: {said}, and --max-p99 is {thresholds.max_p99_ms:g} ms")
    most = thresholds.max_connections
    if most is None and outcome.pool_size is not None:
        most = outcome.pool_size + outcome.others
    if most is not None and tally.peak is not None and tally.peak > most:
        faults.append(f"{name}: PostgreSQL held {tally.peak} connections, and the limit is {most}")
    if outcome.note is not None:
        faults.append(f"{name}: {outcome.note}")
    return faults


def _praise(outcome: Outcome) -> str:
    tally = outcome.tally
    said = f"{outcome.strategy.value}: {tally.completed:,} of {tally.arrivals:,} invocations served"
    if tally.peak is not None:
        said += f" on at most {tally.peak} connections of PostgreSQL"
    return said
