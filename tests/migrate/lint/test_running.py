"""What the linter says of the client that runs: whose queries fail, for which statement."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import psycopg
import pytest

from forebay.migrate.commands.deploy import deploy
from forebay.migrate.database import EMPTY
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.lint.linter import find_rule
from forebay.migrate.roll_out.blame import blame
from forebay.migrate.script import script
from forebay.schema.load import load
from tests.migrate.conftest import DATASOURCE, Place, new_place
from tests.running import run_forebay

OLD = """
model User {
  id    Int    @id @default(autoincrement())
  name  String
  role  Role
  posts Post[]
}

model Post {
  id   Int  @id
  user Int
  by   User @relation(fields: [user], references: [id])
}

enum Role {
  A
  B
}
"""
CODES = ["FM701", "FM702", "FM703"]


def _run(place: Place, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"DATABASE_URL": place.url.text(), **environment}
    return run_forebay(["migrate", *arguments], place.folder, given)


def _script(text: str) -> str:
    made = from_schema(load([("schema.prisma", DATASOURCE + text)]))
    return script(difference(EMPTY, made))


def _old(place: Place, text: str = OLD) -> None:
    """Have a client run on a database that has its one migration."""
    place.schema(text)
    (place.folder / "old.prisma").write_text(DATASOURCE + text)
    place.migration("1_first", _script(text))


def _said(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str, str, int]]:
    """Return code, level, script and line of what is said of the client."""
    return [
        (one["code"], one["severity"], script["path"], one["line"])
        for script in json.loads(done.stdout)["scripts"]
        for one in script["findings"]
        if one["code"] in CODES
    ]


def _lint(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(place, "lint", "--format", "json", "--level", "note", *arguments)


CHANGES = """\
CREATE TABLE "Tag" (id int primary key);
ALTER TABLE "Tag" ADD COLUMN name text;
ALTER TABLE "User" DROP COLUMN "name";
ALTER TABLE "User" ADD COLUMN "age" int NOT NULL;
DROP TABLE "Post";
"""


def test_each_finding_points_at_the_statement_that_it_is_about(place):
    _old(place)
    place.migration("2_second", CHANGES)
    done = _lint(place, "--client", "old.prisma")
    path = "migrations/2_second/migration.sql"
    assert sorted(_said(done)) == [
        ("FM701", "error", path, 3),
        ("FM701", "error", path, 4),
        ("FM701", "error", path, 5),
    ]
    assert json.loads(done.stdout)["running_client"] == {
        "is_known": True,
        "is_assumed": False,
        "what": "that of old.prisma",
        "why_not": None,
    }
    # The server of the project was neither asked nor changed.
    assert place.ask("select to_regclass('_prisma_migrations')") == [(None,)]


def test_a_migration_before_the_clients_own_is_not_held_against_it(place):
    place.migration("0_zero", 'CREATE TABLE "User" (id int); DROP TABLE "User";')
    _old(place)
    place.migration("2_second", "SELECT 1;")
    assert _said(_lint(place, "--client", "old.prisma")) == []


def test_what_a_later_migration_mends_is_not_said(place):
    _old(place)
    place.migration("2_second", 'ALTER TABLE "User" RENAME COLUMN "name" TO "called";')
    place.migration("3_third", 'ALTER TABLE "User" RENAME COLUMN "called" TO "name";')
    assert _said(_lint(place, "--client", "old.prisma")) == []


def test_what_fails_is_said_of_the_migration_from_which_it_fails(place):
    _old(place)
    place.migration("2_second", 'ALTER TABLE "User" DROP COLUMN "name";')
    place.migration("3_third", 'ALTER TABLE "User" ADD COLUMN "other" text;')
    (one,) = _said(_lint(place, "--client", "old.prisma"))
    assert one == ("FM701", "error", "migrations/2_second/migration.sql", 1)


def test_the_client_is_taken_from_the_applied_migrations_and_told_more_quietly(place):
    _old(place)
    deploy(place.project(), place.say)
    place.schema(OLD.replace("  name  String\n", ""))
    place.migration("2_second", 'ALTER TABLE "User" DROP COLUMN "name";')
    before = place.ask("select datname from pg_database order by 1")
    done = _lint(place, "--database", "--fail-on", "error")
    assert _said(done) == [("FM701", "warning", "migrations/2_second/migration.sql", 1)]
    client = json.loads(done.stdout)["running_client"]
    assert (client["is_known"], client["is_assumed"]) == (True, True)
    assert done.returncode == 0
    assert "no database is made on a server that is only to be looked at" in done.stderr
    assert place.ask("select datname from pg_database order by 1") == before


def test_a_server_of_another_version_than_the_embedded_one_is_not_looked_at(
    system_server, embedded, tmp_path
):
    versions = set()
    for server in (system_server, embedded):
        with psycopg.connect(server.url.text()) as connection:
            versions.add(connection.info.server_version // 10000)
    with new_place(system_server, tmp_path) as place:
        _old(place)
        deploy(place.project(), place.say)
        place.migration("2_second", 'ALTER TABLE "User" DROP COLUMN "name";')
        done = _run(place, "lint", "--database")
        last = done.stdout.splitlines()[-1]
        is_looked_at = len(versions) == 1
        assert last.startswith("the running client was not looked at: ") != is_looked_at
        assert ("set shadowDatabaseUrl, or name the client" in last) != is_looked_at
        # A client that is named is worth a database for a moment.
        done = _run(place, "lint", "--database", "--client", "old.prisma")
        assert "error[FM701]" in done.stdout
        shadows = "select 1 from pg_database where datname like 'prisma_migrate_shadow%'"
        assert place.ask(shadows) == []


def test_names_that_the_user_gave_are_those_of_the_assumed_client(place):
    mapped = 'model Person {\n  id Int @id\n  called String @map("name")\n  @@map("User")\n}\n'
    _old(place, mapped)
    deploy(place.project(), place.say)
    place.migration("2_second", 'ALTER TABLE "User" DROP COLUMN "name";')
    done = _run(place, "lint", "--database")
    assert "warning[FM701]: the running client: Person.called: " in done.stdout


def test_without_a_client_the_last_line_says_how_one_is_named(place):
    place.migration("1_first", "SELECT 1;")
    done = _run(place, "lint")
    last = done.stdout.splitlines()[-1]
    assert last.startswith("the running client was not looked at: name it with --client PATH or")
    assert json.loads(_lint(place).stdout)["running_client"]["is_known"] is False
    (log,) = json.loads(_run(place, "lint", "--format", "sarif").stdout)["runs"]
    ((note,),) = [one["toolExecutionNotifications"] for one in log["invocations"]]
    assert note["message"]["text"] == last
    assert _run(place, "lint", "--format", "github").stderr.splitlines() == [last]
    # A database that has seen no migration has no client that anybody knows of.
    done = _run(place, "lint", "--database")
    assert "no migration has been applied, so that no client is known" in done.stdout


def test_a_client_that_cannot_be_looked_at_is_an_error_behind_the_findings(place):
    place.migration("1_first", 'CREATE INDEX "i" ON "A" ("b");')
    done = _run(place, "lint", "--client", "nowhere.prisma", "--fail-on", "never")
    assert done.returncode == 2
    assert "error[FM107]" in done.stdout
    assert "not looked at: there is no schema at nowhere.prisma" in done.stderr
    done = _run(place, "lint", "--client", "schema.prisma")
    assert "`1_first` failed to apply cleanly to the shadow database" in done.stderr
    done = _run(place, "lint", "--client", "a", "--client-revision", "b")
    assert done.returncode == 2


def test_a_remark_with_a_reason_ignores_it_and_is_not_held_to_be_of_no_use(place):
    _old(place)
    remark = "-- forebay: ignore[FM701, FM201] no client of this year asks for it\n"
    place.migration("2_second", remark + 'ALTER TABLE "User" DROP COLUMN "name";')
    assert _said(_lint(place, "--client", "old.prisma")) == []
    done = _run(place, "lint", "--client", "old.prisma")
    assert "2 ignored by remarks" in done.stdout
    # Where nobody looks at the client, nobody can say that there is nothing to ignore.
    assert "FM004" not in _run(place, "lint", "--level", "note").stdout


def test_a_script_of_ones_own_is_tried_behind_the_migrations_or_on_the_clients_database(place):
    (place.folder / "x.sql").write_text('SELECT 1;\nALTER TABLE "User" DROP COLUMN "name";')
    (place.folder / "old.prisma").write_text(DATASOURCE + OLD)
    assert _said(_lint(place, "--client", "old.prisma", "x.sql")) == [
        ("FM701", "error", "x.sql", 2)
    ]
    (place.folder / "old.prisma").unlink()
    _old(place)
    place.migration("2_second", 'DROP TABLE "Post";')
    done = _lint(place, "--client", "old.prisma", "x.sql", "migrations/2_second")
    assert {one[2:] for one in _said(done)} == {
        ("x.sql", 2),
        ("migrations/2_second/migration.sql", 1),
    }


def test_a_script_needs_no_project(place, tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "x.sql").write_text('ALTER TABLE "User" DROP COLUMN "name";')
    (folder / "old.prisma").write_text(DATASOURCE + OLD)
    given = ["migrate", "lint", "x.sql", "--client", "old.prisma"]
    done = run_forebay(given, folder, {})
    assert "error[FM701]" in done.stdout
    assert done.returncode == 1


def test_a_revision_of_git_names_the_client(place):
    _old(place)

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.test"]
        words = [str(shutil.which("git")), *who, *arguments]
        subprocess.run(words, cwd=place.folder, check=True, capture_output=True)

    git("init")
    git("add", "schema.prisma")
    git("commit", "-m", "first")
    place.schema(OLD.replace("  name  String\n", ""))
    place.migration("2_second", 'ALTER TABLE "User" DROP COLUMN "name";')
    done = _run(place, "lint", "--client-revision", "HEAD")
    assert "error[FM701]" in done.stdout
    assert done.stdout.endswith("the running client is that of the revision HEAD\n")


def test_a_deploy_looks_at_the_client_that_is_named(place):
    _old(place)
    deploy(place.project(), place.say)
    place.migration("2_second", 'ALTER TABLE "User" DROP COLUMN "name";')
    done = _run(place, "deploy", "--client", "old.prisma", "--lint-fatal", "error")
    assert done.returncode == 1
    assert "error[FM701]: the running client: User.name" in done.stderr
    assert place.ask("select count(*) from _prisma_migrations") == [(1,)]
    done = _run(place, "deploy", "--client", "nowhere", "--lint-fatal", "error")
    assert "nothing was applied: the running client was not looked at" in done.stderr
    done = _run(place, "deploy")
    assert done.returncode == 0
    assert "the running client was not looked at: name it with --client" in done.stderr


@pytest.mark.parametrize("code", CODES)
def test_the_examples_of_the_pages(place, code):
    rule = find_rule(code)
    assert rule is not None
    page = rule.page
    for text, is_found in ((page.bad, True), (page.good, False)):
        models = re.findall(r"^-- (model .*)$", text, re.MULTILINE) or re.findall(
            r"^-- (model .*)$", page.bad, re.MULTILINE
        )
        client = "".join(
            re.sub(r"\s{2,}", "\n  ", one).replace("{ ", "{\n  ").replace(" }", "\n}\n")
            for one in models
        )
        (place.folder / "old.prisma").write_text(DATASOURCE + client)
        (place.folder / "x.sql").write_text(text)
        said = {one[0] for one in _said(_lint(place, "x.sql", "--client", "old.prisma"))}
        assert (code in said) == is_found, text


def test_blame_takes_the_newest_state_that_a_client_fits_best():
    added = ("", "  b Int\n", "  b Int?\n")
    texts = [f"model A {{\n  id Int @id\n{more}}}\n" for more in added]
    schemas = [load([("schema.prisma", DATASOURCE + one)]) for one in texts]
    states = [EMPTY, *map(from_schema, schemas)]
    found = blame(schemas[1], states, "public", is_running_on_first=False)
    assert [[one.code for one in each] for each in found] == [[], [], ["column-nullable"]]
