"""Records what Prisma's engine answers to the corpus: ``python -m tests.reference.engine.record``.

An answer is kept as it came, apart from what was made up, with the rows that a write changed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.reference.engine.build import Case, Json
from tests.reference.engine.compare import settled
from tests.reference.engine.corpus import ALL, CORPORA, RARE
from tests.reference.engine.database import Database, changes, schema_text
from tests.reference.engine.prisma import Engine, Prisma
from tests.reference.engine.whole import start_whole

ANSWERS = Path(__file__).parent / "answers"


def bare(answer: Json) -> Json:
    """Drop from an answer's errors what only Rust's debug output says."""
    if "errors" in answer:
        kept = []
        for error in answer["errors"]:
            facts = dict(error.get("user_facing_error") or {"error": error.get("error")})
            facts.pop("backtrace", None)
            # The list of all types of an input is as long as the schema; its name says the same.
            meta = facts.get("meta")
            if isinstance(meta, dict) and "inputType" in meta:
                facts["meta"] = _short_meta(meta)
            kept.append({"user_facing_error": facts})
        return {"errors": kept}
    if "batchResult" in answer:
        return {"batchResult": [bare(part) for part in answer["batchResult"]]}
    return answer


def _short_meta(meta: Json) -> Json:
    short = dict(meta)
    for part in ("inputType", "outputType"):
        if isinstance(short.get(part), dict):
            short[part] = {"name": short[part].get("name")}
    return short


def record(case: Case, engine: Engine, database: Database) -> Json:
    """Run one case and return its record."""
    answers, statements = [], []
    for body in case.bodies:
        reply = engine.step(body)
        answers.append(settled(bare(reply.answer)))
        statements.append(len(reply.statements))
    rows = database.rows()
    kept: Json = {"answers": answers, "statements": statements}
    if rows != database.first or _is_write(case):
        kept["changes"] = settled(changes(database.first, rows))
        database.restore()
    return kept


def _is_write(case: Case) -> bool:
    return any("find" not in json.dumps(body.get("action", "batch")) for body in case.bodies)


def record_corpus(name: str, prisma: Prisma, server: PostgresUrl) -> dict[str, Any]:
    """Run all cases of one corpus."""
    corpus = ALL[name]
    database = Database(server, corpus.schema, f"prisma_{name}")
    engine = prisma.open(schema_text(corpus.schema), database.url)
    found = {case.name: record(case, engine, database) for case in corpus.cases}
    engine.close()
    database.close()
    return found


def write(name: str, found: dict[str, Any]) -> None:
    """Write one corpus's answers, a line for each case."""
    ANSWERS.mkdir(exist_ok=True)
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in found.items()
    ]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (ANSWERS / f"{name}.json").write_text(text)


def main() -> None:
    """Record the corpora that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(ALL))
    names = parser.parse_args().names or list(ALL)
    with Prisma() as prisma:
        for some, start in ((CORPORA, start_ephemeral), (RARE, start_whole)):
            chosen = [name for name in names if name in some]
            if not chosen:
                continue
            with start() as server:
                for name in chosen:
                    write(name, record_corpus(name, prisma, server.url))


if __name__ == "__main__":
    main()
