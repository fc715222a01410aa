"""What a session's settings are, by PostgreSQL's rules: SET, SET LOCAL, transactions, savepoints.

The proof's clients keep one of these each, and compare with it whatever they are answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

TENANT = "app.tenant"
PATH = "search_path"
ZONE = "TimeZone"
ROLE = "role"
TIMEOUT = "statement_timeout"
ENCODING = "client_encoding"
ISOLATION = "default_transaction_isolation"
NAMES = (TENANT, PATH, ZONE, ROLE, TIMEOUT, ENCODING, ISOLATION)
# RESET ALL leaves the role alone.
NOT_RESET_BY_ALL = frozenset({ROLE})


@dataclass
class Level:
    """What a transaction, or a savepoint of one, has set: until it ends, and beyond that."""

    session: dict[str, str] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)

    def set(self, name: str, value: str, *, is_local: bool) -> None:
        """Set a value; SET takes the place of an earlier SET LOCAL, and not the other way round."""
        if is_local:
            self.local[name] = value
        else:
            self.session[name] = value
            self.local.pop(name, None)

    def take(self, inner: Level) -> None:
        """Take over what a savepoint that has been released had set."""
        for name, value in inner.session.items():
            self.set(name, value, is_local=False)
        for name, value in inner.local.items():
            self.set(name, value, is_local=True)


@dataclass
class Model:
    """One session: what it started with, what it has committed, and what is under way."""

    start: Mapping[str, str]
    committed: dict[str, str] = field(default_factory=dict)
    levels: list[Level] = field(default_factory=list)
    is_aborted: bool = False

    def __post_init__(self) -> None:
        self.committed = dict(self.start)

    @property
    def depth(self) -> int:
        """How many transactions and savepoints are open."""
        return len(self.levels)

    def current(self, name: str) -> str:
        """Return what a query sees now."""
        for level in reversed(self.levels):
            for values in (level.local, level.session):
                if name in values:
                    return values[name]
        return self.committed[name]

    def set(self, name: str, value: str, *, is_local: bool = False) -> None:
        """Set a value; a SET LOCAL outside a transaction changes nothing."""
        if self.levels:
            self.levels[-1].set(name, value, is_local=is_local)
        elif not is_local:
            self.committed[name] = value

    def reset(self, name: str) -> None:
        """Set what the session started with."""
        self.set(name, self.start[name])

    def reset_all(self) -> None:
        """Set what the session started with, wherever RESET ALL does."""
        for name in NAMES:
            if name not in NOT_RESET_BY_ALL:
                self.reset(name)

    def discard_all(self) -> None:
        """Be as at the start; DISCARD ALL is refused in a transaction."""
        self.committed = dict(self.start)

    def begin(self) -> None:
        """Begin a transaction or, within one, a savepoint."""
        self.levels.append(Level())

    def fail(self) -> None:
        """Meet an error: a transaction is aborted; a statement of its own leaves nothing."""
        self.is_aborted = bool(self.levels)

    def release(self) -> None:
        """Release the innermost savepoint."""
        inner = self.levels.pop()
        self.levels[-1].take(inner)

    def rollback_to(self, depth: int) -> None:
        """Roll back to the savepoint at this depth, which stays."""
        del self.levels[depth:]
        self.levels.append(Level())
        self.is_aborted = False

    def commit(self) -> None:
        """End the transaction; one that is aborted is rolled back."""
        if self.is_aborted:
            self.rollback()
            return
        while self.depth > 1:
            self.release()
        self.committed.update(self.levels.pop().session)

    def rollback(self) -> None:
        """Undo the transaction."""
        self.levels.clear()
        self.is_aborted = False
