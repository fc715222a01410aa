"""`migrate dev`, `reset` and the shadow database: on what a developer's database goes through."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest

from forebay.errors import MigrationError
from forebay.migrate.commands.dev import develop
from forebay.migrate.commands.diagnosis import ResetNeeded
from forebay.migrate.commands.reset import reset
from forebay.migrate.danger import Dangers
from forebay.migrate.shadow import shadow_database
from forebay.postgres.secret import Secret
from tests.migrate.conftest import Place

FIRST = "model A {\n  id Int @id\n  b Int?\n}\n"
SECOND = "model A {\n  id Int @id\n}\n"


def test_a_change_becomes_a_migration_and_is_applied(place):
    done = develop(place.schema(FIRST), "First One!", place.say)
    assert done.written is not None
    assert re.fullmatch(r"\d{14}_first_one", done.written.name)
    assert done.applied == [done.written.name]
    assert (done.written / "migration.sql").read_text() == (
        '-- CreateTable\nCREATE TABLE "A" (\n    "id" INTEGER NOT NULL,\n    "b" INTEGER,\n\n'
        '    CONSTRAINT "A_pkey" PRIMARY KEY ("id")\n);\n'
    )
    lock = (place.folder / "migrations/migration_lock.toml").read_text()
    assert 'provider = "postgresql"' in lock
    again = develop(place.project(), "none", place.say)
    assert (again.applied, again.written) == ([], None)


def test_a_migration_says_what_it_may_lose(place):
    develop(place.schema(FIRST), "first", place.say)
    place.ask('insert into "A" values (1, 2)')
    refused = develop(place.schema(SECOND), "second", place.say)
    assert not refused.is_done
    assert "still contains 1 non-null values" in refused.dangers.warnings[0]
    done = develop(place.project(), "second", place.say, only_create=True)
    assert done.applied == []
    assert done.written is not None
    assert (done.written / "migration.sql").read_text() == (
        "/*\n  Warnings:\n\n  - You are about to drop the column `b` on the `A` table. All the data"
        ' in the column will be lost.\n\n*/\n-- AlterTable\nALTER TABLE "A" DROP COLUMN "b";\n'
    )
    assert develop(place.project(), "", place.say).applied == [done.written.name]


def test_a_draft_may_be_empty(place):
    done = develop(place.schema(""), "draft", place.say, only_create=True)
    assert done.written is not None
    assert (done.written / "migration.sql").read_text() == "-- This is an empty migration."


@pytest.mark.parametrize("name", ["", "!?"])
def test_a_migration_without_a_name_is_not_written_where_nobody_can_be_asked(place, name):
    place.migration("1_a", "create table old (i int);")
    for only_create in (False, True):
        with pytest.raises(MigrationError, match="needs a name") as caught:
            develop(place.schema(FIRST), name, place.say, only_create=only_create)
        assert "--name NAME" in str(caught.value.hint)
    assert [one.name for one in (place.folder / "migrations").iterdir()] == ["1_a"]
    assert place.ask("select to_regclass('old')") == [(None,)]


def test_what_is_there_is_applied_without_a_name(place):
    develop(place.schema(FIRST), "first", place.say)
    place.ask('drop table "A"; drop table _prisma_migrations')
    assert len(develop(place.project(), "", place.say).applied) == 1


def test_what_was_changed_by_hand_is_found(place):
    develop(place.schema(FIRST), "first", place.say)
    place.ask('alter table "A" add column c int')
    with pytest.raises(MigrationError, match="Drift detected") as caught:
        develop(place.project(), "second", place.say)
    assert "[*] Changed the `A` table\n  [+] Added column `c`" in caught.value.message
    assert [one[15:] for one in reset(place.project(), place.say)] == ["first"]
    assert develop(place.project(), "second", place.say).written is None


def test_an_edited_migration_is_found(place):
    done = develop(place.schema(FIRST), "first", place.say)
    assert done.written is not None
    with (done.written / "migration.sql").open("a") as script:
        script.write("-- more\n")
    with pytest.raises(MigrationError, match="was modified after it was applied"):
        develop(place.project(), "second", place.say)


DRIFT = """\
Drift detected: Your database schema is not in sync with your migration history.

The following is a summary of the differences between the expected database schema given your\
 migrations files, and the actual schema of the database.

It should be understood as the set of changes to get from the expected schema to the actual schema.

[+] Added tables
  - {}
"""


def _reason(place: Place) -> str:
    with pytest.raises(ResetNeeded) as caught:
        develop(place.project(), "next", place.say)
    return caught.value.message


def _two(place: Place) -> None:
    place.migration("1_a", "create table a (i int)")
    place.migration("2_b", "create table b (i int)")
    reset(place.project(), place.say)


def test_the_reasons_to_reset_are_prismas(place):
    _two(place)
    gone = place.folder / "migrations/2_b/migration.sql"
    gone.unlink()
    gone.parent.rmdir()
    assert _reason(place) == (
        f"- {DRIFT.format('b')}\n- The following migration(s) are applied to the database but"
        " missing from the local migrations directory: 2_b"
    )
    place.migration("3_c", "create table c (i int)")
    assert _reason(place) == (
        f"- {DRIFT.format('b')}\n- The migrations recorded in the database diverge from the local"
        " migrations directory. Last common migration: `1_a`. Migrations applied to the database"
        " but absent from the migrations directory are: 2_b"
    )


def test_a_migration_that_failed_is_a_reason_to_reset(place):
    _two(place)
    place.ask("update _prisma_migrations set finished_at = null where migration_name = '2_b'")
    assert _reason(place) == f"- The migration `2_b` failed.\n- {DRIFT.format('b')}"


def test_a_database_without_a_history_is_told_of_the_first_time(place):
    place.ask("create table b (i int)")
    assert "If you are running this the first time on an existing database" in _reason(place)


@dataclass
class Developer:
    """Somebody who says the same to everything, and remembers what was asked."""

    says: bool = True
    asked: list[str] = field(default_factory=list)

    def may_reset(self, reason: str) -> bool:
        """Be asked about a reset."""
        self.asked.append(reason.partition("\n")[0])
        return self.says

    def may_go_on(self, found: Dangers) -> bool:
        """Be asked about warnings."""
        self.asked += found.warnings
        return self.says

    def name(self) -> str:
        """Be asked for a name."""
        self.asked.append("a name")
        return "What For"


def test_a_developer_is_asked_and_the_database_is_emptied(place):
    place.ask("create table b (i int)")
    developer = Developer()
    done = develop(place.schema(FIRST), "", place.say, ask=developer)
    assert done.written is not None
    assert done.written.name.endswith("_what_for")
    assert done.is_new
    assert [one.partition(":")[0] for one in developer.asked] == ["Drift detected", "a name"]
    assert place.ask("select to_regclass('b')") == [(None,)]


def test_a_developer_may_say_no(place):
    develop(place.schema(FIRST), "first", place.say)
    place.ask('insert into "A" values (1, 2)')
    developer = Developer(says=False)
    assert not develop(place.schema(SECOND), "second", place.say, ask=developer).is_done
    assert len(developer.asked) == 1
    place.ask("create table b (i int)")
    with pytest.raises(ResetNeeded):
        develop(place.project(), "second", place.say, ask=developer)
    assert place.ask("select to_regclass('b')::text") == [("b",)]


def test_a_migration_that_fails_is_tried_on_the_shadow_first(place):
    place.migration("1_a", "create table a (i int); select * from nowhere;")
    with pytest.raises(MigrationError, match="failed to apply cleanly to the shadow") as caught:
        develop(place.schema(""), "next", place.say)
    assert caught.value.number == "P3006"
    assert "mend the script of" in str(caught.value.hint)
    assert place.ask("select to_regclass('a')") == [(None,)]


def _databases(place: Place) -> list[Any]:
    return place.ask("select datname from pg_database where datname like '%shadow%'")


def test_a_shadow_database_is_gone_afterwards(place):
    with shadow_database(place.url, None, ()) as connection:
        assert len(_databases(place)) == 1
        connection.execute("create table a (i int)")
    assert _databases(place) == []


def test_the_users_shadow_database_is_emptied_and_kept(place):
    place.ask("create table old (i int)")
    with shadow_database(None, place.url, ()) as connection:
        found = connection.execute("select to_regclass('old')").fetchone()
    assert found == (None,)


def test_a_role_without_the_right_has_the_embedded_server(place):
    place.ask("drop role if exists humble")
    place.ask("create role humble login password 'humble'")
    url = replace(place.url, user="humble", password=Secret("humble"))
    with shadow_database(url, None, (), place.say) as connection:
        assert connection.info.port != place.url.port
    assert "The embedded PostgreSQL" in place.said[0]


def test_a_reset_drops_what_no_schema_names(place):
    develop(place.schema(FIRST), "first", place.say)
    place.ask("create table more (i int); create type t as enum ('a'); create view v as select 1")
    reset(place.project(), place.say)
    found = "select relname from pg_class where relnamespace = 'public'::regnamespace"
    assert place.ask(found + " and relkind in ('r', 'v') order by 1") == [
        ("A",),
        ("_prisma_migrations",),
    ]


def test_nobodys_shadow_is_refused_by_prismas_code():
    with pytest.raises(MigrationError) as caught, shadow_database(None, None, ()):
        pass
    assert caught.value.number == "P3014"


def test_a_connection_that_breaks_leaves_the_migration_unfinished(place):
    place.migration("1_a", "select pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(MigrationError) as caught:
        reset(place.project(), place.say)
    assert caught.value.number == "P1017"
    with psycopg.connect(place.url.text()) as connection:
        rows = connection.execute("select finished_at, logs from _prisma_migrations").fetchall()
    assert rows == [(None, None)]
