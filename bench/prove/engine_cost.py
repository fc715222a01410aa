"""What the engine costs in CPU: to compile and to bind a request, beside the driver's own work.

Times are of the process's CPU clock, the least of several rounds: noise only ever adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.prove.engine_arena import Scene, make_engine, scene, server
from bench.prove.registry import Context, Finding, proof
from forebay.engine.engine import Engine
from forebay.engine.statement import Result
from tests.reference.engine.build import Json, ask, summary
from tests.support.engine import run

ROUNDS = 7
WARM = 2000
COLD = 20
MOST_SHARE = 0.20

TYPICAL: dict[str, Json] = {
    "find by key": ask("findUnique User", where={"id": 1}),
    "find by key, two fields": ask(
        "findUnique User", where={"id": 1}, select={"id": True, "name": True}
    ),
    "find a post by key": ask("findUnique Post", where={"id": 1}),
    "find many": ask("findMany User", where={"role": "USER"}, orderBy={"id": "asc"}, take=10),
    "find many, filters": ask(
        "findMany Post",
        where={
            "OR": [{"title": {"contains": "e"}}, {"views": {"gt": 3}}],
            "author": {"role": "USER"},
        },
        orderBy=[{"views": "desc"}, {"id": "asc"}],
    ),
    "to-one": ask("findMany Post", include={"author": {}}, orderBy={"id": "asc"}),
    "tree": ask("findMany User", include={"posts": {"include": {"tags": {}}}, "profile": {}}),
    "create": ask("createOne Tag", data={"name": "cost"}),
    "update": ask("updateOne Post", where={"id": 1}, data={"views": {"increment": 1}}),
    "nested create": ask(
        "createOne User",
        data={"email": "cost@x.io", "posts": {"create": [{"title": "a"}, {"title": "b"}]}},
    ),
    "group": summary("groupBy Post", by=["authorId"], orderBy={"authorId": "asc"}, _sum=["views"]),
}


def cpu(function: Callable[[], object], times: int, rounds: int = ROUNDS) -> float:
    """Return the microseconds of CPU that one call takes."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time_ns()
        for _ in range(times):
            function()
        best = min(best, time.process_time_ns() - started)
    return best / times / 1000


def compiling(body: Json) -> float:
    """Return what the first request of a shape costs, on an engine that has met others."""
    engine = make_engine("blog")
    engine.plan(ask("findFirst Tag"))
    engine.plan(body)

    def compile_again() -> None:
        engine.forget()
        engine.plan(body)

    return cpu(compile_again, COLD)


def binding(engine: Engine, body: Json) -> float:
    """Return what the next request of a shape costs until its statements can be sent."""
    engine.plan(body)

    def begin() -> None:
        work = engine.work(body)
        next(work)
        work.close()

    return cpu(begin, WARM)


def _whole(engine: Engine, body: Json, here: Scene) -> tuple[float, float]:
    """Return the engine's and the driver's CPU for a warm find by key, rows and all."""
    work = engine.work(body)
    (statement,) = next(work)
    work.close()
    query = statement.sql.replace("$1", "%s").encode()
    key = body["query"]["arguments"]["where"]["id"]

    def drive() -> list[tuple[object, ...]]:
        return here.connection.execute(query, (key,)).fetchall()

    rows = drive()
    result = [Result(rows, len(rows))]

    def think() -> None:
        one = engine.work(body)
        next(one)
        try:
            one.send(result)
        except StopIteration:
            return

    return cpu(think, WARM), cpu(drive, WARM)


def _share(here: Scene, name: str, bar: str) -> Finding:
    ours, drivers = _whole(here.engine, TYPICAL[name], here)
    share = ours / drivers
    return Finding(
        f"{name}, warm, with its record: engine beside psycopg",
        bar,
        f"{ours:.1f} of {drivers:.1f} µs, {share:.0%}",
        bar == "reported" or share <= MOST_SHARE,
    )


@proof("engine-cost", "a warm find by key costs a fifth of the driver's CPU, or less", minutes=1)
def engine_cost(context: Context) -> list[Finding]:
    """Time ten typical requests, and a find by key beside psycopg."""
    findings = []
    with server() as url, scene(url, "blog", "cost") as here:
        for name, body in TYPICAL.items():
            context.say(name)
            run(here.connection, here.engine, body)
            compiled, bound = compiling(body), binding(here.engine, body)
            measured = f"compile {compiled:.0f} µs, bind {bound:.1f} µs"
            findings.append(Finding(name, "reported", measured, True))
            here.database.restore()
        for name in ("find by key, two fields", "find a post by key"):
            findings.append(_share(here, name, f"<= {MOST_SHARE:.0%}"))
        # Twelve columns, among them JSON, bytes, moments and a list: showing them is what costs.
        findings.append(_share(here, "find by key", "reported"))
    return findings
