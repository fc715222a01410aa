"""Decides whose cancel ended a query: the rule, apart from the traffic it judges.

A session's query may end with 57014 when a cancel of that same session was under way at the same
time: the cancel's socket was open at some moment between the query's first byte sent and its last
byte received. PostgreSQL closes that socket only after it has delivered the signal, and a client
that waits for the close is promised that nothing later is hit. Hence three kinds of hits:

own      the query overlaps a cancel of its session: what was asked for
late     the query began after a cancel of its session had been closed, within a second: the socket
         was closed too early, and the promise broken
foreign  neither: a cancel of another session hit this query

Both last kinds are misses. Times are taken generously: a query begins before its write, a cancel
before its connect, both end after the last read, so an honest pooler can never look guilty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

LATE_SECONDS = 1.0


class Kind(Enum):
    """Whose cancel ended a query."""

    OWN = "own"
    LATE = "late"
    FOREIGN = "foreign"


@dataclass
class Span:
    """From when to when something was under way; ``end`` is infinite until it is known."""

    start: float
    end: float = float("inf")

    def overlaps(self, other: Span) -> bool:
        """Say whether both were under way at one moment."""
        return self.start <= other.end and other.start <= self.end


@dataclass
class History:
    """What one session did: its cancels, and the queries that ended with 57014.

    One per session and not per client: a key dies with its session, and must not hit the next one.
    """

    cancels: list[Span] = field(default_factory=list)
    hits: list[Span] = field(default_factory=list)


def classify(query: Span, cancels: Sequence[Span]) -> Kind:
    """Decide for one query that ended with 57014."""
    if any(query.overlaps(cancel) for cancel in cancels):
        return Kind.OWN
    if any(0 < query.start - cancel.end <= LATE_SECONDS for cancel in cancels):
        return Kind.LATE
    return Kind.FOREIGN


def count_kinds(histories: Sequence[History]) -> dict[Kind, int]:
    """Classify every hit of every session."""
    counts = dict.fromkeys(Kind, 0)
    for history in histories:
        for query in history.hits:
            counts[classify(query, history.cancels)] += 1
    return counts
