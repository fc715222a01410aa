"""The examples of squawk's rules, page by page."""

from __future__ import annotations

from bench.prove.migrate_lint_examples import SQUAWK, Example
from bench.prove.migrate_lint_examples import of as _of

EXAMPLES = [
    Example(
        SQUAWK,
        "adding-field-with-default",
        "alter table reader add column x integer default 10 not null",
        ("FM114",),
        version=10,
    ),
    *_of(
        SQUAWK,
        "adding-field-with-default",
        ("", "alter table reader add column x integer default 10 not null"),
        ("FM114", "alter table reader add column x uuid default gen_random_uuid()"),
        (
            "",
            "alter table reader add column x uuid;"
            " alter table reader alter column x set default gen_random_uuid()",
        ),
        (
            "FM116",
            "alter table reader add column x int generated always as (a + b) stored",
        ),
        (
            "",
            "alter table reader add column x int; create function sum_up() returns trigger as"
            " 'begin new.x := new.a + new.b; return new; end' language plpgsql;"
            " create trigger sum_up before insert on reader for each row"
            " execute procedure sum_up()",
        ),
    ),
    *_of(
        SQUAWK,
        "adding-foreign-key-constraint",
        (
            "FM101",
            "alter table letter add constraint k foreign key (writer_id) references writer (id)",
        ),
        (
            "",
            "alter table letter add constraint k foreign key (writer_id) references writer (id)"
            " not valid; alter table letter validate constraint k",
        ),
        (
            "",
            "create table parcel (id bigint generated always as identity primary key,"
            " writer_id bigint, constraint k foreign key (writer_id) references writer (id))",
        ),
        (
            "",
            "create table parcel (id bigint generated always as identity primary key,"
            " writer_id bigint); alter table parcel add constraint k foreign key (writer_id)"
            " references writer (id) not valid; alter table parcel validate constraint k",
        ),
    ),
    *_of(
        SQUAWK,
        "adding-not-nullable-field",
        ("FM112", "alter table reader alter column score set not null"),
        (
            "",
            "alter table reader add constraint k check (score is not null) not valid;"
            " alter table reader validate constraint k;"
            " alter table reader alter column score set not null",
        ),
    ),
    *_of(
        SQUAWK,
        "adding-required-field",
        ("FM307", "alter table recipe add column is_public boolean not null"),
        ("", "alter table recipe add column is_public boolean"),
        ("", "alter table recipe add column is_public boolean not null default false"),
    ),
    *_of(
        SQUAWK,
        "adding-serial-primary-key-field",
        ("FM105", "alter table reader add primary key (id)"),
        (
            "",
            "create unique index concurrently reader_pk on reader (id);"
            " alter table reader add constraint reader_pk primary key using index reader_pk",
        ),
    ),
    *_of(
        SQUAWK,
        "ban-alter-domain-with-add-constraint",
        ("FM120", "alter domain share add constraint k check (value between 0 and 100)"),
    ),
    *_of(
        SQUAWK,
        "ban-char-field",
        ("FM501", "create table x (id serial primary key, name char(100), mail character)"),
        ("", "create table x (id serial primary key, name varchar(100), mail text)"),
    ),
    *_of(
        SQUAWK,
        "ban-concurrent-index-creation-in-transaction",
        ("", "begin; create table x (id int); commit; create index concurrently on reader (name)"),
    ),
    Example(
        SQUAWK,
        "ban-concurrent-index-creation-in-transaction",
        "begin; create index concurrently i on reader (name); commit",
        ("FM401",),
        fails="25001",
    ),
    *_of(
        SQUAWK,
        "ban-create-domain-with-constraint",
        ("FM121", "create domain x as int check (value > 0)"),
    ),
    *_of(
        SQUAWK,
        "ban-drop-column",
        ("FM201", "alter table reader drop column nickname"),
    ),
    Example(SQUAWK, "ban-drop-database", "drop database nowhere", ("FM203",), fails="3D000"),
    *_of(
        SQUAWK,
        "ban-drop-not-null",
        ("FM305", "alter table reader alter column city drop not null"),
    ),
    *_of(SQUAWK, "ban-drop-table", ("FM202", "drop table star")),
    Example(
        SQUAWK,
        "ban-duplicate-column-assignments",
        "create table x (a int, a text)",
        ("FM405",),
        fails="42701",
    ),
    Example(
        SQUAWK,
        "ban-duplicate-column-assignments",
        "create view x (a, a) as select 1, 2",
        ("FM405",),
        fails="42701",
    ),
    Example(
        SQUAWK,
        "ban-duplicate-column-assignments",
        "update star set id = 1, id = 2 where id = 3",
        ("FM405",),
        fails="42601",
    ),
    *_of(
        SQUAWK,
        "ban-duplicate-column-assignments",
        (
            "",
            "create table x (a int); create view v (a, b) as select 1, 2;"
            " update star set id = 2 where id = 3",
        ),
    ),
    *_of(
        SQUAWK,
        "ban-truncate-cascade",
        ("FM206", "truncate letter cascade"),
        ("FM205", "truncate letter, stamp"),
    ),
    *_of(
        SQUAWK,
        "ban-uncommitted-transaction",
        ("FM402", "begin; create table x (id bigint)"),
        ("", "begin; create table x (id bigint); commit"),
    ),
    *_of(
        SQUAWK,
        "changing-column-type",
        ("FM113", "alter table reader alter column score type bigint"),
        ("", "alter table reader alter column title type varchar(10)"),
        ("", "alter table reader alter column wide type text"),
    ),
    *_of(
        SQUAWK,
        "constraint-missing-not-valid",
        ("FM102", "alter table reader add constraint k check (score >= 0)"),
        (
            "",
            "alter table reader add constraint k check (score >= 0) not valid;"
            " alter table reader validate constraint k",
        ),
        (
            "FM103",
            "begin; alter table reader add constraint k check (score >= 0) not valid;"
            " alter table reader validate constraint k; commit",
        ),
    ),
    *_of(
        SQUAWK,
        "disallowed-unique-constraint",
        ("FM104", "alter table reader add constraint k unique (code)"),
        ("FM104", "alter table reader add column x text constraint k unique"),
        (
            "",
            "create unique index concurrently k on reader (code);"
            " alter table reader add constraint reader_code_key unique using index k",
        ),
        (
            "",
            "alter table reader add column x text;"
            " create unique index concurrently k on reader (x);"
            " alter table reader add constraint reader_x_key unique using index k",
        ),
    ),
    *_of(
        SQUAWK,
        "identifier-too-long",
        ("FM404", f"create table t{'_very_long' * 7} (c{'_very_long' * 7} bigint)"),
        ("", "create table short_name (column_name bigint)"),
    ),
    Example(
        SQUAWK,
        "prefer-bigint-over-int",
        "create table x (id serial primary key, n int)",
        ("FM504",),
        include=("FM504",),
    ),
    Example(
        SQUAWK,
        "prefer-bigint-over-int",
        "create table x (id bigserial primary key, n bigint)",
        include=("FM504",),
    ),
    Example(
        SQUAWK,
        "prefer-bigint-over-smallint",
        "create table x (id smallserial primary key, n smallint)",
        ("FM505",),
        include=("FM505",),
    ),
    Example(
        SQUAWK,
        "prefer-bigint-over-smallint",
        "create table x (id bigserial primary key, n bigint)",
        include=("FM505",),
    ),
    Example(
        SQUAWK,
        "prefer-identity",
        "create table x (id bigserial)",
        ("FM506",),
        include=("FM506",),
    ),
    Example(
        SQUAWK,
        "prefer-identity",
        "create table x (id bigint generated by default as identity primary key)",
        include=("FM506",),
    ),
    *_of(
        SQUAWK,
        "prefer-repack",
        ("FM117", "vacuum full star"),
        ("FM117", "cluster star using star_pkey"),
    ),
    Example(
        SQUAWK,
        "prefer-robust-stmts",
        "create index concurrently on reader (name)",
        ("FM406",),
        include=("FM406",),
    ),
    Example(
        SQUAWK,
        "prefer-robust-stmts",
        "create table x (id int); alter table recipe add column x int; drop index reader_mail",
        ("FM406",),
        include=("FM406",),
    ),
    Example(
        SQUAWK,
        "prefer-robust-stmts",
        "create index concurrently if not exists i on reader (name);"
        " create table if not exists x (id int); alter table recipe add column if not exists x int;"
        " alter table recipe drop constraint if exists k;"
        " drop index concurrently if exists reader_mail",
        include=("FM406",),
    ),
    Example(
        SQUAWK,
        "prefer-text-field",
        "create table x (id bigint primary key, mail varchar(100) not null)",
        ("FM502",),
        include=("FM502",),
    ),
    Example(
        SQUAWK,
        "prefer-text-field",
        "create table x (id bigint primary key, mail text not null);"
        " alter table x add constraint mail_size check (length(mail) <= 100)",
        include=("FM502",),
    ),
    Example(
        SQUAWK,
        "prefer-timestamptz",
        "create table x (made timestamp, changed timestamp without time zone)",
        ("FM503",),
        include=("FM503",),
    ),
    Example(
        SQUAWK,
        "prefer-timestamptz",
        "alter table booking add column made timestamp without time zone",
        ("FM503",),
        include=("FM503",),
    ),
    Example(
        SQUAWK,
        "prefer-timestamptz",
        "create table x (made timestamptz, changed timestamptz)",
        include=("FM503",),
    ),
    *_of(
        SQUAWK,
        "renaming-column",
        ("FM301", "alter table reader rename column mail to email"),
    ),
    *_of(
        SQUAWK,
        "renaming-table",
        ("FM302", "alter table star rename to favourite"),
        ("", "create view favourite as select * from star"),
        (
            "",
            "create view favourite as select * from star;"
            " begin; drop view favourite; alter table star rename to favourite; commit",
        ),
    ),
    *_of(
        SQUAWK,
        "require-concurrent-index-creation",
        ("FM107", "create index i on reader (name)"),
        ("", "create index concurrently i on reader (name)"),
    ),
    *_of(
        SQUAWK,
        "require-concurrent-index-deletion",
        ("FM108", "drop index public.reader_mail"),
        ("", "drop index concurrently public.reader_mail"),
    ),
    *_of(
        SQUAWK,
        "require-concurrent-partition-detach",
        ("FM110", "alter table event detach partition event_1"),
        ("", "alter table event detach partition event_1 concurrently"),
    ),
    *_of(
        SQUAWK,
        "require-concurrent-reindex",
        ("FM109", "reindex table reader"),
        ("FM109", "reindex index reader_mail"),
        ("", "reindex table concurrently reader"),
        ("", "reindex index concurrently reader_mail"),
    ),
    Example(
        SQUAWK,
        "require-enum-value-ordering",
        "alter type state add value 'in review'",
        ("FM306",),
        include=("FM306",),
    ),
    Example(
        SQUAWK,
        "require-enum-value-ordering",
        "alter type state add value 'in review' before 'done';"
        " alter type state add value 'sent' after 'new'",
        include=("FM306",),
    ),
    Example(
        SQUAWK,
        "require-lock-timeout",
        "alter table recipe add column x boolean",
        ("FM408",),
        include=("FM408",),
    ),
    Example(
        SQUAWK,
        "require-lock-timeout",
        "set lock_timeout = '1s'; alter table recipe add column x boolean",
        include=("FM408",),
    ),
    Example(
        SQUAWK,
        "require-statement-timeout",
        "alter table recipe add column x boolean",
        ("FM409",),
        include=("FM409",),
    ),
    Example(
        SQUAWK,
        "require-statement-timeout",
        "set statement_timeout = '5s'; alter table recipe add column x boolean",
        include=("FM409",),
    ),
    Example(
        SQUAWK,
        "require-table-schema",
        "create table x (id bigint); alter table recipe add column x text;"
        " create table y as select 1 as one",
        ("FM507",),
        include=("FM507",),
    ),
    Example(
        SQUAWK,
        "require-table-schema",
        "create table public.x (id bigint); alter table public.x add column y text;"
        " create table public.y as select 1 as one; drop table public.x",
        include=("FM507",),
    ),
    Example(SQUAWK, "syntax-error", "select f(1, 2,)", ("FM001",), fails="42601"),
    Example(
        SQUAWK,
        "syntax-error",
        "select * from star\nselect id from star where id = id",
        ("FM001",),
        fails="42601",
    ),
    *_of(
        SQUAWK,
        "transaction-nesting",
        ("FM403", "begin; begin; create table x (id int); commit"),
        ("FM403", "create table x (id int); commit"),
    ),
    Example(
        SQUAWK,
        "transaction-nesting",
        "begin; create table x (id int); commit",
        ("FM403",),
        is_wrapped=True,
    ),
]
