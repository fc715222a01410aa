"""The doctor looks at what advice has people paste, and is content with it."""

from pathlib import Path

import pytest

from forebay.doctor.advise.advice import advise
from forebay.doctor.advise.situation import Client, Runtime, Situation
from forebay.doctor.advise.writing import write_files
from forebay.doctor.registry import all_rules
from forebay.doctor.rule import Severity
from forebay.doctor.run import examine
from tests.doctor.conftest import Finds, written

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
PACKAGE = '{"dependencies": {"@prisma/client": "6.19.0"}}'


@pytest.mark.parametrize("runtime", [Runtime.LAMBDA, Runtime.VERCEL, Runtime.SUPABASE])
def test_prismas_url_for_a_pooler_is_not_found_without_its_parameter(
    runtime: Runtime, finds: Finds
) -> None:
    said = advise(Situation(runtime, 12, clients=(Client.PRISMA,), prisma=6))
    (env,) = (file for file in said.files if file.purpose.startswith("for prisma"))
    files = {"prisma/schema.prisma": SCHEMA, "package.json": PACKAGE}
    assert finds("FD203", {**files, ".env": env.text}) == []
    # What it is quiet about is a URL that it would have found.
    bare = "\n".join(
        line.replace("pgbouncer=true&", "")
        for line in env.text.splitlines()
        if "forebay: ignore" not in line
    )
    assert len(finds("FD203", {**files, ".env": bare})) == 1


PYTHON = {
    Client.SQLALCHEMY: "sqlalchemy\npsycopg\n",
    Client.SQLALCHEMY_ASYNCPG: "sqlalchemy\nasyncpg\n",
    Client.SQLALCHEMY_PSYCOPG2: "sqlalchemy\npsycopg2-binary\n",
    Client.SQLALCHEMY_PSYCOPG_ASYNC: "sqlalchemy\npsycopg\n",
    Client.ASYNCPG: "asyncpg\n",
    Client.PSYCOPG: "psycopg\npsycopg-pool\n",
    Client.PSYCOPG2: "psycopg2-binary\n",
    Client.FOREBAY: "forebay\n",
}


@pytest.mark.parametrize("runtime", [Runtime.LAMBDA, Runtime.ALWAYS_ON, Runtime.SUPABASE])
@pytest.mark.parametrize("client", PYTHON)
def test_nothing_that_breaks_is_found_in_what_was_written(
    client: Client, runtime: Runtime, tmp_path: Path
) -> None:
    said = advise(Situation(runtime, 12, clients=(client,)))
    write_files(said.files, tmp_path, may_replace=False)
    rest = {"requirements.txt": PYTHON[client], ".gitignore": ".env\nuserlist.txt\n"}
    report = examine(all_rules(), written(tmp_path, rest))
    found = [
        f"{one.rule.code} {one.finding.message}"
        for one in report.found
        if one.rule.severity is not Severity.NOTE
    ]
    assert found == []


def test_a_pooler_that_keeps_statements_is_why_their_rule_is_quiet(finds: Finds) -> None:
    said = advise(Situation(Runtime.LAMBDA, 12, clients=(Client.ASYNCPG,)))
    texts = {file.name: file.text for file in said.files}
    lines = texts["db_asyncpg.py"]
    assert finds("FD525", texts) == []
    bare = "\n".join(line for line in lines.splitlines() if "forebay: ignore" not in line)
    assert len(finds("FD525", {**texts, "db_asyncpg.py": bare})) == 1
