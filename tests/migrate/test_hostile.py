"""What is broken, hostile or forbidden ends in an error with a next step, never in a traceback."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest

from forebay.postgres.secret import Secret
from tests.migrate.conftest import Place
from tests.running import run_forebay


def _refused(place: Place, *arguments: str, url: str | None = None) -> str:
    """Run a command that is refused, and return what it says."""
    given = {"DATABASE_URL": url or place.url.text()}
    done: subprocess.CompletedProcess[str] = run_forebay(arguments, place.folder, given)
    assert done.returncode in (1, 2), (arguments, done.stdout)
    assert "Traceback" not in done.stderr
    assert "hint: " in done.stderr
    return done.stderr


WRITERS = (
    ("migrate", "deploy"),
    ("migrate", "resolve", "--applied", "1_a"),
    ("migrate", "reset", "--force"),
    ("migrate", "dev", "--name", "next"),
)


@pytest.mark.parametrize("command", WRITERS)
def test_a_server_that_takes_no_writes(place, command):
    place.migration("1_a", "create table a (i int);")
    name = place.url.database
    place.ask(f'alter database "{name}" set default_transaction_read_only = on')
    said = _refused(place, *command)
    assert "in a read-only transaction (SQLSTATE 25006)" in said
    assert "have DIRECT_URL name the primary" in said


@pytest.mark.parametrize("command", WRITERS[:2])
def test_a_role_without_rights(place, command):
    place.migration("1_a", "create table a (i int);")
    place.ask("drop role if exists lowly; create role lowly login password 'lowly'")
    place.ask("revoke create on schema public from public")
    url = replace(place.url, user="lowly", password=Secret("lowly")).text()
    said = _refused(place, *command, url=url)
    assert "permission denied for schema public (SQLSTATE 42501)" in said
    assert "grant the role what it needs" in said
    place.ask("drop role lowly")


def test_a_table_of_the_historys_name_that_is_another(place):
    place.migration("1_a", "create table a (i int);")
    place.ask("create table _prisma_migrations (id int)")
    for command in ("deploy", "status"):
        assert "if `_prisma_migrations` was not made by a tool" in _refused(
            place, "migrate", command
        )
    assert place.ask("select to_regclass('a')") == [(None,)]


def test_a_file_where_the_folder_should_be(place):
    (place.folder / "migrations").write_text("x")
    for command in (("deploy",), ("lint",), ("dev", "--name", "x")):
        assert "migrations is a file" in _refused(place, "migrate", *command)


def test_a_name_that_no_database_can_hold(place):
    name = os.fsencode(place.folder / "migrations") + b"/2_\xff"
    os.makedirs(name)
    with open(name + b"/migration.sql", "w") as script:
        script.write("select 1;")
    assert "is not UTF-8: b'2_\\xff'" in _refused(place, "migrate", "deploy")


def test_a_lock_file_that_is_not_utf_8(place):
    place.migration("1_a", "select 1;")
    (place.folder / "migrations/migration_lock.toml").write_bytes(b'provider = "\xff"')
    given = {"DATABASE_URL": place.url.text()}
    done = run_forebay(["migrate", "deploy"], place.folder, given)
    assert (done.returncode, done.stderr[:12]) == (1, "Error: P3019")


@pytest.mark.parametrize("copy", ["copy a from stdin;", 'COPY "a" (i) TO STDOUT WITH CSV;'])
def test_rows_that_only_psql_copies(place, copy):
    place.migration("1_a", f"create table a (i int);\n{copy}\n")
    assert "write INSERT statements in its place" in _refused(place, "migrate", "deploy")
    assert place.ask("select finished_at from _prisma_migrations") == [(None,)]
    assert place.ask("select to_regclass('a')") == [(None,)]


def test_a_server_that_ends_in_the_middle(place):
    place.migration("1_a", "select pg_terminate_backend(pg_backend_pid());")
    said = _refused(place, "migrate", "deploy")
    assert "P1017" in said
    assert "nobody knows whether `1_a` was applied" in said
    assert "P3009" in _refused(place, "migrate", "deploy")


def test_links_that_lead_nowhere_or_round(place):
    (place.folder / "migrations").mkdir()
    os.symlink(place.folder / "migrations", place.folder / "migrations/1_loop")
    done = run_forebay(["migrate", "deploy"], place.folder, {"DATABASE_URL": place.url.text()})
    assert (done.returncode, done.stderr[:12]) == (1, "Error: P3015")


def test_a_statement_behind_a_zero_byte_is_refused_by_the_shadow_database_too(place):
    place.migration("1_a", "create table a (i int);\0create table b (i int);")
    given = {"DATABASE_URL": place.url.text()}
    done = run_forebay(["migrate", "dev", "--name", "x"], place.folder, given)
    assert done.returncode == 1
    assert "holds a zero byte" in done.stderr
