"""Beside a database the linter counts: sizes, values, nulls, types, who refers to whom."""

import pytest

from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.linter import Finding, Linter, Options
from forebay.migrate.lint.registry import Severity


@pytest.fixture
def lint(place):
    def run(text: str) -> list[Finding]:
        facts = Facts(place.connection)
        return list(Linter(Options("single"), facts).lint("a.sql", text).findings)

    return run


def _one(found: list[Finding]) -> Finding:
    (one,) = found
    return one


def test_what_takes_long_on_a_large_table_is_a_note_on_a_small_one(place, lint):
    place.ask("create table a (i int, n text)")
    statement = "create index on a (i)"
    one = _one(lint(statement))
    assert (one.level, str(one.sizes[0][1])) == (Severity.NOTE, "empty")
    place.ask("insert into a select g, repeat('x', 100) from generate_series(1, 20000) g")
    one = _one(lint(statement))
    assert one.level is Severity.ERROR
    name, size = one.sizes[0]
    assert (name, size.rows, size.is_counted) == ("a", 20000, True)
    assert str(size).startswith("20,000 rows, ")


def test_values_that_would_be_lost_are_counted(place, lint):
    place.ask("create table a (i int, b text)")
    place.ask("insert into a values (1, 'x'), (2, null), (3, 'y')")
    assert _one(lint("alter table a drop column b")).notes == ("2 values would be lost",)
    assert _one(lint("drop table a")).notes == ("3 rows would be lost",)
    assert _one(lint("truncate a")).notes == ("3 rows would be lost",)
    place.ask("update a set b = null")
    assert _one(lint("alter table a drop column b")).notes == ("no row has a value in it",)


def test_what_fails_on_the_rows_that_are_there_stays_an_error(place, lint):
    place.ask("create table a (i int, b text)")
    place.ask("insert into a values (1, 'x'), (2, null)")
    one = _one(lint("alter table a alter column b set not null"))
    assert (one.level, one.notes) == (Severity.ERROR, ("it fails: 1 of 2 rows are null",))
    one = _one(lint("alter table a add column c int not null"))
    assert (one.level, one.notes) == (Severity.ERROR, ("it fails: there are 2 rows",))
    place.ask("delete from a")
    one = _one(lint("alter table a add column c int not null"))
    assert (one.level, one.notes) == (Severity.WARNING, ("the table is empty",))


def test_types_indexes_and_checks_of_the_database_are_known(place, lint):
    place.ask("create table b (id int primary key)")
    place.ask("create table a (v varchar(10), n int, b_id int, ts timestamp(3))")
    place.ask("create index on a (b_id, n)")
    place.ask("alter table a add constraint n_there check (n is not null)")
    assert lint("alter table a alter column v type varchar(20)") == []
    assert lint("alter table a alter column ts type timestamp(6)") == []
    assert "from character varying(10)" in _one(lint("alter table a alter v type int")).message
    # Only the level of what a large table would make of it is lowered.
    said = lint("alter table a add foreign key (b_id) references b (id)")
    assert {one.rule.code for one in said} == {"FM101"}
    if place.connection.info.server_version >= 120000:
        assert lint("alter table a alter column n set not null") == []


def test_a_table_that_the_script_does_not_name_is_found(place, lint):
    place.ask("create table b (id int primary key)")
    place.ask("create table a (b_id int references b (id))")
    place.ask("create index i on a (b_id)")
    assert str(_one(lint("drop index i")).locks[0]).startswith("ACCESS EXCLUSIVE on public.a")
    (one,) = lint("truncate b cascade")
    assert one.message == "the rows of b are lost, and with them those of public.a"
    assert [str(lock.relation) for lock in one.locks] == ["b", "public.a"]


def test_a_partitioned_table_has_the_size_of_its_parts_and_a_view_has_none(place, lint):
    place.ask("create table a (i int) partition by list (i)")
    place.ask("create view v as select 1 as one")
    assert Facts(place.connection).is_there
    ((_, size),) = _one(lint("create index on a (i)")).sizes
    assert str(size) == "empty"
    assert _one(lint("alter view v rename to w")).sizes == ()


def test_what_the_role_may_not_read_is_not_known(place):
    place.ask("create table a (i int)")
    place.ask("create role nobody_special")
    try:
        place.ask("set role nobody_special")
        facts = Facts(place.connection)
        one = _one(list(Linter(Options("single"), facts).lint("a", "drop table a").findings))
        assert one.level is Severity.WARNING
    finally:
        place.ask("reset role")
        place.ask("drop role nobody_special")
