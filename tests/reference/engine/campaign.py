"""Puts made-up requests to both engines: ``python -m tests.reference.engine.campaign``."""

from __future__ import annotations

import argparse
import json
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.reference.engine.build import Json
from tests.reference.engine.compare import difference, first_place, settled
from tests.reference.engine.database import Database, changes, schema_text
from tests.reference.engine.excuses import excuse_random
from tests.reference.engine.generate import Maker
from tests.reference.engine.ours import Ours
from tests.reference.engine.prisma import Prisma
from tests.reference.engine.record import bare

SCHEMAS = ("blog", "shop", "keys", "loose")


@dataclass
class Found:
    """What a campaign found. An answer counts as an error when both engines refuse alike."""

    requests: int = 0
    errors: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[int, str, str, Json]] = field(default_factory=list)

    @property
    def unequal(self) -> int:
        """How many requests were answered differently, and are not excused."""
        return sum(self.kinds.values())


class Arena:
    """Both engines on a database each, with the same rows."""

    def __init__(self, schema: str, prisma: Prisma, server: PostgresUrl) -> None:
        self.schema = schema
        self._theirs_database = Database(server, schema, f"random_prisma_{schema}")
        self._ours_database = Database(server, schema, f"random_ours_{schema}")
        self._theirs = prisma.open(schema_text(schema), self._theirs_database.url)
        self._ours = Ours(schema, self._ours_database.url)
        self.maker = Maker(schema, self._ours_database.first)

    def fight(self, body: Json) -> tuple[str, str, bool] | bool:
        """Return how the answers differ and where, or whether both are an error."""
        theirs = settled(bare(self._theirs.ask(body).answer))
        try:
            ours = settled(bare(self._ours.ask(body)))
        except Exception as error:  # whatever escapes the engine is a finding
            last = traceback.extract_tb(error.__traceback__)[-1]
            ours = {"crash": f"{type(error).__name__}: {error} ({last.name}:{last.lineno})"}
        kind = difference(ours, theirs)
        place = first_place(ours, theirs) if kind else ""
        if _writes(body):
            kind, place = self._compare_rows(kind, place)
        if kind is not None:
            return ("crash" if "crash" in ours else kind), place, "errors" in theirs
        return "errors" in theirs

    def _compare_rows(self, kind: str | None, place: str) -> tuple[str | None, str]:
        theirs, ours = self._theirs_database.rows(), self._ours_database.rows()
        first = self._ours_database.first
        if kind is None and sorted_rows(theirs) != sorted_rows(ours):
            mine, other = settled(changes(first, ours)), settled(changes(first, theirs))
            kind, place = "rows", first_place(mine, other)
        if theirs != first:
            self._theirs_database.restore()
        if ours != first:
            self._ours_database.restore()
        return kind, place


def sorted_rows(rows: dict[str, list[Json]]) -> dict[str, list[str]]:
    """Return rows without what was made up, in an order that does not depend on it."""
    return {
        table: sorted(json.dumps(settled(row), sort_keys=True) for row in some)
        for table, some in rows.items()
    }


def _writes(body: Json) -> bool:
    return not body["action"].startswith(("find", "aggregate", "groupBy"))


def run(
    server: PostgresUrl,
    count: int,
    seed: int = 0,
    schemas: tuple[str, ...] = SCHEMAS,
    say: Callable[[str], None] = lambda _: None,
) -> Found:
    """Put ``count`` requests to both engines and compare."""
    found = Found()
    with Prisma() as prisma:
        arenas = [Arena(schema, prisma, server) for schema in schemas]
        for number in range(seed, seed + count):
            arena = arenas[number % len(arenas)]
            body = arena.maker.request(number)
            outcome = arena.fight(body)
            found.requests += 1
            if isinstance(outcome, bool):
                found.errors += outcome
            else:
                kind, place, _ = outcome
                reason = excuse_random(kind, place, body)
                if reason is None:
                    found.kinds[kind] += 1
                    found.examples.append((number, kind, place, body))
                else:
                    found.excused[reason] += 1
            if number % 100 == 0:
                say(f"{found.requests} of {count}, {found.unequal} differ")
    return found


def main() -> None:
    """Print what a campaign found, with the requests that were answered differently."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schema", action="append", default=[])
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    schemas = tuple(given.schema) or SCHEMAS
    with start_ephemeral() as server:
        found = run(server.url, given.count, given.seed, schemas)
    lines = [f"{found.requests} requests, {found.errors} refused by both, {found.unequal} differ"]
    lines += [f"- {count}: {kind}" for kind, count in found.kinds.most_common()]
    lines += [f"- {count} excused: {reason}" for reason, count in found.excused.most_common()]
    for number, kind, place, body in found.examples:
        lines.append(f"\n{number}: {kind} at {place}\n    {json.dumps(body)}")
    text = "\n".join(lines) + "\n"
    if given.output:
        given.output.write_text(text)
    print(text if not given.output else lines[0])


if __name__ == "__main__":
    main()
