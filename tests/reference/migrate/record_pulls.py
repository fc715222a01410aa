"""Records what Prisma's engine makes of databases, and ours where it has to be something else.

Run as `python -m tests.reference.migrate.record_pulls`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from forebay.errors import MigrationError
from forebay.migrate.commands.pull import pulled_from
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from tests.reference.migrate.pulls import CASES, Case
from tests.reference.migrate.schema_engine import SchemaEngine

ANSWERS = Path(__file__).parents[2] / "migrate" / "pulls.json"


def ours(case: Case, url: PostgresUrl) -> dict[str, Any]:
    """Return our answer in the form of Prisma's."""
    try:
        pulled = pulled_from(case.files, url)
    except MigrationError as error:
        return {"error": error.number}
    files = sorted([name, text] for name, text in pulled.files)
    return {"files": files, "warnings": pulled.warnings}


def theirs(case: Case, engine: SchemaEngine, url: PostgresUrl) -> dict[str, Any]:
    """Return Prisma's answer."""
    answer: dict[str, Any] = engine.introspect(case.files, url.text())
    return {"error": answer["error"]["code"]} if "error" in answer else answer


def main() -> None:
    """Ask, and write the answers."""
    found: dict[str, dict[str, Any]] = {}
    with start_ephemeral() as server, SchemaEngine(server.url.text()) as engine:
        for number, case in enumerate(CASES):
            url = replace(server.url, database=f"pull_{number}")
            with psycopg.connect(server.url.text(), autocommit=True) as administrator:
                administrator.execute(f"create database pull_{number}".encode())
            with psycopg.connect(url.text(), autocommit=True) as connection:
                connection.execute(case.script.encode())
            answer = theirs(case, engine, url)
            found[case.name] = {"prisma": answer}
            if case.why is not None:
                found[case.name]["ours"] = ours(case, url)
    ANSWERS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
