"""The list of proofs: what each claims, in one place.

A proof is a function from a context to findings. It says what it measured even when it misses; only
what could not be measured at all is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.pooler.contestants import PROJECT, Contestant, make_contestant

Say = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """One line of the table: a claim, its bar, what was measured, and whether it held.

    ``is_conclusive`` is false when something outside decided: that is no pass, and is not kept.
    """

    claim: str
    bar: str
    measured: str
    is_pass: bool
    detail: dict[str, object] = field(default_factory=dict)
    is_conclusive: bool = True


@dataclass(frozen=True)
class Context:
    """What every proof is given: whom to prove it of, and how thoroughly."""

    pooler: str
    seconds: int
    rounds: int
    packets: int
    say: Say
    project: Path = PROJECT

    def contestant(self, workers: int = 1) -> Contestant:
        """Return the pooler the claims are about; another than Forebay only to try a proof out."""
        if workers > 1 and self.pooler == "forebay":
            return make_contestant(f"forebay-{workers}")
        return make_contestant(self.pooler)


@dataclass(frozen=True)
class Proof:
    """An entry of the registry."""

    id: str
    claim: str
    run: Callable[[Context], list[Finding]]
    minutes: float
    is_optional: bool = False


REGISTRY: dict[str, Proof] = {}

Prover = Callable[[Context], list[Finding]]


def proof(
    id_: str, claim: str, *, minutes: float, optional: bool = False
) -> Callable[[Prover], Prover]:
    """Register a function as the proof of ``claim``, which takes about so many minutes."""

    def register(function: Prover) -> Prover:
        if id_ in REGISTRY:
            raise ValueError(f"two proofs are called {id_}")
        REGISTRY[id_] = Proof(id_, claim, function, minutes, optional)
        return function

    return register
