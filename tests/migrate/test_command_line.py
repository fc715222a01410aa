"""`forebay migrate` and `forebay db`: options in Prisma's spelling, exit codes, where text goes."""

import subprocess
from pathlib import Path

import pytest

from tests.migrate.conftest import DATASOURCE, Place
from tests.running import run_forebay

MODEL = "model A {\n  id Int @id\n}\n"
CREATE = '-- CreateTable\nCREATE TABLE "A" (\n    "id" INTEGER NOT NULL,\n\n'
CREATE += '    CONSTRAINT "A_pkey" PRIMARY KEY ("id")\n);\n'


def _run(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_forebay(arguments, place.folder, {"DATABASE_URL": place.url.text()})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("--from-schema-datasource=schema.prisma", "--to-schema-datamodel=schema.prisma"),
        ("--from-config-datasource", "--to-schema=schema.prisma"),
        ("--from-url={url}", "--to-schema=schema.prisma"),
        ("--from-migrations=migrations", "--to-schema-datamodel=schema.prisma"),
    ],
)
def test_a_diff_takes_its_sides_by_either_versions_names(place, before, after):
    place.schema(MODEL)
    place.migration("1_a", "select 1;")
    sides = [one.format(url=place.url.text()) for one in (before, after)]
    done = _run(place, "migrate", "diff", *sides, "--script", "--exit-code")
    assert (done.returncode, done.stderr, done.stdout) == (2, "", CREATE + "\n")


def test_a_diff_without_a_difference_ends_with_zero(place):
    place.schema(MODEL)
    sides = ("--from-schema=schema.prisma", "--to-schema-datamodel=schema.prisma")
    done = _run(place, "migrate", "diff", *sides, "--exit-code")
    assert (done.returncode, done.stdout) == (0, "No difference detected.\n")


def test_a_database_is_written_down_from_nothing(place):
    place.ask("create table a (i int)")
    done = _run(
        place, "migrate", "diff", "--from-empty", f"--to-url={place.url.text()}", "--script"
    )
    wanted = '-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n\n-- CreateTable\n'
    assert done.stdout == wanted + 'CREATE TABLE "public"."a" (\n    "i" INTEGER\n);\n\n'


def test_a_schema_that_a_model_speaks_of_is_taken_to_be_there(place):
    place.schema(MODEL)
    (place.folder / "none.prisma").write_text(DATASOURCE)
    sides = ("--from-schema=none.prisma", "--to-schema=schema.prisma", "--script")
    assert _run(place, "migrate", "diff", *sides).stdout == CREATE + "\n"
    done = _run(place, "migrate", "diff", "--from-empty", *sides[1:])
    assert done.stdout.startswith('-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n')


def test_a_diff_is_written_to_a_file(place):
    place.schema(MODEL)
    sides = ("--from-empty", "--to-schema-datamodel=schema.prisma")
    done = _run(place, "migrate", "diff", *sides, "--output", "out.txt")
    assert (done.returncode, done.stdout) == (0, "")
    assert "[+] Added tables\n  - A\n" in Path(place.folder / "out.txt").read_text()


def test_two_sides_of_a_kind_are_refused(place):
    done = _run(place, "migrate", "diff", "--from-empty", "--from-url=x", "--to-empty")
    assert done.returncode == 2
    assert "one --from" in done.stderr


def test_a_failed_migration_is_told_on_the_standard_error(place):
    place.migration("1_a", "select * from nowhere;")
    done = _run(place, "migrate", "deploy")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: P3018\n\nA migration failed to apply.")
    assert "\nMigration name: 1_a\n" in done.stderr
    again = _run(place, "migrate", "deploy", "--schema", "schema.prisma")
    assert again.stderr.startswith("Error: P3009\n\nmigrate found failed migrations")
    status = _run(place, "migrate", "status")
    assert (status.returncode, status.stderr) == (1, "")
    assert "have failed:\n1_a\n" in status.stdout
    undone = _run(place, "migrate", "resolve", "--rolled-back", "1_a")
    assert (undone.returncode, undone.stdout) == (0, "Migration 1_a marked as rolled back.\n")
    applied = _run(place, "migrate", "resolve", "--applied", "1_a")
    assert (applied.returncode, applied.stdout) == (0, "Migration 1_a marked as applied.\n")
    last = _run(place, "migrate", "status")
    assert last.returncode == 0
    assert last.stdout.endswith("Database schema is up to date!\n")


def test_dev_writes_deploys_and_is_done(place):
    place.schema(MODEL)
    assert _run(place, "migrate", "dev", "-n", "first", "--skip-generate").returncode == 0
    done = _run(place, "migrate", "deploy")
    assert done.stdout.endswith("No pending migrations to apply.\n")


def test_a_reset_without_a_terminal_needs_force(place):
    refused = _run(place, "migrate", "reset")
    assert refused.returncode == 1
    assert "the environment is non-interactive" in refused.stderr
    assert "--force" in refused.stderr
    assert _run(place, "migrate", "reset", "--force", "--skip-seed").returncode == 0


def test_a_push_that_loses_data_needs_a_word(place):
    place.schema(MODEL)
    assert _run(place, "db", "push", "--skip-generate").returncode == 0
    place.ask('insert into "A" values (1)')
    place.schema("")
    refused = _run(place, "db", "push")
    assert refused.returncode == 1
    assert "which is not empty (1 rows)" in refused.stderr
    assert "--accept-data-loss" in refused.stderr
    done = _run(place, "db", "push", "--accept-data-loss")
    assert done.returncode == 0
    assert done.stdout == "Your database is now in sync with your Prisma schema.\n"


def test_a_script_is_executed(place):
    (place.folder / "a.sql").write_text("create table a (i int); insert into a values (1);")
    done = _run(place, "db", "execute", "--file", "a.sql", "--schema", "schema.prisma")
    assert (done.returncode, done.stdout) == (0, "Script executed successfully.\n")
    assert place.ask("select i from a") == [(1,)]
    refused = _run(place, "db", "execute", "--file", "a.sql", "--url", place.url.text())
    assert refused.returncode == 1
    assert 'relation "a" already exists' in refused.stderr


def test_the_seed_command_is_the_projects(place):
    assert _run(place, "db", "seed").returncode == 2
    (place.folder / "package.json").write_text('{"prisma": {"seed": "echo sown"}}')
    done = _run(place, "db", "seed", "--", "twice")
    assert done.returncode == 0
    assert "sown twice\n" in done.stdout
    (place.folder / "package.json").unlink()
    (place.folder / "pyproject.toml").write_text('[tool.forebay]\nseed = "false"\n')
    assert _run(place, "db", "seed").returncode == 1


def test_a_server_that_is_not_there_is_p1001(place, closed_port):
    url = f"postgresql://nobody@127.0.0.1:{closed_port}/none"
    done = run_forebay(["migrate", "deploy"], place.folder, {"DATABASE_URL": url})
    assert done.returncode == 1
    assert done.stderr.startswith("Error: P1001\n\nCan't reach database server at `127.0.0.1:")


def test_a_schema_with_errors_is_p1012(place):
    (place.folder / "schema.prisma").write_text("model A {\n")
    done = _run(place, "migrate", "status")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: P1012\n\n")


def test_a_database_that_is_missing_is_made(place):
    url = place.url.text().replace("/migrate_", "/migrate_other_")
    done = run_forebay(["migrate", "deploy"], place.folder, {"DATABASE_URL": url})
    assert done.returncode == 0
    name = url.rpartition("/")[2].partition("?")[0]
    place.ask(f'drop database "{name}" with (force)')


def test_a_database_without_a_history_and_a_folder_without_migrations_is_not_up_to_date(place):
    done = _run(place, "migrate", "status")
    assert done.returncode == 1
    assert "is not managed by Prisma Migrate" in done.stdout
    assert "forebay migrate resolve --applied NAME" in done.stdout


def test_a_folder_that_is_not_there_is_told_of(place):
    place.schema(MODEL)
    sides = ["--from-migrations", "no_such", "--to-schema", "schema.prisma", "--script"]
    done = _run(place, "migrate", "diff", *sides)
    assert done.returncode == 0
    assert "CREATE TABLE" in done.stdout
    assert done.stderr == "There is no folder no_such: it counts as one without migrations.\n"
