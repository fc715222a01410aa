"""Engines around the engine: what an extension or an observer puts between a client and it.

Each has the engine's own `perform`, a generator of statements that is sent their results, so that
one form serves asyncio and sync, and one may stand around another.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol, TypeAlias

from forebay.engine.batch import begin
from forebay.engine.catalog import Catalog
from forebay.engine.run import COMMIT, ROLLBACK, Work

Json: TypeAlias = Any


class Performer(Protocol):
    """What carries requests out: the engine, or another around it."""

    @property
    def catalog(self) -> Catalog:
        """What is known of the schema."""

    def perform(self, request: Json, *, in_transaction: bool = False) -> Work:
        """Return the work that carries a request out and returns its data."""


class Around(ABC):
    """An engine around another.

    It has what is written here and nothing more: what the engine learns to do one day is refused
    until somebody has said what it means for every engine around it.
    """

    def __init__(self, inner: Performer) -> None:
        self.inner = inner

    @property
    def catalog(self) -> Catalog:
        """What is known of the schema."""
        return self.inner.catalog

    @abstractmethod
    def perform(self, request: Json, *, in_transaction: bool = False) -> Work:
        """Return the work that carries a request out and returns its data."""


class Rewriting(Around):
    """Rewrites every request before it is carried out, and may ask something first."""

    @abstractmethod
    def rewritten(self, request: Json) -> tuple[Json, list[Check]]:
        """Return the request that takes another's place, and what must be found before it runs."""

    def perform(self, request: Json, *, in_transaction: bool = False) -> Work:
        """Rewrite and carry out."""
        if "batch" in request:
            return (yield from self._batch(request, in_transaction))
        made, checks = self.rewritten(request)
        for check in checks:
            yield from check.run(self.inner, in_transaction)
        return (yield from self.inner.perform(made, in_transaction=in_transaction))

    def _batch(self, request: Json, in_transaction: bool) -> Work:
        made = [self.rewritten(one) for one in request["batch"]]
        if not any(checks for _, checks in made):
            whole = request | {"batch": [one for one, _ in made]}
            return (yield from self.inner.perform(whole, in_transaction=in_transaction))
        # A check may be about a record that the batch makes before: each comes in its place.
        if not in_transaction:
            yield [begin((request.get("transaction") or {}).get("isolationLevel"))]
        found = []
        try:
            for one, checks in made:
                for check in checks:
                    yield from check.run(self.inner, True)
                found.append((yield from self.inner.perform(one, in_transaction=True)))
        except Exception:
            if not in_transaction:
                yield [ROLLBACK]
            raise
        if not in_transaction:
            yield [COMMIT]
        return found


class Check(Protocol):
    """Something to be found before a request runs."""

    def run(self, engine: Performer, in_transaction: bool) -> Work:
        """Look for it; raise where it is not there."""
