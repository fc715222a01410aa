"""Two databases: one with both tenants' data, one with the first tenant's alone.

Whatever the first tenant asks must be answered alike in both. That finds what looking for the
other's texts in an answer does not: orders, pages and counts that the other's records change.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from forebay.client.extensions.engines import Performer
from forebay.engine.failures import RequestError
from forebay.postgres.url import PostgresUrl
from tests.client.extensions.world import World, make_world

# A key that another tenant's record has cannot be had twice: that much the database itself tells.
_TELLING = ("P2002", "P2014")

_ONLY_A = """
DELETE FROM "Comment" WHERE tenant_id = 'b'; DELETE FROM "Profile" WHERE tenant_id = 'b';
DELETE FROM "Post" WHERE tenant_id = 'b'; DELETE FROM "Tag" WHERE tenant_id = 'b';
DELETE FROM "User" WHERE tenant_id = 'b';
"""
_SEQUENCES = """
SELECT setval(pg_get_serial_sequence('"' || t || '"', 'id'), 1000)
  FROM unnest(ARRAY['Badge','Category','Topic','User','Profile','Post','Comment','Tag']) AS t
"""


@dataclass
class Beside:
    """What was tried, and what came of it."""

    both: World
    alone: World
    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)

    def try_(self, engine: Performer, request: Any) -> None:
        """Carry a request out in both, undo it, and note what tells of the other tenant."""
        self.tried += 1
        before = self.both.rows_of("b")
        answer, code = _answer(self.both, engine, request)
        self.outcomes[code or "answered"] += 1
        self.outcomes[f"{request['action']} {code or 'answered'}"] += 1
        after = {} if _is_failed(self.both) else self.both.rows_of("b")
        crossings = 0 if _is_failed(self.both) else self.both.crossings()
        mine = {} if _is_failed(self.both) else self.both.rows_of("a")
        other_answer, other_code = _answer(self.alone, engine, request)
        theirs = {} if _is_failed(self.alone) else self.alone.rows_of("a")
        for world in (self.both, self.alone):
            world.connection.execute("ROLLBACK")
            world.connection.execute(_SEQUENCES.encode())
        text = json.dumps(answer, default=str)
        if after and after != before:
            self._note("changed the other tenant's records", request, after)
        if crossings:
            self._note("tied records of two tenants", request, crossings)
        if "secret" in text and code is None and "secret" not in json.dumps(request):
            self._note("answered with the other tenant's values", request, text)
        if code in _TELLING:
            return
        same = _settled(request, answer) == _settled(request, other_answer) and code == other_code
        if not same or (mine and theirs and mine != theirs):
            self._note("depends on the other tenant", request, [answer, code, other_answer])

    def _note(self, what: str, request: Any, detail: Any) -> None:
        self.troubles.append(f"{what}: {json.dumps(request)} -> {str(detail)[:1500]}")


def _settled(request: Any, answer: Any) -> Any:
    """Records in an order of their own, where the operation takes none: a plan's is no news."""
    if request["action"].endswith("AndReturn") and isinstance(answer, list):
        return sorted(answer, key=lambda one: json.dumps(one, default=str, sort_keys=True))
    return answer


def _answer(world: World, engine: Performer, request: Any) -> tuple[Any, str | None]:
    world.connection.execute("BEGIN")
    try:
        return world.perform(engine, request, in_transaction=True), None
    except RequestError as error:
        return error.message, error.request_code


def _is_failed(world: World) -> bool:
    return world.connection.info.transaction_status.name == "INERROR"


@contextmanager
def make_beside(url: PostgresUrl, name: str) -> Iterator[Beside]:
    """Make both databases."""
    with make_world(url, f"{name}_both") as both, make_world(url, f"{name}_alone") as alone:
        alone.connection.execute(_ONLY_A.encode())
        yield Beside(both, alone)
