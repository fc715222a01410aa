"""What commands of migrations find around them: `.env`, other configurations, other databases."""

import subprocess
from dataclasses import replace

import psycopg
import pytest

from forebay.migrate.commands.prisma_config import overlooked
from tests.migrate.conftest import DATASOURCE, Place
from tests.running import run_forebay

MODEL = "model A {\n  id Int @id\n}\n"


def _run(place: Place, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return run_forebay(arguments, place.folder, variables)


@pytest.mark.parametrize("name", [".env", "prisma/.env"])
def test_the_url_comes_from_a_file_beside_the_schema(place, name):
    place.schema(MODEL)
    file = place.folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'DATABASE_URL="{place.url.text()}"\n')
    done = _run(place, "migrate", "status")
    assert f'database "{place.url.database}"' in done.stdout
    assert done.stderr == f"Environment variables loaded from {name}\n"


def test_the_file_of_a_named_schema_counts_and_the_environment_comes_first(place):
    inner = place.folder / "packages" / "db"
    inner.mkdir(parents=True)
    (inner / "schema.prisma").write_text(DATASOURCE + MODEL)
    (inner / ".env").write_text(f"DATABASE_URL={place.url.text()}\n")
    schema = "--schema=packages/db/schema.prisma"
    done = _run(place, "migrate", "status", schema)
    assert f'database "{place.url.database}"' in done.stdout
    other = replace(place.url, database="postgres").text()
    done = _run(place, "migrate", "status", schema, DATABASE_URL=other)
    assert 'database "postgres"' in done.stdout
    assert "loaded" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from-empty", "--to-schema=nowhere.prisma"),
        ("--from-empty", "--to-url=mysql://a/b"),
        ("--from-empty", "--to-url=postgresql://127.0.0.1:1/a"),
    ],
)
def test_no_refusal_of_a_diff_is_taken_for_a_difference(place, arguments):
    done = _run(place, "migrate", "diff", *arguments, "--exit-code")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("migrate", "deploy"),
        ("migrate", "dev", "--name=a"),
        ("migrate", "reset", "--force"),
        ("db", "push"),
    ],
)
def test_a_database_that_is_made_is_told_of(place, command):
    place.schema("")
    url = replace(place.url, database=f"{place.url.database}_new")
    try:
        done = _run(place, *command, DATABASE_URL=url.text())
        assert f'database "{url.database}" created at "{url.address}"' in done.stdout
        again = _run(place, *command, DATABASE_URL=url.text())
        assert "created" not in again.stdout
        assert (done.returncode, again.returncode) == (0, 0)
    finally:
        with psycopg.connect(place.url.text(), autocommit=True) as connection:
            connection.execute(f'drop database if exists "{url.database}" with (force)'.encode())


def test_a_generator_that_is_not_ours_is_named(place):
    place.schema('generator js {\n  provider = "prisma-client-js"\n}\n' + MODEL)
    done = _run(place, "db", "push", DATABASE_URL=place.url.text())
    assert done.returncode == 0
    assert "not generated here: prisma-client-js; run `npx prisma generate`" in done.stderr


def test_a_draft_says_what_it_would_lose(place):
    place.ask("create table a (i int, j int)")
    place.migration("1_a", "")
    place.ask('create table if not exists "A" (id int primary key, gone int)')
    place.schema(MODEL)
    url = place.url.text()
    baseline = place.folder / "migrations" / "1_a" / "migration.sql"
    baseline.write_text(
        'create table a (i int, j int); create table "A" (id int primary key, gone int);'
    )
    assert _run(place, "migrate", "resolve", "--applied=1_a", DATABASE_URL=url).returncode == 0
    done = _run(place, "migrate", "dev", "--create-only", "--name=b", DATABASE_URL=url)
    assert done.returncode == 0
    assert "There might be data loss" in done.stderr
    assert "`gone`" in done.stderr


def test_a_failed_migration_is_told_with_its_error_and_the_way_that_keeps_the_data(place):
    place.schema("")
    place.migration("1_a", "select 1 / 0;")
    url = place.url.text()
    assert _run(place, "migrate", "deploy", DATABASE_URL=url).returncode == 1
    told = _run(place, "migrate", "status", DATABASE_URL=url).stdout
    assert "1_a\n  ERROR: division by zero" in told
    done = _run(place, "migrate", "dev", "--name=a", DATABASE_URL=url)
    assert done.returncode == 130
    assert "resolve --rolled-back 1_a" in done.stderr
    assert _run(place, "migrate", "resolve", "--rolled-back=1_a", DATABASE_URL=url).returncode == 0
    (place.folder / "migrations" / "1_a" / "migration.sql").write_text("select 1;")
    assert _run(place, "migrate", "dev", "--name=a", DATABASE_URL=url).returncode == 0


def test_an_edited_migration_may_be_brought_back(place):
    place.schema("")
    place.migration("1_a", "select 1;")
    url = place.url.text()
    assert _run(place, "migrate", "deploy", DATABASE_URL=url).returncode == 0
    (place.folder / "migrations" / "1_a" / "migration.sql").write_text("select 1; -- why\n")
    done = _run(place, "migrate", "dev", "--name=a", DATABASE_URL=url)
    assert done.returncode == 130
    assert "bring back the script of `1_a` as it was applied" in done.stderr


def test_places_that_a_configuration_of_prismas_names_are_not_passed_over(place, tmp_path):
    used = (tmp_path / "prisma" / "schema.prisma", tmp_path / "prisma" / "migrations")
    config = tmp_path / "prisma.config.ts"
    head = 'import { defineConfig } from "prisma/config";\nexport default defineConfig({\n'
    config.write_text(
        f'{head}  schema: "prisma/schema.prisma",\n'
        '  migrations: { path: "prisma/migrations" },\n});'
    )
    assert list(overlooked(tmp_path, *used)) == []
    config.write_text(
        f'{head}  schema: "db/schema.prisma",\n'
        '  migrations: {\n    seed: "x",\n    path: "db/m",\n  },\n});'
    )
    schema, migrations = overlooked(tmp_path, *used)
    assert "the schema is db/schema.prisma" in schema
    assert "migrations are in db/m" in migrations
    place.schema("")
    (place.folder / "prisma.config.ts").write_text(config.read_text())
    done = _run(place, "migrate", "status", DATABASE_URL=place.url.text())
    assert "warning: prisma.config.ts is not read" in done.stderr
