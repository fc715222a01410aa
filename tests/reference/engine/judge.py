"""Compares our engine with the recorded answers: ``python -m tests.reference.engine.judge``."""

from __future__ import annotations

import argparse
import json
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.reference.engine.build import Case, Json
from tests.reference.engine.compare import difference, first_place, settled
from tests.reference.engine.corpus import ALL, CORPORA
from tests.reference.engine.database import Database, changes
from tests.reference.engine.excuses import excuse
from tests.reference.engine.ours import Ours
from tests.reference.engine.record import ANSWERS, bare


@dataclass(frozen=True)
class Disagreement:
    """A case whose answer or whose rows differ, how, and where they part first."""

    corpus: str
    case: Case
    kind: str
    place: str
    excuse: str | None = None


def judge_case(
    corpus: str, case: Case, truth: Json, ours: Ours, database: Database
) -> list[Disagreement]:
    """Run one case and list how it differs."""
    found: list[Disagreement] = []

    def differ(kind: str, place: str) -> None:
        found.append(
            Disagreement(corpus, case, kind, place, excuse(corpus, case.name, kind, place))
        )

    for body, expected in zip(case.bodies, truth["answers"], strict=True):
        try:
            answer = settled(bare(ours.step(body)))
        except Exception as error:  # whatever escapes the engine is a finding, not an end
            last = traceback.extract_tb(error.__traceback__)[-1]
            answer = {"crash": f"{type(error).__name__}: {error} ({last.name}:{last.lineno})"}
        expected = settled(expected)
        kind = difference(answer, expected)
        if kind is not None:
            differ("crash" if "crash" in answer else kind, first_place(answer, expected))
    rows = database.rows()
    changed = json.loads(json.dumps(settled(changes(database.first, rows))))
    expected = settled(truth.get("changes", {}))
    if changed != expected:
        differ("rows", first_place(changed, expected))
    if rows != database.first or "changes" in truth:
        database.restore()
    return found


def judge(name: str, server: PostgresUrl) -> Iterator[list[Disagreement]]:
    """Run one corpus; yield what each case differs in, nothing for one that agrees."""
    corpus = ALL[name]
    truths = json.loads((ANSWERS / f"{name}.json").read_text())
    database = Database(server, corpus.schema, f"ours_{name}")
    ours = Ours(corpus.schema, database.url)
    try:
        for case in corpus.cases:
            yield judge_case(name, case, truths[case.name], ours, database)
    finally:
        ours.close()
        database.close()


def main() -> None:
    """Print the disagreements of the corpora that are named, or of all, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(CORPORA))
    names = parser.parse_args().names or list(CORPORA)
    kinds: Counter[str] = Counter()
    lines: list[str] = []
    with start_ephemeral() as server:
        for name in names:
            cases = list(judge(name, server.url))
            bad = [found for found in cases if any(one.excuse is None for one in found)]
            lines.append(f"## {name}: {len(cases) - len(bad)} of {len(cases)} agree")
            for found in cases:
                for one in found:
                    kinds[one.kind if one.excuse is None else f"excused: {one.excuse}"] += 1
                    if one.excuse is None:
                        lines.append(f"- **{one.case.name}**: {one.kind} at {one.place}")
    print("# Disagreements\n")
    print("\n".join(f"- {count}: {kind}" for kind, count in kinds.most_common()))
    print("\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
