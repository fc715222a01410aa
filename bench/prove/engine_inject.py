"""Attempts to get a value of a user's into the text of SQL, through every place that takes one.

A marker that no honest text holds goes wherever a request has a value, a name, an order, a path of
JSON or a raw parameter; whatever the engine then says, the marker is never in a statement's text.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from bench.prove.engine_arena import Scene, scene, server
from bench.prove.registry import Context, Finding, proof
from forebay.engine.statement import Bound
from tests.reference.engine.build import Json
from tests.reference.engine.corpus import CORPORA

MARKER = "zq9"
# What a marker is dressed in; each breaks out of something, if anything lets it.
DRESSES = (
    f'\' OR 1=1; DROP TABLE "User"; -- {MARKER}',
    f'"; SELECT {MARKER}; --',
    f'id" = 1 OR "{MARKER}" = "{MARKER}',
    f"$1); {MARKER} /*",
    f"\\'; {MARKER} --",
    f"$${MARKER}$$",
    f"E'\\x27 {MARKER}",
    f"\0{MARKER}\x000\0",
    f'{{{MARKER},"\\"}}',
    f"%{MARKER}_\\",
)
ATTEMPTS = 1000

Place = tuple[Any, ...]


def places(body: Any, path: Place = ()) -> Iterator[tuple[Place, str]]:
    """List every place of a request that holds a text or a name: its path and which of both."""
    if isinstance(body, dict):
        for name, value in body.items():
            if name not in ("action", "query"):
                yield (*path, name), "name"
            yield from places(value, (*path, name))
    elif isinstance(body, list):
        for number, value in enumerate(body):
            yield from places(value, (*path, number))
    elif isinstance(body, str | int | float) or body is None:
        yield path, "value"


def at(body: Json, path: Place) -> Any:
    """Return what stands at a path."""
    found: Any = body
    for step in path:
        found = found[step]
    return found


def attacked(body: Json, path: Place, kind: str, dress: str) -> Json:
    """Return the request with a dressed marker at one place."""
    made = copy.deepcopy(body)
    *above, last = path
    parent = at(made, tuple(above))
    if kind == "value":
        parent[last] = dress
    else:
        parent[dress] = parent.pop(last)
    return made


def _is_raw_text(body: Json, path: Place) -> bool:
    """Say whether a place is the text of raw SQL, which is SQL because the user wrote it."""
    if path[-1] != "query":
        return False
    request = at(body, path[:2]) if path[0] == "batch" else body
    return str(request.get("action")).endswith("Raw")


def attempts() -> Iterator[tuple[str, str, Json, Place]]:
    """Make attacks on the requests of the corpora, every place in turn, the dresses in turn."""
    number = 0
    for name in ("reads", "filters", "summaries", "writes", "shop", "types"):
        corpus = CORPORA[name]
        for case in corpus.cases:
            for body in case.bodies:
                for path, kind in places(body):
                    if path[-1] in ("batch", "transaction") or _is_raw_text(body, path):
                        continue
                    number += 1
                    dress = DRESSES[number % len(DRESSES)]
                    yield corpus.schema, kind, attacked(body, path, kind, dress), path


def leaks(statements: list[list[Bound]]) -> list[str]:
    """Return the texts that hold the marker."""
    return [one.sql for trip in statements for one in trip if MARKER in one.sql]


def _attack(here: Scene, body: Json) -> tuple[list[str], bool, str | None]:
    """Return what leaked, whether anything was sent, and what escaped the engine."""
    try:
        trace = here.trace(body)
    except Exception as error:  # an engine that breaks is a finding too
        return [], False, f"{type(error).__name__}: {error}"
    return leaks(trace.trips), bool(trace.trips), None


@proof("engine-inject", "no value, name, order or path of a user's becomes SQL", minutes=2)
def engine_inject(context: Context) -> list[Finding]:
    """Attack every place of every request."""
    leaked: dict[str, object] = {}
    broken: dict[str, object] = {}
    total = sent = 0
    kinds: dict[str, int] = {"name": 0, "value": 0}
    with server() as url:
        scenes: dict[str, Any] = {}
        managers = []
        for schema in ("blog", "shop", "types"):
            manager = scene(url, schema, f"inject_{schema}")
            scenes[schema] = manager.__enter__()
            managers.append(manager)
        for schema, kind, body, path in attempts():
            found, was_sent, trouble = _attack(scenes[schema], body)
            total += 1
            sent += was_sent
            kinds[kind] += 1
            where = json.dumps(path)
            if found:
                leaked[where] = found[0][:300]
            if trouble is not None:
                broken[where] = trouble
            if total % 500 == 0:
                context.say(f"{total} attempts")
        tables = {name: _is_whole(one) for name, one in scenes.items()}
        for manager in managers:
            manager.__exit__(None, None, None)
    return [
        Finding(
            f"attempts with the marker in SQL, of {total} ({kinds['value']} values, "
            f"{kinds['name']} names; {sent} reached PostgreSQL as parameters)",
            "0",
            str(len(leaked)),
            not leaked and total >= ATTEMPTS,
            leaked,
        ),
        Finding("attempts that broke the engine", "0", str(len(broken)), not broken, broken),
        Finding("tables are all there", "yes", str(tables), all(tables.values())),
    ]


def _is_whole(here: Scene) -> bool:
    return here.database.first.keys() == here.database.rows().keys()
