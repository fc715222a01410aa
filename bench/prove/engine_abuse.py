"""Requests that are too deep, wide or large: a clear error or a right answer, in bounded memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.prove.engine_arena import Scene, scene, server
from bench.prove.registry import Context, Finding, proof
from tests.reference.engine.build import ALL, Json, ask, batch

MOST_MB = 400
MOST_SECONDS = 20.0


@dataclass(frozen=True)
class Abuse:
    """A request, and what its answer must be."""

    name: str
    body: Callable[[], Json]
    expected: Callable[[Json], bool]


def refused(*codes: str) -> Callable[[Json], bool]:
    """Expect a refusal with one of these codes and a text."""

    def check(answer: Json) -> bool:
        if "errors" not in answer:
            return False
        facts = answer["errors"][0]["user_facing_error"]
        return facts.get("error_code") in codes and bool(facts["message"])

    return check


def count_of(name: str, number: int) -> Callable[[Json], bool]:
    """Expect so many records."""
    return lambda answer: len(answer.get("data", {}).get(name) or ()) == number


def _includes(depth: int) -> Json:
    inner: Json = dict(ALL)
    for level in range(depth):
        field = "user" if level % 2 else "profile"
        inner = {**ALL, field: {"arguments": {}, "selection": inner}}
    model = "User" if depth % 2 else "Profile"
    return {
        "modelName": model,
        "action": "findMany",
        "query": {"arguments": {}, "selection": inner},
    }


def _circle(depth: int) -> Json:
    """Include lists of lists: every level multiplies the records."""
    inner: Json = dict(ALL)
    for level in range(depth):
        field = "author" if level % 2 else "posts"
        inner = {**ALL, field: {"arguments": {}, "selection": inner}}
    return ask("findMany Post") | {"query": {"arguments": {}, "selection": inner}}


def _nots(depth: int) -> Json:
    where: Json = {"id": 1}
    for _ in range(depth):
        where = {"NOT": where}
    return ask("findMany User", where=where)


def _creates(depth: int) -> Json:
    data: Json = {"title": "deep", "bogus": 1}
    for level in range(depth):
        if level % 2 == 0:
            data = {"email": f"{level}@x.io", "posts": {"create": data}}
        else:
            data = {"title": str(level), "author": {"create": data}}
    return ask("createOne User" if depth % 2 else "createOne Post", data=data)


LARGE = 10 * 1024 * 1024

ABUSES = (
    Abuse("1,000 nested includes", lambda: _includes(1000), refused("P2009")),
    Abuse("40 nested includes", lambda: _includes(40), lambda answer: "data" in answer),
    Abuse("40 nested lists in a circle", lambda: _circle(40), refused("P2009")),
    Abuse("1,000 nested NOT", lambda: _nots(1000), refused("P2009")),
    Abuse("100 nested NOT", lambda: _nots(100), count_of("findManyUser", 1)),
    Abuse("30 nested creates, wrong at the end", lambda: _creates(30), refused("P2009", "P2012")),
    Abuse(
        "100,000 values in `in`",
        lambda: ask("findMany User", where={"id": {"in": list(range(100_000))}}),
        count_of("findManyUser", 6),
    ),
    Abuse(
        "100,000 texts in `notIn`",
        lambda: ask(
            "findMany User", where={"email": {"notIn": [f"{n}@x" for n in range(100_000)]}}
        ),
        count_of("findManyUser", 6),
    ),
    Abuse(
        "10,000 parts of an OR",
        lambda: ask("findMany User", where={"OR": [{"id": n} for n in range(10_000)]}),
        lambda answer: "data" in answer or refused("P2029", "P2009", "P2010")(answer),
    ),
    Abuse(
        "a text of 10 MB",
        lambda: ask("createOne Tag", data={"name": "x" * LARGE}),
        lambda answer: "errors" in answer or "data" in answer,
    ),
    Abuse(
        "a text of 10 MB in a condition",
        lambda: ask("findMany User", where={"name": {"contains": "x" * LARGE}}),
        count_of("findManyUser", 0),
    ),
    Abuse(
        "a name of 10 MB",
        lambda: ask("findMany User", where={"x" * LARGE: 1}),
        refused("P2009"),
    ),
    Abuse(
        "65,536 parameters",
        lambda: ask(
            "createMany Post", data=[{"title": str(n), "authorId": 1} for n in range(32_768)]
        ),
        lambda answer: answer.get("data", {}).get("createManyPost", {}).get("count") == 32_768,
    ),
    Abuse(
        "a batch of 2,000 finds",
        lambda: batch(
            *(ask("findUnique User", where={"id": n}) for n in range(2000)), atomic=False
        ),
        lambda answer: len(answer.get("batchResult", ())) == 2000,
    ),
    Abuse("no object at all", lambda: {"query": []}, lambda answer: "errors" in answer),
    Abuse("an empty request", dict, lambda answer: "errors" in answer),
    Abuse(
        "a selection that is a list",
        lambda: {"modelName": "User", "action": "findMany", "query": {"selection": [1]}},
        lambda answer: "errors" in answer,
    ),
    Abuse(
        "not a number",
        lambda: ask("findMany User", where={"score": float("nan")}),
        lambda answer: "errors" in answer or "data" in answer,
    ),
)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _suffer(here: Scene, abuse: Abuse) -> Finding:
    body = abuse.body()
    before, started = _peak(), time.monotonic()
    trouble = ""
    answer: Any = {}
    try:
        answer = here.trace(body).answer
        is_right = abuse.expected(answer)
    except Exception as error:  # nothing may escape
        is_right, trouble = False, f"{type(error).__name__}: {str(error)[:200]}"
    seconds, growth = time.monotonic() - started, _peak() - before
    here.database.restore()
    if "errors" in answer:
        facts = answer["errors"][0]["user_facing_error"]
        said = f"{facts.get('error_code', 'refused')}: {facts['message'][:60]}"
    else:
        said = trouble or "answered"
    return Finding(
        abuse.name,
        f"right or refused, <= {MOST_MB} MB more, <= {MOST_SECONDS:.0f} s",
        f"{said}; {growth:.0f} MB, {seconds:.1f} s",
        is_right and growth <= MOST_MB and seconds <= MOST_SECONDS,
    )


def _many_shapes(here: Scene) -> Finding:
    """Ask for more shapes than are kept."""
    before = _peak()
    for number in range(3000):
        names = [f"c{bit}" for bit in range(12) if number >> bit & 1]
        where = {"OR": [{"id": 1}] * (len(names) + 1), "AND": [{"id": 1}] * (number % 40)}
        here.trace(ask("findFirst User", where=where, take=1, select={"id": True}))
    for number in range(2000):
        here.trace(
            ask(
                "findFirst User",
                orderBy={"id": "asc"},
                where={"meta": {"path": [str(number)], "equals": 1}},
            )
        )
    growth = _peak() - before
    return Finding(
        "5,000 requests of many shapes", f"<= {MOST_MB} MB", f"{growth:.0f} MB", growth <= MOST_MB
    )


@proof(
    "engine-abuse", "what is too deep, wide or large is refused or answered, in bounds", minutes=2
)
def engine_abuse(context: Context) -> list[Finding]:
    """Send one after another to one engine, which answers an honest request at the end."""
    findings = []
    with server() as url, scene(url, "blog", "abuse") as here:
        for abuse in ABUSES:
            context.say(abuse.name)
            findings.append(_suffer(here, abuse))
        findings.append(_many_shapes(here))
        answer = here.trace(ask("findUnique User", where={"id": 1}, select={"name": True})).answer
        is_well = answer == {"data": {"findUniqueUser": {"name": "Ann"}}}
        findings.append(Finding("an honest request afterwards", "answered", str(is_well), is_well))
    return findings
