"""An answer does not depend on what was asked before: a kept plan answers as a new one does."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from bench.prove.engine_arena import Scene, make_engine, scene
from forebay.engine import Engine
from forebay.postgres.embedded import EmbeddedServer
from tests.reference.engine.build import Json, tagged
from tests.reference.engine.compare import settled
from tests.reference.engine.corpus import CORPORA

REQUESTS = {"reads": 400, "filters": 400, "summaries": 400, "writes": 60, "shop": 60, "types": 100}
# What stands in the place of a value: right and wrong ones of every kind.
VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 1.5, -2.5, 2**31, 2**63, 10**30, float("inf"), float("nan")),
    *("", "x", "5", "asc", "insensitive", "2024-01-01", "2024-01-01T00:00:00Z", "ADMIN"),
    *(True, False, None, [], [1], ["x"], [None], [[1]], [{"a": 1}], {}, {"a": 1}),
    *(tagged("BigInt", text) for text in ("5", "x")),
    *(tagged("Decimal", text) for text in ("5", "-1", 5)),
    *(tagged("Enum", text) for text in ("USER", "DbNull")),
    *(tagged("Json", text) for text in ("1", "[1]", "{")),
    *(tagged("Bytes", text) for text in ("aGk=", "%")),
    *(tagged("DateTime", text) for text in ("2024-01-01T00:00:00Z", "x")),
    *(tagged("FieldRef", value) for value in ({"_ref": "score", "_container": "User"}, {})),
    *(tagged("Other", 1), {"$type": 5}),
)


def _places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the places of all values, and of all objects and lists of them."""
    if path:
        yield path
    if isinstance(part, dict | list):
        for step, inner in part.items() if isinstance(part, dict) else enumerate(part):
            yield from _places(inner, (*path, step))


def _changed(body: Json, chance: random.Random) -> Json:
    made = copy.deepcopy(body)
    found: Any = made["query"]["arguments"]
    places = list(_places(found))
    if places:
        *above, last = chance.choice(places)
        for step in above:
            found = found[step]
        found[last] = chance.choice(VALUES)
    return made


def _seen(here: Scene, engine: Engine, body: Json) -> tuple[str, list[str]]:
    """Return an answer, and the statements of one that is no error."""
    here.engine = engine
    trace = here.trace(body)
    if not body["action"].startswith(("find", "aggregate", "groupBy")):
        here.database.restore()
    sent = [one.sql for trip in trace.trips for one in trip]
    answer = json.dumps(settled(trace.answer), sort_keys=True)
    return answer, [] if "errors" in trace.answer else sent


@pytest.mark.parametrize("name", list(REQUESTS))
def test_a_kept_plan_answers_as_a_new_one(name: str, embedded: EmbeddedServer) -> None:
    corpus = CORPORA[name]
    chance = random.Random(name)
    bodies = [one.bodies[0] for one in corpus.cases if "modelName" in one.bodies[0]]
    bodies = [body for body in bodies if body["query"].get("arguments")]
    with scene(embedded.url, corpus.schema, f"memory_{name}") as here:
        old, new = here.engine, make_engine(corpus.schema)
        for body in bodies:
            here.trace(body)
        here.database.restore()
        for _ in range(REQUESTS[name]):
            body = _changed(chance.choice(bodies), chance)
            new.forget()
            assert _seen(here, old, body) == _seen(here, new, body), json.dumps(body)
