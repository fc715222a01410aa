"""Records what Prisma's engine answers about pairs of schemas.

Run as `python -m tests.reference.migrate.record`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from forebay.postgres.embedded import start_ephemeral
from tests.reference.migrate.pairs import schemas
from tests.reference.migrate.schema_engine import EMPTY, SchemaEngine, datamodel

ANSWERS = Path(__file__).parents[2] / "migrate" / "answers.json"
FIRST = 500_000
COUNT = 16


def main() -> None:
    """Ask, and write the answers."""
    found: list[dict[str, Any]] = []
    with start_ephemeral() as server, SchemaEngine(server.url.text()) as engine:
        url = replace(server.url, database="recorded").text()
        with psycopg.connect(server.url.text(), autocommit=True) as administrator:
            administrator.execute("create database recorded")
        # The engine looks at the schemas that the later one names, and at no other.
        made = (
            files
            for _, files, one in schemas(FIRST, is_live=True)
            if one.datasource is None or not one.datasource.schemas
        )
        before = next(made)
        while len(found) < COUNT:
            after = next(made)
            create = engine.diff(EMPTY, datamodel(before), before)
            migration = engine.create_migration({"2020_first": create}, after, url)
            if not isinstance(migration, dict):
                found.append(
                    {
                        "before": before[0][1],
                        "after": after[0][1],
                        "script": engine.diff(datamodel(before), datamodel(after), after),
                        "summary": engine.diff(
                            datamodel(before), datamodel(after), after, script=False
                        ),
                        "migration": migration,
                    }
                )
            before = after
    ANSWERS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
