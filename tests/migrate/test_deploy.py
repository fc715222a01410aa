"""Migrations are applied once, in order, under the lock; what fails is recorded and shown."""

import os
import re
import signal
import subprocess
import sys
import threading
from typing import Any

import psycopg
import pytest

from forebay.errors import MigrationError
from forebay.migrate.apply import Patience
from forebay.migrate.commands.deploy import deploy
from forebay.migrate.commands.execute import execute
from forebay.migrate.commands.resolve import mark_applied, mark_rolled_back
from forebay.migrate.commands.status import status
from forebay.migrate.lock import KEY
from tests.migrate.conftest import Place
from tests.running import clean_environment
from tests.support.waiting import wait_until

HISTORY = "select migration_name, checksum, finished_at is not null, rolled_back_at is not null,"
HISTORY += " applied_steps_count, logs from _prisma_migrations order by started_at"


def _refused(place: Place, **options: Any) -> MigrationError:
    with pytest.raises(MigrationError) as caught:
        deploy(place.project(), place.say, **options)
    return caught.value


def test_migrations_run_in_the_order_of_their_names_and_once(place):
    place.migration("2_b", "insert into a values (2);")
    place.migration("1_a", "create table a (i int); insert into a values (1);")
    assert deploy(place.project(), place.say).applied == ["1_a", "2_b"]
    assert place.said == [
        "Applying migration `1_a` (1 of 2)",
        "Applying migration `2_b` (2 of 2)",
    ]
    assert deploy(place.project(), place.say).applied == []
    assert place.ask("select i from a") == [(1,), (2,)]


def test_the_history_is_prismas(place):
    place.migration("1_a", "select 1;")
    deploy(place.project(), place.say)
    digest = "354b7196c9ba5fb4b21cf615bb6ec4cd5c07503c34229feef033fc081a8c03f4"
    assert place.ask(HISTORY) == [("1_a", digest, True, False, 1, None)]
    columns = place.ask(
        "select attname, format_type(atttypid, atttypmod), attnotnull,"
        " pg_get_expr(adbin, adrelid) from pg_attribute left join pg_attrdef"
        " on adrelid = attrelid and adnum = attnum"
        " where attrelid = '_prisma_migrations'::regclass and attnum > 0 order by attnum"
    )
    assert columns == [
        ("id", "character varying(36)", True, None),
        ("checksum", "character varying(64)", True, None),
        ("finished_at", "timestamp with time zone", False, None),
        ("migration_name", "character varying(255)", True, None),
        ("logs", "text", False, None),
        ("rolled_back_at", "timestamp with time zone", False, None),
        ("started_at", "timestamp with time zone", True, "now()"),
        ("applied_steps_count", "integer", True, "0"),
    ]


def test_a_database_with_tables_and_no_history_is_refused(place):
    place.ask("create table old (i int)")
    place.migration("1_a", "select 1;")
    assert _refused(place).number == "P3005"
    mark_applied(place.project(), "1_a")
    assert deploy(place.project(), place.say).applied == []


def test_what_fails_is_undone_recorded_and_bars_the_rest(place):
    place.migration("1_a", "create table a (i int);\nselect * from nowhere;")
    place.migration("2_b", "create table b (i int);")
    error = _refused(place)
    assert error.number == "P3018"
    assert "Migration name: 1_a\n" in error.message
    assert "Database error code: 42P01\n" in error.message
    shown = 'ERROR: relation "nowhere" does not exist\n\nPosition:\n  1 create table a (i int);\n'
    assert error.message.endswith(shown + "  2 select * from nowhere;")
    ((name, _, is_finished, _, steps, logs),) = place.ask(HISTORY)
    assert (name, is_finished, steps, logs) == ("1_a", False, 0, error.message)
    assert place.ask("select to_regclass('a')") == [(None,)]
    again = _refused(place)
    assert again.number == "P3009"
    assert re.search(r"\nThe `1_a` migration started at \d{4}-\S+ \S+ UTC failed\n", again.message)


def test_a_failure_is_resolved_either_way(place):
    place.migration("1_a", "select * from later;")
    _refused(place)
    assert status(place.project()).failed == ["1_a"]
    mark_rolled_back(place.project(), "1_a")
    place.ask("create table later (i int)")
    assert deploy(place.project(), place.say).applied == ["1_a"]
    place.migration("2_b", "select * from never;")
    _refused(place)
    mark_applied(place.project(), "2_b")
    assert status(place.project()).is_up_to_date


@pytest.mark.parametrize(
    ("resolve", "name", "number"),
    [
        (mark_applied, "1_a", "P3008"),
        (mark_applied, "nope", "P3017"),
        (mark_rolled_back, "1_a", "P3012"),
        (mark_rolled_back, "nope", "P3011"),
    ],
)
def test_what_cannot_be_resolved_is_refused_by_prismas_code(place, resolve, name, number):
    place.migration("1_a", "select 1;")
    deploy(place.project(), place.say)
    with pytest.raises(MigrationError) as caught:
        resolve(place.project(), name)
    assert caught.value.number == number


def test_an_index_is_made_concurrently_between_other_statements(place):
    place.migration(
        "1_a", "create table a (i int);\ncreate index concurrently x on a (i);\nselect 1;"
    )
    deploy(place.project(), place.say)
    assert [row[4] for row in place.ask(HISTORY)] == [3]


def test_the_parts_before_a_failed_one_are_counted(place):
    place.migration("1_a", "create table a (i int); vacuum a; select 1 / 0;")
    assert "part 3 of 3" in str(_refused(place).hint)
    assert [row[2:5] for row in place.ask(HISTORY)] == [(False, False, 2)]
    assert "2 of its steps were done" in str(_refused(place).hint)


def test_a_transaction_that_is_left_open_is_no_success(place):
    place.migration("1_a", "begin; create table a (i int);")
    assert "does not end it" in _refused(place).message
    assert place.ask("select to_regclass('a')") == [(None,)]


def test_a_script_may_change_the_sessions_settings(place):
    place.migration("1_a", "create schema s; set search_path = s; create table a (i int);")
    assert deploy(place.project(), place.say).applied == ["1_a"]
    assert place.ask("select to_regclass('s.a') is not null") == [(True,)]


def test_a_lock_that_is_not_free_is_tried_for_again(place):
    place.ask("create table busy (i int)")
    place.migration("0_old", "create table busy (i int);")
    mark_applied(place.project(), "0_old")
    place.migration("1_a", "alter table busy add j int;")
    with psycopg.connect(place.url.text()) as holder:
        holder.execute("lock table busy in access share mode")
        released = threading.Event()

        def say(text):
            place.say(text)
            if "again in" in text and not released.is_set():
                holder.rollback()
                released.set()

        deploy(place.project(), say, patience=Patience(0.1, 3, 0.01))
    assert released.is_set()
    assert [row[2] for row in place.ask(HISTORY)] == [True, True]


def test_a_lock_that_never_comes_free_fails_the_migration(place):
    place.ask("create table busy (i int)")
    place.migration("0_old", "create table busy (i int);")
    mark_applied(place.project(), "0_old")
    place.migration("1_a", "alter table busy add j int;")
    with psycopg.connect(place.url.text()) as holder:
        holder.execute("lock table busy in access share mode")
        error = _refused(place, patience=Patience(0.05, 2, 0.01))
    assert "Database error code: 55P03" in error.message


def test_who_holds_the_lock_is_named(place):
    with psycopg.connect(place.url.text(), application_name="another") as holder:
        holder.execute("select pg_advisory_lock(%s)", (KEY,))
        error = _refused(place, lock_patience=0.05)
        assert error.number == "P1002"
        assert "postgres advisory lock" in error.message
        pid = holder.info.backend_pid
        assert f'process {pid} "another" of postgres' in str(error.hint)


def test_the_lock_is_free_afterwards(place):
    place.migration("1_a", "select 1 / 0;")
    _refused(place)
    found = place.ask(
        "select count(*) from pg_locks where locktype = 'advisory' and objid = 72707369"
    )
    assert found == [(0,)]


def test_an_edited_and_a_missing_migration_show_in_the_status(place):
    place.migration("1_a", "select 1;")
    place.migration("2_b", "select 2;")
    deploy(place.project(), place.say)
    (place.folder / "migrations/1_a/migration.sql").write_text("select 3;")
    (place.folder / "migrations/2_b/migration.sql").unlink()
    (place.folder / "migrations/2_b").rmdir()
    place.migration("3_c", "select 3;")
    seen = status(place.project())
    assert (seen.edited, seen.missing, seen.pending) == (["1_a"], ["2_b"], ["3_c"])
    assert seen.last_common == "1_a"


def test_a_folder_without_its_script_is_refused(place):
    (place.folder / "migrations/1_a").mkdir(parents=True)
    assert _refused(place).number == "P3015"


def test_another_databases_migrations_are_refused(place):
    place.migration("1_a", "select 1;")
    (place.folder / "migrations/migration_lock.toml").write_text('provider = "sqlite"\n')
    assert _refused(place).number == "P3019"


def _start(place: Place) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "forebay", "migrate", "deploy", "--schema", "schema.prisma"],
        cwd=place.folder,
        env={**clean_environment(), "DATABASE_URL": place.url.text()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ten_at_once_apply_everything_once(place):
    place.migration("01_a", "create table a (i serial, at timestamp default now());")
    for number in range(2, 12):
        place.migration(f"{number:02}_b", "insert into a default values;")
    running = [_start(place) for _ in range(10)]
    ended = [(one.communicate(timeout=120), one.returncode) for one in running]
    assert [code for _, code in ended] == [0] * 10, ended
    assert place.ask("select count(*) from a") == [(10,)]
    assert place.ask("select count(*), count(finished_at) from _prisma_migrations") == [(11, 11)]


def test_who_waits_does_not_hold_up_an_index_that_is_made_concurrently(place):
    place.migration("1_a", "create table a (i int);")
    place.migration("2_b", "select pg_sleep(0.3);")
    place.migration("3_c", "create index concurrently x on a (i);")
    running = [_start(place) for _ in range(3)]
    ended = [(one.communicate(timeout=120), one.returncode) for one in running]
    assert [code for _, code in ended] == [0] * 3, ended


def test_one_that_is_killed_half_way_is_seen_and_resumed(place):
    place.migration("1_a", "create table a (i int);")
    place.migration("2_b", "insert into a values (1); select pg_sleep(600);")
    place.migration("3_c", "insert into a values (3);")
    running = _start(place)
    asleep = "select pid from pg_stat_activity where query like '%pg_sleep(600)%'"
    asleep += " and pid <> pg_backend_pid() and datname = current_database()"
    wait_until(lambda: place.ask(asleep))
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=120)
    # Its server goes on with what it was told, and holds the lock for as long.
    ((pid,),) = place.ask(asleep)
    assert _refused(place, lock_patience=0.05).number == "P1002"
    place.ask(f"select pg_terminate_backend({pid}, 10000)")
    assert _refused(place).number == "P3009"
    assert place.ask("select * from a") == []
    mark_rolled_back(place.project(), "2_b")
    (place.folder / "migrations/2_b/migration.sql").write_text("insert into a values (2);")
    assert deploy(place.project(), place.say).applied == ["2_b", "3_c"]
    assert place.ask("select i from a") == [(2,), (3,)]


def test_a_script_with_a_zero_byte_is_refused_rather_than_cut_short(place):
    place.migration("1_a", "create table a (i int);\0create table b (i int);")
    error = _refused(place)
    assert error.number == "P3018"
    assert "the script holds a zero byte" in error.message
    assert place.ask("select to_regclass('a')::text") == [(None,)]
    with pytest.raises(MigrationError, match="zero byte"):
        execute(place.url, "create table a (i int);\0create table b (i int);")
    assert place.ask("select to_regclass('a')::text") == [(None,)]


def test_a_script_that_is_not_utf_8_is_told_from_one_that_is_missing(place):
    place.migration("1_a", "select 1;")
    (place.folder / "migrations" / "1_a" / "migration.sql").write_bytes(b"select '\xe9';")
    error = _refused(place)
    assert (error.number, error.hint) == (
        "P3015",
        "the file is there, and is not UTF-8 (byte 8): save it as UTF-8",
    )


# What is left of a script that no transaction undoes


def _busy(place: Place) -> None:
    place.ask("create table busy (i int); insert into busy values (1), (1)")
    place.migration("0_old", "create table busy (i int);")
    mark_applied(place.project(), "0_old")


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("create unique index concurrently x on busy (i)", '"x"'),
        ("-- why\nCREATE UNIQUE INDEX CONCURRENTLY  IF NOT EXISTS Xx ON busy (i);", '"xx"'),
        ('create unique index concurrently /* a */ "a ""b" on busy (i);', '"a ""b"'),
    ],
)
def test_an_index_that_was_not_built_to_its_end_is_named(place, script, name):
    _busy(place)
    place.migration("1_a", script)
    hint = str(_refused(place).hint)
    assert f"DROP INDEX CONCURRENTLY IF EXISTS {name}" in hint
    assert "nothing of it was kept" not in hint
    assert "same values" in hint
    place.ask(f"drop index concurrently if exists {name}")
    place.ask("truncate busy")
    mark_rolled_back(place.project(), "1_a")
    assert deploy(place.project(), place.say).applied == ["1_a"]


def test_what_a_block_has_committed_is_not_said_to_be_undone(place):
    _busy(place)
    place.migration("1_a", "do $$ begin insert into busy values (2); commit; perform 1 / 0; end $$")
    assert "what it has committed itself stays" in str(_refused(place).hint)
    assert place.ask("select count(*) from busy") == [(3,)]


def test_a_refused_script_says_the_way_on(place):
    place.ask("create type e as enum ('a')")
    place.migration("1_a", "alter type e add value 'b'; create table t (e e default 'b');")
    hint = str(_refused(place).hint)
    assert "nothing of it was kept" in hint
    assert "into a migration of its own" in hint
    assert "forebay migrate resolve --rolled-back 1_a" in hint


def test_an_index_that_waited_too_long_is_dropped_and_built_again(place):
    place.ask("create table busy (i int)")
    place.migration("0_old", "create table busy (i int);")
    mark_applied(place.project(), "0_old")
    place.migration("1_a", "create index concurrently x on busy (i);")
    with psycopg.connect(place.url.text()) as holder:
        holder.execute("lock table busy in row exclusive mode")
        invalid = []

        def say(text):
            place.say(text)
            if "again in" in text:
                invalid.append(place.ask("select to_regclass('x')")[0][0])
                holder.rollback()

        deploy(place.project(), say, patience=Patience(0.1, 3, 0.01))
    assert invalid == ["x"]
    assert place.ask("select indisvalid from pg_index where indexrelid = 'x'::regclass") == [
        (True,)
    ]


def test_what_was_undone_once_and_then_applied_has_not_failed(place):
    place.migration("1_a", "select 1 / 0;")
    _refused(place)
    mark_rolled_back(place.project(), "1_a")
    (place.folder / "migrations/1_a/migration.sql").write_text("select 1;")
    deploy(place.project(), place.say)
    with pytest.raises(MigrationError, match="not in a failed state"):
        mark_rolled_back(place.project(), "1_a")
