"""The examples of strong_migrations' page, in its order."""

from __future__ import annotations

from bench.prove.migrate_lint_examples import STRONG
from bench.prove.migrate_lint_examples import of as _of

_FILL = "update reader set name = 'x' where id between 1 and 100"

EXAMPLES = [
    *_of(STRONG, "removing a column", ("FM201", "alter table reader drop column nickname")),
    *_of(
        STRONG,
        "changing the type of a column",
        ("FM113", "alter table reader alter column name type int using length(name)"),
        ("", "alter table reader alter column network type inet"),
        ("", "alter table reader alter column joined type timestamp(6)"),
        ("", "alter table reader alter column joined type timestamp"),
        ("", "set timezone = 'UTC'; alter table reader alter column joined type timestamptz(3)"),
        (
            "FM113",
            "set timezone = 'Asia/Tokyo'; alter table reader alter joined type timestamptz(3)",
        ),
        ("", "alter table reader alter column price type numeric(8, 2)"),
        ("", "alter table reader alter column price type numeric"),
        ("FM113", "alter table reader alter column price type numeric(6, 1)"),
        ("", "alter table reader alter column nap type interval(6)"),
        ("", "alter table reader alter column nap type interval"),
        ("", "alter table reader alter column wide type varchar(20)"),
        ("", "alter table reader alter column wide type varchar"),
        ("", "alter table reader alter column wide type text"),
        ("", "alter table reader alter column name type varchar"),
        ("", "alter table reader alter column alarm type time(6)"),
        ("", "alter table reader alter column alarm type time"),
        ("", "alter table reader alter column seen type timestamptz(6)"),
        ("", "set timezone = 'UTC'; alter table reader alter column seen type timestamp(3)"),
    ),
    *_of(
        STRONG,
        "renaming a column",
        ("FM301", "alter table reader rename column mail to email"),
    ),
    *_of(STRONG, "renaming a table", ("FM302", "alter table star rename to favourite")),
    *_of(
        STRONG,
        "creating a table with the force option",
        (
            "FM202",
            "drop table if exists star cascade; create table star (id bigserial primary key)",
        ),
        ("", "create table galaxy (id bigserial primary key)"),
    ),
    *_of(
        STRONG,
        "adding an auto-incrementing column",
        ("FM115", "alter table reader add column number bigserial primary key"),
    ),
    *_of(
        STRONG,
        "adding a stored generated column",
        ("FM116", "alter table reader add column x int generated always as (a * b) stored"),
        ("", "alter table reader add column x int"),
    ),
    *_of(
        STRONG,
        "adding a foreign key",
        (
            "FM101",
            "alter table letter add constraint k foreign key (writer_id) references writer (id)",
        ),
        (
            "FM101 FM107",
            "alter table recipe add column writer_id bigint;"
            " create index i on letter (reader_id);"
            " alter table letter add constraint k foreign key (writer_id) references writer (id)",
        ),
        (
            "",
            "alter table letter add constraint k foreign key (writer_id) references writer (id)"
            " not valid",
        ),
    ),
    *_of(
        STRONG,
        "adding a check constraint",
        ("FM102", "alter table reader add constraint k check (price > 0)"),
        ("", "alter table reader add constraint k check (price > 0) not valid"),
    ),
    *_of(
        STRONG,
        "backfilling data",
        (
            "FM118",
            "begin; alter table recipe add column x text;"
            " update recipe set x = 'y' where id > 0; commit",
        ),
        ("FM207", "update reader set name = 'x'"),
        ("", _FILL),
    ),
    *_of(
        STRONG,
        "adding an index non-concurrently",
        ("FM107", "create index i on reader (name)"),
        ("", "create index concurrently i on reader (name)"),
        ("", "create table x (id int, n int); create index i on x (n)"),
    ),
    *_of(
        STRONG,
        "adding a reference",
        (
            "FM107",
            "alter table reader add column city_id bigint; create index i on reader (city_id)",
        ),
        (
            "",
            "alter table reader add column city_id bigint;"
            " create index concurrently i on reader (city_id)",
        ),
    ),
    *_of(
        STRONG,
        "adding a unique constraint",
        ("FM104", "alter table reader add constraint k unique (code)"),
        (
            "",
            "create unique index concurrently i on reader (code);"
            " alter table reader add constraint k unique using index i",
        ),
    ),
    *_of(
        STRONG,
        "adding an exclusion constraint",
        ("FM106", "alter table booking add constraint k exclude using gist (during with &&)"),
    ),
    *_of(
        STRONG,
        "adding a json column",
        ("FM308", "alter table reader add column settings json"),
        ("", "alter table reader add column settings jsonb"),
    ),
    *_of(
        STRONG,
        "adding a column with a volatile default value",
        ("FM114", "alter table reader add column x uuid default gen_random_uuid()"),
        (
            "",
            "alter table reader add column x uuid;"
            " alter table reader alter column x set default gen_random_uuid()",
        ),
    ),
    *_of(
        STRONG,
        "setting NOT NULL on an existing column",
        ("FM112", "alter table reader alter column score set not null"),
        (
            "",
            "alter table reader add constraint k check (score is not null) not valid;"
            " alter table reader validate constraint k;"
            " alter table reader alter column score set not null;"
            " alter table reader drop constraint k",
        ),
    ),
    *_of(
        STRONG,
        "renaming an enum value",
        ("FM304", "alter type state rename value 'done' to 'completed'"),
        ("", "alter type state add value 'completed' after 'done'"),
    ),
    *_of(STRONG, "renaming a schema", ("FM303", "alter schema sales rename to orders")),
    *_of(
        STRONG,
        "keeping non-unique indexes to three columns or less",
        ("FM508", "create index concurrently i on reader (a, b, score, code)"),
        ("", "create index concurrently i on reader (code, a)"),
    ),
    *_of(
        "Forebay",
        "foreign-key-without-index",
        (
            "FM601",
            "alter table letter add constraint k foreign key (reader_id) references writer (id)"
            " not valid",
        ),
    ),
]
