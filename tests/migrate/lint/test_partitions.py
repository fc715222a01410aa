"""The locks that the linter foretells on partitions, and on heirs, are those of PostgreSQL."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.linter import Linter, Options
from forebay.migrate.lint.locks import locks
from forebay.migrate.lint.modes import Lock, Mode
from forebay.migrate.lint.parse import parse
from forebay.migrate.lint.registry import Severity
from forebay.migrate.lint.report import Writer, as_json
from forebay.migrate.lint.story import Story
from forebay.migrate.lint.transactions import Place

SETUP = """
create table parent (id int primary key);
create table p (id int, part int, amount int, low int not null) partition by list (part);
create table p1 partition of p for values in (1);
create table p2 partition of p for values in (2) partition by range (id);
create table p2a partition of p2 for values from (0) to (10);
create table p3 (id int, part int, amount int, low int not null,
    constraint p_ck check (amount > 0) not valid);
alter table p add constraint p_ck check (amount > 0) not valid;
create table q (id int, part int) partition by list (part);
create table q1 partition of q for values in (1);
create table q2 partition of q for values in (2) partition by range (id);
create table q2a partition of q2 default;
create table qd partition of q default;
create table q3 (id int, part int) partition by range (id);
create table q3a partition of q3 default;
create index p_amount on p (amount);
create table k (id int, part int, pid int references parent (id), unique (id, part))
    partition by list (part);
create table k1 partition of k for values in (1);
create table ref (id int, part int,
    constraint ref_fk foreign key (id, part) references k (id, part));
create table old (id int, word text);
create table heir () inherits (old);
create table heirs_heir () inherits (heir);
create index old_id on old (id);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger rows before insert on p for each row execute function touch();
create trigger whole before insert on p for each statement execute function touch();
"""
STATEMENTS = [
    "alter table p add column x int",
    "alter table p add column x int references parent (id)",
    "alter table p drop column amount",
    "alter table p alter column amount type bigint",
    "alter table p alter column amount set not null",
    "alter table p alter column low drop not null",
    "alter table p alter column amount set default 1",
    "alter table only p alter column amount set default 1",
    "alter table p alter column amount set statistics 50",
    "alter table p alter column amount set (n_distinct = 5)",
    "alter table p alter column amount set storage plain",
    "alter table p add constraint c check (id > 0)",
    "alter table p add constraint c check (id > 0) not valid",
    "alter table p add constraint c unique (id, part)",
    "alter table p add primary key (id, part)",
    "alter table p add constraint c foreign key (amount) references parent (id)",
    "alter table p add foreign key (amount) references parent (id), enable row level security",
    "alter table p validate constraint p_ck",
    "alter table p drop constraint p_ck",
    "alter table k drop constraint k_pid_fkey",
    "alter table ref drop constraint ref_fk",
    "alter table ref add foreign key (id, part) references k (id, part)",
    "alter table ref add column n int, add foreign key (n, part) references k (id, part)",
    "create table new (a int, b int, foreign key (a, b) references k (id, part))",
    "alter table p enable row level security",
    "alter table p replica identity full",
    "alter table p disable trigger all",
    "alter table p disable trigger rows",
    "alter table only p disable trigger rows",
    "alter table p rename column amount to much",
    "alter table p rename constraint p_ck to other",
    "alter table k rename constraint k_id_part_key to other",
    "alter table p owner to postgres",
    "alter table p set schema apart",
    "alter table p attach partition p3 for values in (3)",
    "alter table p detach partition p1",
    "alter table p detach partition p2",
    "alter table q attach partition q3 for values in (3)",
    "alter table q detach partition q1",
    "alter table q detach partition qd",
    "create table q4 partition of q for values in (4)",
    "create table p4 partition of p for values in (4)",
    "create index on p (amount)",
    "create index on only p (amount)",
    "create unique index on p (id, part)",
    "create index on p2 (amount)",
    "drop index p_amount",
    "drop table p1",
    "drop table q1",
    "drop table p2",
    "drop table p",
    "truncate p",
    "truncate p2",
    "truncate k cascade",
    "lock table p",
    "lock table only p",
    "lock table p in share mode",
    "analyze p",
    "create trigger t before insert on p for each row execute function touch()",
    "create trigger t before insert on p for each statement execute function touch()",
    "drop trigger rows on p",
    "drop trigger whole on p",
    "create policy x on p",
    "comment on table p is 'x'",
    "alter table p1 add check (id > 5)",
    "create index on p1 (amount)",
    "alter table old add column x int",
    "alter table old drop column id",
    "alter table old alter column id set not null",
    "alter table old alter column id type bigint",
    "alter table heir alter column word set default 'x'",
    "alter table only old alter column id set default 1",
    "alter table old disable trigger all",
    "create index on old (id)",
    "drop index old_id",
    "truncate old",
    "truncate only old",
    "lock table old",
    "alter table heir no inherit old",
    "alter table heirs_heir inherit old",
]
_HELD = """
select c.relname::text, l.mode from pg_locks l
join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
where l.locktype = 'relation' and l.granted and l.pid = pg_backend_pid()
    and n.nspname in ('public', 'apart') and c.relkind in ('r', 'p')
"""


@pytest.fixture(scope="module", params=["embedded", "system_server"])
def there(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    """A database with partitions, on either server; no statement changes it for good."""
    server = request.getfixturevalue(request.param)
    name = f"parts_{secrets.token_hex(6)}"
    with psycopg.connect(server.url.text(), autocommit=True) as administrator:
        administrator.execute(f'create database "{name}"'.encode())
        url = replace(server.url, database=name)
        with psycopg.connect(url.text(), autocommit=True) as made:
            made.execute("create schema apart")
            made.execute(SETUP.encode())
            yield made
        administrator.execute(f'drop database "{name}" with (force)'.encode())


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_lock_is_the_one_that_postgresql_takes(there, statement):
    before = {name for (name,) in there.execute("select relname::text from pg_class")}
    told = locks(parse(statement).statements[0], Story(Facts(there)))
    there.execute("begin")
    try:
        there.execute(statement.encode())
        held: dict[str, Mode] = {}
        for name, mode in there.execute(_HELD).fetchall():
            number = next(one for one in Mode if one.in_catalog == mode)
            if name in before:
                held[name] = max(held.get(name, number), number)
        after = {name for (name,) in there.execute("select relname::text from pg_class")}
    finally:
        there.execute("rollback")
    # What is dropped is in no catalog any more, and its lock has no name.
    assert {one.relation.name: one.mode for one in told if one.relation.name in after} == held
    dropped = {one.relation.name for one in told} - after
    assert dropped == (before - after) & {"p", "p1", "p2", "p2a", "q1", "k1"}


def _linter(there: psycopg.Connection[Any]) -> Linter:
    return Linter(Options("single"), Facts(there))


def test_what_the_script_attaches_and_detaches_is_known(there):
    story = Story(Facts(there))
    told: Sequence[Lock] = ()
    text = "alter table p detach partition p1; alter table p attach partition p3 for values in (3);"
    text += "alter table p add column x int;"
    for statement in parse(text).statements:
        told = locks(statement, story)
        story.take(statement, Place(None), told)
    assert {one.relation.name for one in told} == {"p", "p2", "p2a", "p3"}


def test_the_size_of_a_partitioned_table_is_that_of_its_partitions(there):
    there.execute("begin")
    try:
        there.execute(
            "insert into p select i % 10, 1 + i % 2, 1, 1 from generate_series(1, 20000) i"
        )
        there.execute("analyze p")
        report = _linter(there).lint("a.sql", "create index on p (amount);")
        (one,) = [each for each in report.findings if each.rule.code == "FM107"]
        assert one.level is Severity.ERROR
        assert [(name, size.rows, size.is_counted) for name, size in one.sizes] == [
            ("p", 20000, True)
        ]
        text = Writer().text([report], Severity.ERROR, has_locks=True)
        assert "lock: SHARE on p1, p2, p2a, below p: blocks writes" in text
        assert "SHARE on p2a: blocks writes, below p (about 10,000 rows, " in text
        (statement,) = json.loads(as_json([report], Severity.NOTE))["scripts"][0]["statements"]
        assert statement["locks"][1] == {
            "relation": "p1",
            "mode": "SHARE",
            "blocks": "writes",
            "below": "p",
        }
        assert [one["relation"] for one in statement["sizes"]] == ["p", "p1", "p2", "p2a"]
    finally:
        there.execute("rollback")


def test_many_partitions_are_not_all_named(there):
    there.execute("begin")
    try:
        for number in range(100, 130):
            there.execute(
                f"create table p{number} partition of p for values in ({number})".encode()
            )
        report = _linter(there).lint("a.sql", "alter table p drop column amount;")
        text = Writer().text([report], Severity.NOTE, has_locks=True)
        assert "on p1, p100, p101, p102, p103 and 28 more, below p: blocks reads" in text
        assert "and the like on 13 partitions more" in text
    finally:
        there.execute("rollback")
