"""Ctrl-C during a deploy: what it says, what it records, and what it leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest

from forebay.migrate.commands.deploy import deploy
from forebay.migrate.lock import KEY
from tests.migrate.conftest import Place
from tests.running import clean_environment
from tests.support.waiting import wait_until

ROWS = "select migration_name, finished_at is not null, rolled_back_at is not null,"
ROWS += " applied_steps_count, logs from _prisma_migrations order by started_at"
LOCKS = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {KEY}"


@pytest.fixture
def start(place: Place) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start deployments, none of which outlives the test."""
    with ExitStack() as stack:

        def started(*options: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-m", "forebay", "migrate", "deploy", "--no-lint", *options],
                cwd=place.folder,
                env={**clean_environment(), "DATABASE_URL": place.url.text()},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                # A shell has what runs in its background ignore SIGINT.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield started


def _wait_for(place: Place, query: str) -> None:
    wait_until(
        lambda: place.ask(
            f"select 1 from pg_stat_activity where query like '%{query}%' and state = 'active'"
            " and pid <> pg_backend_pid() and datname = current_database()"
        )
    )


def _end(running: subprocess.Popen[str], number: int) -> tuple[int, str]:
    running.send_signal(number)
    _, said = running.communicate(timeout=120)
    return running.returncode, said


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_script_that_is_interrupted_is_undone_and_recorded(place, start, number, code):
    place.migration("1_a", "create table a (i int);")
    place.migration("2_b", "insert into a values (1); select pg_sleep(600);")
    place.migration("3_c", "insert into a values (3);")
    running = start()
    _wait_for(place, "pg_sleep(600)")
    ended, said = _end(running, number)
    assert ended == code
    assert said == (
        f"Error: interrupted by {signal.Signals(number).name}\n\n"
        "Applied: `1_a`\n"
        "Interrupted: `2_b`, recorded as failed. It was one transaction, and PostgreSQL has undone"
        " it: nothing of it is left.\n"
        "Not begun: `3_c`\n\n"
        "hint: `forebay migrate resolve --rolled-back 2_b` once nothing of it is left, and the next"
        " deploy runs it again\n"
    )
    (_, (name, is_finished, is_undone, steps, logs)) = place.ask(ROWS)
    assert (name, is_finished, is_undone, steps) == ("2_b", False, False, 0)
    assert logs.startswith(f"interrupted by {signal.Signals(number).name}")
    assert place.ask("select * from a") == []
    assert place.ask(LOCKS) == [(0,)]


def test_the_parts_that_are_done_are_named(place, start):
    place.migration(
        "1_a",
        "create table a (i int); create index concurrently x on a (i); select pg_sleep(600);",
    )
    running = start()
    _wait_for(place, "pg_sleep(600)")
    code, said = _end(running, signal.SIGINT)
    assert code == 130
    assert "sent in 3 parts: 2 of them are done and stay. Part 3 was cancelled" in said
    assert [row[1:4] for row in place.ask(ROWS)] == [(False, False, 2)]


def test_one_that_waits_for_a_tables_lock_stops_waiting(place, start):
    place.migration("1_a", "create table a (i int);")
    deploy(place.project(), place.say)
    place.migration("2_b", "alter table a add j int;")
    with psycopg.connect(place.url.text()) as holder:
        holder.execute("lock table a in access share mode")
        running = start("--lock-timeout", "60")
        wait_until(
            lambda: place.ask("select 1 from pg_locks where not granted and locktype = 'relation'")
        )
        code, said = _end(running, signal.SIGINT)
    assert code == 130
    assert "Interrupted: `2_b`" in said
    assert [row[1] for row in place.ask(ROWS)] == [True, False]


def test_one_that_waits_for_another_run_has_applied_nothing(place, start):
    place.migration("1_a", "create table a (i int);")
    with psycopg.connect(place.url.text(), autocommit=True) as holder:
        holder.execute(f"select pg_advisory_lock({KEY})")
        running = start("--lock-wait", "600")
        wait_until(
            lambda: place.ask(
                "select 1 from pg_stat_activity where query like '%pg_try_advisory_lock%'"
                " and pid <> pg_backend_pid() and datname = current_database()"
            )
        )
        code, said = _end(running, signal.SIGINT)
    assert (code, said) == (130, "Error: interrupted by SIGINT\n\nApplied: nothing\n")
    assert place.ask("select to_regclass('a')") == [(None,)]
