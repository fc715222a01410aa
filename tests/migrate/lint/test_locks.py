"""The locks that the linter foretells are those that PostgreSQL takes."""

from __future__ import annotations

import pytest

from forebay.migrate.lint.facts import Facts
from forebay.migrate.lint.locks import locks
from forebay.migrate.lint.modes import Mode
from forebay.migrate.lint.parse import parse
from forebay.migrate.lint.story import Story

SETUP = """
create table parent (id int primary key, code text, kind int);
create table child (id int primary key, parent_id int, note text,
    constraint child_fk foreign key (parent_id) references parent (id));
create table loose (id int primary key, parent_id int, amount int, low int not null);
alter table loose add constraint loose_ck check (amount > 0) not valid;
alter table loose add constraint loose_fk foreign key (parent_id) references parent (id) not valid;
create unique index loose_amount on loose (amount);
create table rows (id int, part int) partition by list (part);
create table rows_1 partition of rows for values in (1);
create table rows_2 (id int, part int);
create materialized view seen as select id from parent;
create unique index seen_id on seen (id);
create view plain as select id, code from parent;
create sequence counter;
create domain positive as int;
create table measured (value positive);
create type state as enum ('a', 'b');
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touched before insert on child for each row execute function touch();
"""

STATEMENTS = [
    "alter table loose add column x int",
    "alter table loose add column x int references parent (id)",
    "alter table loose add column x int generated always as (id) stored",
    "alter table loose add constraint k foreign key (parent_id) references parent (id)",
    "alter table loose add constraint k foreign key (parent_id) references parent (id) not valid",
    "alter table loose add constraint k check (id > 0)",
    "alter table loose add constraint k unique (id)",
    "alter table loose add constraint k unique using index loose_amount",
    "alter table loose validate constraint loose_ck",
    "alter table loose validate constraint loose_fk",
    "alter table loose drop constraint loose_ck",
    "alter table child drop constraint child_fk",
    "alter table loose drop column amount",
    "alter table loose alter column amount type bigint",
    "alter table loose alter column amount set not null",
    "alter table loose alter column low drop not null",
    "alter table loose alter column amount set default 1",
    "alter table loose alter column amount set statistics 50",
    "alter table loose alter column amount set (n_distinct = 5)",
    "alter table loose cluster on loose_pkey",
    "alter table loose set without cluster",
    "alter table loose set (fillfactor = 50)",
    "alter table loose reset (fillfactor)",
    "alter table loose set (autovacuum_enabled = false)",
    "alter table loose set unlogged",
    "alter table loose replica identity full",
    "alter table loose enable row level security",
    "alter table loose disable trigger all",
    "alter table loose rename column amount to much",
    "alter table loose rename to tight",
    "alter table loose rename constraint loose_ck to other",
    "alter table rows attach partition rows_2 for values in (2)",
    "alter table rows detach partition rows_1",
    "create table rows_3 partition of rows for values in (3)",
    "create table heir () inherits (loose)",
    "create table same (like loose)",
    "create table other (id int references parent (id))",
    "create table copied as select * from loose",
    "create index on loose (amount)",
    "drop index loose_amount",
    "drop table loose",
    "drop table child",
    "drop view plain",
    "drop materialized view seen",
    "drop trigger touched on child",
    "reindex table loose",
    "reindex index loose_amount",
    "cluster loose using loose_pkey",
    "refresh materialized view seen",
    "refresh materialized view concurrently seen",
    "create trigger t before insert on loose for each row execute function touch()",
    "create policy p on loose",
    "create rule r as on insert to loose do also nothing",
    "create statistics s on id, amount from loose",
    "create view v as select * from loose",
    "create or replace view plain as select id, code from parent",
    "comment on table loose is 'x'",
    "comment on column loose.amount is 'x'",
    "truncate loose",
    "truncate parent cascade",
    "lock table loose",
    "lock table loose in share mode",
    "analyze loose",
    "insert into loose select id, id, 1, 1 from parent",
    "update loose set amount = 1 where id in (select id from parent)",
    "delete from loose",
    "select * from loose for update",
    "with x as (select * from loose) select * from x join parent on true",
    "alter domain positive add constraint c check (value > 0)",
    "alter domain positive set not null",
    "alter type state rename value 'a' to 'c'",
    "alter type state add value 'c'",
    "alter table loose set schema apart",
]

_HELD = """
select c.relname::text, l.mode from pg_locks l
join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
where l.locktype = 'relation' and l.granted and l.pid = pg_backend_pid()
    and n.nspname in ('public', 'apart') and c.relkind in ('r', 'p', 'v', 'm')
"""


@pytest.fixture(scope="module")
def there(connection):
    """A database with all that the statements are about, which none of them changes for good."""
    connection.execute("create schema apart")
    connection.execute(SETUP.encode())
    return connection


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_lock_is_the_one_that_postgresql_takes(there, statement):
    before = {name for (name,) in there.execute("select relname::text from pg_class")}
    told = locks(parse(statement).statements[0], Story(Facts(there)))
    there.execute("begin")
    held: dict[str, Mode] = {}
    renamed = {"tight": "loose"}
    try:
        there.execute(statement.encode())
        taken = there.execute(_HELD).fetchall()
    finally:
        there.execute("rollback")
    for name, mode in taken:
        name = renamed.get(name, name)
        number = next(one for one in Mode if one.in_catalog == mode)
        if name in before:
            held[name] = max(held.get(name, number), number)
    # What a view reads stands in its definition, and blocks nobody.
    if statement.startswith("refresh"):
        held.pop("parent")
    told_of = {one.relation.name: one.mode for one in told}
    # What is dropped is in no catalog any more, and its lock has no name.
    if statement.startswith(("drop table", "drop view", "drop materialized")):
        told_of.pop(statement.split()[-1])
    assert told_of == held
