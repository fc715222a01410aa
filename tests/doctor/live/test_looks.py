"""How the live rules look: from whom, through what, and what they leave alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from forebay.doctor.live.database import LiveDatabase, Patience, Plan, looking
from forebay.doctor.live.look import examine_live
from forebay.doctor.registry import all_rules, find_rule
from forebay.doctor.run import Reported
from forebay.errors import ConnectionFailed
from tests.doctor.live.troubles import abandoned, unused
from tests.doctor.live.world import NAME, OWNER, STRANGER, WATCHER, World, fixes, running_world
from tests.support.encrypted import tls_binaries
from tests.support.service import SERVE, start_service
from tests.support.waiting import wait_until

LIVE = [rule for rule in all_rules() if rule.check_live]


@pytest.fixture(scope="module")
def running() -> Iterator[World]:
    with running_world() as world:
        yield world


@pytest.fixture
def world(running: World) -> Iterator[World]:
    yield running
    running.close()
    running.run("drop index if exists orders_note_idx")


def codes(found: list[Reported]) -> list[str]:
    return [one.rule.code for one in found]


def test_a_stranger_is_told_what_it_does_not_see_and_the_right_shows_it(world: World) -> None:
    abandoned(world)
    # Who blocks whom is everybody's to see.
    wait_until(lambda: "FD907" in codes(world.look(role=STRANGER)))
    seen = world.look(role=STRANGER)
    first = next(one for one in seen if one.rule.code == "FD901")
    assert (
        "sees neither the state nor the age of 3 sessions of other roles" in first.finding.message
    )
    assert "FD905" not in codes(seen)
    (grant,) = fixes(first)
    world.run(grant)
    try:
        assert codes(world.look(role=STRANGER)) == ["FD905"]
    finally:
        world.run(f"revoke pg_monitor from {STRANGER}")


def test_a_sequence_that_is_hidden_is_said(world: World) -> None:
    world.run("create table short (id serial primary key)", OWNER)
    try:
        (only,) = world.look()
        assert "does not see how far 1 sequence of integers has come" in only.finding.message
        for statement in fixes(only):
            world.run(statement)
        assert world.look() == []
    finally:
        world.run("drop table short")


def test_an_owner_without_other_rights_finds_what_is_its_own(world: World) -> None:
    unused(world)
    assert codes(world.look(role=OWNER)) == ["FD909"]


def test_the_look_is_read_only_short_and_by_its_name(world: World) -> None:
    with looking(world.url()) as database:
        ((name, state),) = world.run(
            f"select application_name, state from pg_stat_activity where usename = '{WATCHER}'"
        )
        assert (name, state) == ("forebay doctor", "idle in transaction")
        settings = {
            row["name"]: row["setting"]
            for row in database.rows(
                "select name, setting from pg_settings where name in ('statement_timeout',"
                " 'lock_timeout', 'transaction_read_only')"
            )
        }
        assert settings == {
            "statement_timeout": "10000",
            "lock_timeout": "1000",
            "transaction_read_only": "on",
        }
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            database.rows("create table forbidden ()")
        # The session goes on after a refusal, and another look does not find this one.
        assert database.rows("select 1 as one") == [{"one": 1}]
        assert world.look(patience=Patience(0, 0, 0)) == []


def test_a_locked_table_stops_no_rule(world: World) -> None:
    unused(world)
    one = world.connect(application="locker")
    for table in ("orders", "customers"):
        one.execute(sql.SQL("lock table {}").format(sql.Identifier(table)))
    world.wait_for("application_name = 'locker' and state = 'idle in transaction'")
    wait_until(lambda: codes(world.look()) == ["FD905", "FD909"])


@contextmanager
def _gateway(world: World, folder: Path, port: int) -> Iterator[str]:
    (folder / "users.txt").write_text(f'"{WATCHER}" ""\n')
    (folder / "forebay.toml").write_text(
        f'listen_port = {port}\nauth_type = "trust"\nauth_file = "users.txt"\n'
        f'pool_mode = "transaction"\n[databases.{NAME}]\nhost = "127.0.0.1"\n'
        f"port = {world.server.port}\n"
    )
    with start_service([*SERVE, "forebay.toml"], folder) as service:
        service.wait_until_listening()
        yield f"postgresql://{WATCHER}@127.0.0.1:{port}/{NAME}"


def test_through_a_gateway_the_same_is_found(
    world: World, tmp_path: Path, closed_port: int
) -> None:
    unused(world)
    subject = abandoned(world)
    wait_until(lambda: codes(world.look()) == ["FD905", "FD909"])
    with _gateway(world, tmp_path, closed_port):
        url = replace(world.url(), port=closed_port)
        for _ in range(2):
            found = world.look(url=url)
            assert codes(found) == ["FD905", "FD909"]
            assert found[0].finding.subject == subject
        with looking(url) as database:
            assert database.is_pooled
        # What it set for itself is not left behind on the server.
        with psycopg.connect(url.text()) as client:
            row = client.execute("select current_setting('statement_timeout')").fetchone()
    assert row == ("0",)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(10, 2, 4), None),
        (Plan(20, 4, 2), "20 instances * 4 workers * a pool of 2 may ask for 160 connections"),
        (Plan(200, 1, 1), "cannot fit: floor("),
    ],
)
def test_the_budget_multiplies(plan: Plan, words: str | None, world: World) -> None:
    found = world.look(plan=plan)
    assert codes(found) == ([] if words is None else ["FD902"])
    if words is not None:
        assert words in found[0].finding.message + (found[0].finding.help or "")


def test_a_server_that_lets_nobody_in_is_found_by_that(world: World) -> None:
    world.run("create role last login; alter role last connection limit 1")
    world.connect("last", autocommit=True).execute("select 1")
    try:
        report, unanswered = examine_live(LIVE, None, world.url("last"))
        assert codes(report.found) == ["FD904"]
        assert "refused this look as well" in report.found[0].finding.message
        assert unanswered
        with pytest.raises(ConnectionFailed):
            examine_live([find_rule("FD905")], None, world.url("last"))
    finally:
        world.close()
        world.run("drop role last")


def test_one_refusal_ends_no_other_rule(world: World) -> None:
    def refused(database: LiveDatabase) -> Iterator[object]:
        database.rows("select * from pg_authid")
        yield {}

    broken = replace(LIVE[0], code="FD000", check_live=refused)  # type: ignore[arg-type]
    unused(world)
    report, unanswered = examine_live([broken, *LIVE], None, world.url())
    assert codes(report.found) == ["FD909"]
    assert len(unanswered) == 1
    assert "permission denied" in unanswered[0]


def test_names_that_need_quotes_are_quoted(world: World) -> None:
    world.run(
        'create schema "My Shop"; create table "My Shop"."Line Items"'
        ' ("Id" int primary key, "order Id" bigint references public.orders)',
    )
    try:
        (only,) = world.found("FD908")
        (statement,) = fixes(only)
        assert statement == ('CREATE INDEX CONCURRENTLY ON "My Shop"."Line Items" ("order Id");')
        world.run(statement)
        assert world.found("FD908") == []
    finally:
        world.run('drop schema "My Shop" cascade')


def test_indexes_that_find_a_key_by_another_way_suffice(world: World) -> None:
    """A wider index, columns in another order, and one of what is not null all serve a key."""
    world.run(
        "create table pairs (a int, b int, primary key (a, b));"
        "create table one (id int primary key, a int, b int, foreign key (a, b) references pairs);"
        "create index on one (b, a, id);"
        "create table two (id int primary key, c bigint references customers);"
        "create index on two (c) where c is not null;"
        "create table three (id int primary key, c bigint references customers);"
        "create index on three (c) where id > 5;"
        "create table four (id int primary key, c bigint references customers);"
        "create index on four (id, c)",
        OWNER,
    )
    try:
        subjects = [one.finding.subject for one in world.found("FD908")]
        assert sorted(filter(None, subjects)) == [
            "public.four.four_c_fkey",
            "public.three.three_c_fkey",
        ]
    finally:
        world.run("drop table one, two, three, four, pairs")


def test_a_partitioned_table_is_named_once(world: World) -> None:
    world.run(
        "create table parts (id int, c bigint references customers, primary key (id))"
        " partition by range (id);"
        "create table parts_1 partition of parts for values from (0) to (10);"
        "create table parts_2 partition of parts for values from (10) to (20)",
        OWNER,
    )
    try:
        (only,) = world.found("FD908")
        assert only.finding.subject == "public.parts.parts_c_fkey"
        (statement,) = fixes(only)
        assert statement == "CREATE INDEX ON public.parts (c);"
        world.run(statement)
        assert world.found("FD908") == []
    finally:
        world.run("drop table parts")


def test_unique_indexes_and_those_of_constraints_are_never_to_be_dropped(world: World) -> None:
    world.run(
        "create table kept (id int primary key, code text unique, other text);"
        "create unique index on kept (other);"
        "create index on kept (id, code);"
        "insert into kept select n, n::text, n::text from generate_series(1, 50) n;"
        "analyze kept; set enable_seqscan = off; select from kept where id = 3 and code = '3'",
        OWNER,
    )
    try:
        named = [one.finding.subject for one in world.look()]
        assert [one for one in named if one not in (None, "public.kept_id_code_idx")] == []
    finally:
        world.run("drop table kept")


def test_slow_statements_are_those_that_run_often() -> None:
    with running_world(tls_binaries()) as world:
        for _ in range(20):
            world.run("select pg_sleep(0.06), count(*) from customers where id = 4", OWNER)
        world.run("alter role stranger password 'never to be shown'")
        (only,) = world.look()
        assert only.rule.code == "FD920"
        notes = " ".join(note.text for note in only.finding.notes)
        assert "pg_sleep($1)" in notes
        assert "never to be shown" not in notes
        world.close()


def test_old_transaction_ids_and_what_keeps_them_old() -> None:
    """Half a billion ids are skipped while a prepared transaction holds the horizon."""
    with running_world() as world:
        with world.connect() as one:
            one.execute("update customers set name = 'held' where id = 1")
            one.execute("prepare transaction 'holder'")
        world.close()
        world.skip_to(500_000_000)
        named = {found.finding.subject: found for found in world.found("FD915")}
        here = named[f"database {NAME}"]
        notes = " ".join(note.text for note in here.finding.notes)
        assert "prepared transaction holder keeps the last" in notes
        assert "transaction ids 4" in here.finding.message or "ids 5" in here.finding.message
        (left,) = world.found("FD917")
        for statement in [*fixes(left), *fixes(here)]:
            world.run(statement)
        wait_until(
            lambda: f"database {NAME}" not in [one.finding.subject for one in world.found("FD915")],
            timeout=120,
        )
        world.close()
