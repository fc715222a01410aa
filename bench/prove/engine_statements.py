"""Statements and round trips for a request, beside the plan that Prisma 7 makes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bench.prove.engine_arena import Scene, scene, server
from bench.prove.registry import Context, Finding, proof
from tests.reference.engine.build import Json
from tests.reference.engine.corpus import CORPORA
from tests.reference.engine.database import schema_text
from tests.reference.engine.prisma import Prisma

_READS = ("find", "aggregate", "groupBy")
_CUTS = ("take", "skip", "cursor", "distinct")


@dataclass
class Count:
    """One request: what the plan would send, and what we sent."""

    name: str
    body: Json
    theirs: int
    ours: int
    trips: int


def statements_of(plan: Any) -> int:
    """Count the statements of a plan; of two branches the longer one."""
    if isinstance(plan, list):
        return sum(statements_of(part) for part in plan)
    if not isinstance(plan, dict):
        return 0
    kind, arguments = plan.get("type"), plan.get("args")
    if kind in ("query", "execute"):
        return 1
    if kind == "if" and isinstance(arguments, dict):
        branches = [statements_of(arguments.get(name)) for name in ("then", "else")]
        return statements_of(arguments.get("value")) + max(branches)
    return sum(statements_of(part) for part in plan.values())


def for_seven(schema: str) -> str:
    """Return a schema as Prisma 7 takes it: without the URL."""
    lines = schema_text(schema).splitlines(keepends=True)
    return "".join(line for line in lines if not line.strip().startswith("url "))


def is_read(body: Json) -> bool:
    """Say whether a request only reads."""
    return "batch" not in body and str(body.get("action")).startswith(_READS)


def cuts_inside(body: Json) -> bool:
    """Say whether a list inside is cut, or found by where the whole is cut."""
    query = body["query"]
    inside = json.dumps(query.get("selection"))
    outside = query.get("arguments") or {}
    words = [f'"{name}"' for name in _CUTS]
    has_relations = '"arguments"' in inside
    return any(word in inside for word in words) or (
        has_relations and any(name in outside for name in ("distinct", "cursor"))
    )


def count(name: str, body: Json, prisma: Prisma, schema: str, here: Scene) -> Count | None:
    """Compare one request that both accept."""
    compiled = prisma.compile(schema, body)
    if "plan" not in compiled:
        return None
    trace = here.trace(body)
    if "errors" in trace.answer:
        return None
    return Count(name, body, statements_of(compiled["plan"]), trace.statements, len(trace.trips))


def count_all(context: Context) -> list[Count]:
    """Compare every request of the corpora that stands alone."""
    found: list[Count] = []
    with server() as url, Prisma() as prisma:
        for name, corpus in CORPORA.items():
            context.say(name)
            schema = for_seven(corpus.schema)
            with scene(url, corpus.schema, f"statements_{name}") as here:
                for case in corpus.cases:
                    if len(case.bodies) > 1 or "modelName" not in case.bodies[0]:
                        continue
                    one = count(f"{name}: {case.name}", case.bodies[0], prisma, schema, here)
                    if one is not None:
                        found.append(one)
                    if not is_read(case.bodies[0]):
                        here.database.restore()
    return found


@proof("engine-statements", "no request takes more statements than Prisma 7's plan", minutes=2)
def engine_statements(context: Context) -> list[Finding]:
    """Count both, and the round trips of reads."""
    counts = count_all(context)
    more = [one for one in counts if one.ours > one.theirs]
    reads = [one for one in counts if is_read(one.body)]
    whole = [one for one in reads if not cuts_inside(one.body)]
    slow = [one for one in whole if one.trips > 1]
    ours, theirs = sum(one.ours for one in counts), sum(one.theirs for one in counts)
    named: dict[str, object] = {one.name: f"{one.ours} > {one.theirs}" for one in more}
    return [
        Finding(
            f"requests with more statements, of {len(counts)}", "0", str(len(more)), not more, named
        ),
        Finding("statements of all", f"<= {theirs}", str(ours), ours <= theirs),
        Finding(
            f"reads of more than one round trip, of {len(whole)} with no limit inside a relation",
            "0",
            str(len(slow)),
            not slow,
            {one.name: one.trips for one in slow},
        ),
        Finding(
            "round trips of all reads",
            f"<= {sum(one.theirs for one in reads)} statements, one by one",
            str(sum(one.trips for one in reads)),
            True,
        ),
    ]
