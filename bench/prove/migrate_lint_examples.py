"""The examples that squawk and strong_migrations document, as SQL about tables of our own.

Each stands for the statements of one example, the same kinds in the same order. What Rails writes
for strong_migrations' examples is written out. Where an example holds a step of its own page beside
one of another page (a backfill, SET NOT NULL at the end), the page's own step is what stands here.
"""

from __future__ import annotations

from dataclasses import dataclass

SQUAWK = "squawk"
STRONG = "strong_migrations"

# Twenty thousand rows where it matters whether there are any.
SETUP = """
create type state as enum ('new', 'done');
create domain share as int;
create schema sales;
create table reader (
    id int not null, name text, nickname text, city text not null, score int, mail text, code text,
    state state, joined timestamp(3), seen timestamptz(3), title varchar(5), wide varchar(10),
    network cidr, price numeric(6, 2), nap interval(3), alarm time(3), part share, a int, b int
);
insert into reader (id, name, city, score, code, price, a, b)
select g, 'reader ' || g, 'Rome', g % 7 + 1, 'c' || g, 1.5, g, g from generate_series(1, 20000) g;
create index reader_mail on reader (mail);
create table writer (id int primary key);
insert into writer select generate_series(1, 20000);
create table letter (id int primary key, writer_id int, reader_id int);
insert into letter select g, g, g from generate_series(1, 20000) g;
create index letter_writer on letter (writer_id);
create table stamp (id int primary key, letter_id int references letter (id));
create table recipe (id int primary key);
create table star (id int primary key);
create table booking (during tstzrange);
create table event (id int, day int) partition by list (day);
create table event_1 partition of event for values in (1);
"""


@dataclass(frozen=True)
class Example:
    """An example: whose, about what, its SQL, and the rules that must find it; none if it is safe.

    ``fails`` is the SQLSTATE with which PostgreSQL refuses it, ``include`` an opt-in rule, and
    ``version`` the server that it is about, where that is not the one that it is tried on.
    """

    source: str
    page: str
    sql: str
    codes: tuple[str, ...] = ()
    fails: str | None = None
    include: tuple[str, ...] = ()
    version: int | None = None
    is_wrapped: bool = False

    @property
    def is_safe(self) -> bool:
        """Whether nothing may be found."""
        return not self.codes


def of(source: str, page: str, *examples: tuple[str, str]) -> list[Example]:
    """Return the examples of a page, each with the codes that must find it."""
    return [Example(source, page, sql, tuple(codes.split())) for codes, sql in examples]
