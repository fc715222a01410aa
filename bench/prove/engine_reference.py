"""Our engine beside Prisma's own, which answers the same requests on an identical database."""

from __future__ import annotations

from collections import Counter

from bench.prove.engine_arena import server
from bench.prove.registry import Context, Finding, proof
from forebay.postgres.url import PostgresUrl
from tests.reference.engine.build import Case
from tests.reference.engine.campaign import SCHEMAS, Found, run
from tests.reference.engine.corpus import CORPORA
from tests.reference.engine.database import Database, schema_text
from tests.reference.engine.judge import Disagreement, judge_case
from tests.reference.engine.ours import Ours
from tests.reference.engine.prisma import Prisma
from tests.reference.engine.record import record

REQUESTS = 10_000
LEAST_SHARE = 0.999
MOST_EXCUSES = 10


def _corpus(name: str, prisma: Prisma, url: PostgresUrl) -> tuple[list[Case], list[Disagreement]]:
    """Ask both engines every request of one corpus, now."""
    corpus = CORPORA[name]
    theirs = Database(url, corpus.schema, f"prove_prisma_{name}")
    mine = Database(url, corpus.schema, f"prove_ours_{name}")
    engine = prisma.open(schema_text(corpus.schema), theirs.url)
    ours = Ours(corpus.schema, mine.url)
    found: list[Disagreement] = []
    try:
        for case in corpus.cases:
            truth = record(case, engine, theirs)
            found += judge_case(name, case, truth, ours, mine)
    finally:
        ours.close()
        engine.close()
        theirs.close()
        mine.close()
    return corpus.cases, found


@proof("engine-reference", "our requests are answered as Prisma's engine answers them", minutes=3)
def engine_reference(context: Context) -> list[Finding]:
    """Compare answers, error codes and rows, corpus by corpus."""
    findings = []
    excused: Counter[str] = Counter()
    total = 0
    with server() as url, Prisma() as prisma:
        for name in CORPORA:
            context.say(name)
            cases, found = _corpus(name, prisma, url)
            total += len(cases)
            excused.update(one.excuse for one in found if one.excuse is not None)
            bad = {one.case.name for one in found if one.excuse is None}
            measured = f"{len(cases) - len(bad)} of {len(cases)}"
            findings.append(
                Finding(f"{name}: equal", "all", measured, not bad, {"differ": sorted(bad)})
            )
    findings.append(Finding("requests of ours", ">= 400", str(total), total >= 400))
    detail: dict[str, object] = dict(excused)
    findings.append(
        Finding("differences that are meant", "each named", f"{len(excused)} kinds", True, detail)
    )
    return findings


@proof("engine-random", "made-up requests are answered as Prisma's engine answers them", minutes=12)
def engine_random(context: Context) -> list[Finding]:
    """Compare ten thousand of them."""
    with server() as url:
        found: Found = run(url, REQUESTS, seed=1, schemas=SCHEMAS, say=context.say)
    share = 1 - found.unequal / found.requests
    classes: dict[str, object] = {
        **found.kinds,
        **{f"excused: {k}": v for k, v in found.excused.items()},
    }
    return [
        Finding(
            f"equal, of {found.requests} ({found.errors} refused by both)",
            f">= {LEAST_SHARE:.1%}",
            f"{share:.2%}",
            share >= LEAST_SHARE,
            classes,
        ),
        Finding(
            "classes of difference that are meant",
            f"<= {MOST_EXCUSES}",
            str(len(found.excused)),
            len(found.excused) <= MOST_EXCUSES,
            {"requests": sum(found.excused.values()), **found.excused},
        ),
    ]
