"""What a client's queries meet on a database that is not the one they were made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from forebay.migrate.roll_out.codes import REMEDIES

Level: TypeAlias = Literal["fails", "may fail", "behaves otherwise"]

# How a query touches a part: it is selected, a value of it comes back, it is compared with a value,
# is given one in one row or in many, is left out of a new row, is null, leads to related records,
# is what an upsert conflicts on.
Facet: TypeAlias = Literal[
    "read", "value", "filter", "write", "bulk", "omit", "null", "relation", "conflict", "all"
]

FINDS = ("findUnique", "findUniqueOrThrow", "findFirst", "findFirstOrThrow", "findMany")
SUMMARIES = ("count", "aggregate", "groupBy")
# Those that name one record by a key.
BY_KEY = ("findUnique", "findUniqueOrThrow", "update", "upsert", "delete")
CREATES = ("create", "createMany", "createManyAndReturn", "upsert")
BULK = ("createMany", "createManyAndReturn")
UPDATES = ("update", "updateMany", "updateManyAndReturn", "upsert")
DELETES = ("delete", "deleteMany")
RETURNING = ("create", "createManyAndReturn", "update", "updateManyAndReturn", "upsert", "delete")
EVERY = (
    *FINDS, *SUMMARIES, "create", "createMany", "createManyAndReturn", "update", "updateMany",
    "updateManyAndReturn", "upsert", "delete", "deleteMany",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Break:
    """A part of a model whose queries fail, and which of them.

    ``operations`` are those that fail as they are usually called, ``when_used`` those that fail
    where they name the part or give it a value. ``through`` are relations (`User.posts`) that lead
    here: what includes or writes through them fails likewise. ``condition`` says what must be so.
    """

    code: str
    level: Level
    model: str
    part: str | None
    why: str
    error: str
    facets: frozenset[Facet]
    operations: tuple[str, ...] = ()
    when_used: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    condition: str | None = None

    @property
    def name(self) -> str:
        """The model, with the part where there is one."""
        return f"{self.model}.{self.part}" if self.part else self.model

    @property
    def key(self) -> tuple[object, ...]:
        """What two of them share that say the same."""
        return self.code, self.level, self.model, self.part, self.why

    @property
    def text(self) -> str:
        """One sentence for a reader."""
        when = f", {self.condition}" if self.condition else ""
        return (
            f"{self.name}: {self.why}{when} ({self.error})"
            if self.error
            else (f"{self.name}: {self.why}{when}")
        )

    def json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "code": self.code,
            "level": self.level,
            "model": self.model,
            "part": self.part,
            "why": self.why,
            "error": self.error,
            "remedy": REMEDIES[self.code],
            "condition": self.condition,
            "operations": list(self.operations),
            "when_used": list(self.when_used),
            "through": list(self.through),
        }
