"""The features of the table: for each the script that every driver runs, and what it must see."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.peers.matrix.talk import Talk

# What every run of a script finds.
SCHEMA = """
drop schema if exists tenant cascade;
drop schema public cascade;
create schema public authorization app;
create schema tenant authorization app;
create table public.place as select 'public' as name;
create table tenant.place as select 'tenant' as name;
create table public.numbered as select n as id from generate_series(1, 6) n;
create table public.copied (id integer, body text);
do $$ begin
  if not exists (select from pg_roles where rolname = 'reporting') then
    create role reporting;
  end if;
end $$;
grant reporting to app;
grant all on all tables in schema public, tenant to app, reporting;
"""


@dataclass(frozen=True)
class Feature:
    """One row of the table."""

    name: str
    title: str
    script: Callable[[Talk], None]
    expected: list[str]


def _prepared(talk: Talk) -> None:
    for number in range(1, 7):
        talk.change()
        talk.note("double", number)


def _search_path(talk: Talk) -> None:
    talk.run("set search_path to tenant, public")
    talk.change()
    talk.ask("select name from place")
    talk.change()
    talk.neighbours("select name from place")
    with talk.undone():
        talk.run("set search_path to public")
        talk.ask("select name from place")
    talk.change()
    talk.ask("select name from place")
    talk.run("reset search_path")
    talk.change()
    talk.ask("select name from place")


def _time_zone(talk: Talk) -> None:
    moment = "select extract(hour from timestamptz '2026-01-01 00:00:00+00')::text"
    talk.run("set timezone to 'Asia/Tokyo'")
    talk.change()
    talk.ask(moment)
    talk.change()
    talk.neighbours("select (current_setting('timezone') = 'Asia/Tokyo')::text")
    with talk.transaction():
        talk.run("set timezone to 'Asia/Kathmandu'")
        with talk.undone():
            talk.run("set timezone to 'Asia/Jakarta'")
            talk.ask(moment)
    talk.change()
    talk.ask("select extract(minute from timestamptz '2026-01-01 00:00:00+00')::text")


def _role(talk: Talk) -> None:
    talk.run("set role reporting")
    talk.change()
    talk.ask("select current_user::text")
    talk.change()
    talk.neighbours("select current_user::text")
    with talk.undone():
        talk.run("reset role")
        talk.ask("select current_user::text")
    talk.change()
    talk.ask("select current_user::text")
    talk.run("reset role")
    talk.change()
    talk.ask("select current_user::text")


def _unreported(talk: Talk) -> None:
    both = (
        "select current_setting('statement_timeout')"
        " || ' ' || coalesce(current_setting('app.tenant', true), '')"
    )
    talk.run("set statement_timeout = '7s'")
    talk.change()
    talk.tell("ask", "select set_config('app.tenant', 'acme', false)")
    talk.change()
    talk.ask(both)
    talk.change()
    talk.neighbours(both)
    with talk.undone():
        talk.run("set statement_timeout = '1s'")
        talk.tell("ask", "select set_config('app.tenant', 'other', false)")
        talk.ask(both)
    talk.change()
    talk.ask(both)
    with talk.transaction():
        talk.run("set local statement_timeout = '2s'")
        talk.run("set app.tenant = 'new'")
        with talk.undone():
            talk.run("set app.tenant = 'newer'")
        talk.ask(both)
    talk.change()
    talk.ask(both)
    talk.run("reset statement_timeout")
    talk.change()
    talk.ask(both)


def _savepoints(talk: Talk) -> None:
    with talk.transaction():
        talk.run("insert into numbered values (7)")
        with talk.undone():
            talk.run("insert into numbered values (8)")
            talk.fail("select (1 / 0)::text")
        with talk.transaction():
            talk.run("insert into numbered values (9)")
    talk.change()
    talk.ask("select id::text from numbered where id > 6 order by id")
    with talk.undone():
        talk.run("delete from numbered")
    talk.change()
    talk.ask("select count(*)::text from numbered")


def _temporary_tables(talk: Talk) -> None:
    for _ in range(2):
        talk.run("create temporary table cart (item integer)")
        talk.change()
        talk.run("insert into cart values (3)")
        talk.change()
        with talk.transaction():
            talk.run("insert into cart values (4)")
        talk.change()
        talk.ask("select item::text from cart order by item")
        talk.neighbours("select coalesce(to_regclass('cart')::text, 'none')")
        talk.run("drop table cart")
        talk.change()
        talk.ask("select coalesce(to_regclass('cart')::text, 'none')")


def _cursors(talk: Talk) -> None:
    with talk.cursor():
        for _ in range(3):
            talk.note("fetch")
            talk.change()
    talk.change()
    talk.ask("select 'goes on'")


def _held_cursors(talk: Talk) -> None:
    talk.run("declare page cursor with hold for select generate_series(1, 6)::text")
    for _ in range(2):
        talk.change()
        talk.ask("fetch 2 from page")
    talk.run("close page")
    talk.change()
    talk.fail("fetch 2 from page")


def _sql_prepare(talk: Talk) -> None:
    talk.run("prepare totals (integer) as select ($1 * 2)::text")
    for number in (1, 2):
        talk.change()
        talk.ask(f"execute totals({number})")
    talk.neighbours("select count(*) from pg_prepared_statements where name = 'totals'")
    talk.run("deallocate totals")
    talk.change()
    talk.fail("execute totals(3)")


def _advisory_locks(talk: Talk) -> None:
    held = "select count(*) from pg_locks where locktype = 'advisory'"
    talk.ask("select coalesce(pg_advisory_lock(7)::text, '')")
    talk.change()
    talk.directly(held)
    talk.neighbours("select pg_try_advisory_xact_lock(7)::text")
    talk.ask("select pg_advisory_unlock(7)::text")
    talk.change()
    talk.directly(held)


def _listen(talk: Talk) -> None:
    talk.tell("listen", "news")
    talk.say("notify news, 'one'")
    talk.note("heard")
    talk.change()
    talk.ask("select 'asks'")
    talk.change()
    for word in ("two", "three"):
        talk.say(f"notify news, '{word}'")
    talk.note("heard")
    talk.note("heard")
    talk.tell("unlisten", "news")
    talk.change()
    talk.ask("select 'goes on'")


def _copy(talk: Talk) -> None:
    talk.tell("copy in")
    talk.change()
    talk.ask("select count(*)::text || ' ' || sum(id)::text from copied")
    talk.change()
    talk.note("copy out")


def _cancel(talk: Talk) -> None:
    for _ in range(2):
        talk.tell("sleep")
        talk.wait_for_sleep()
        talk.note("cancel")
        talk.change()
        talk.ask("select 'goes on'")


_CART = ["3,4", "none", "none"]

FEATURES = [
    Feature(
        "prepared",
        "prepared statements, on the driver's defaults",
        _prepared,
        ["2", "4", "6", "8", "10", "12"],
    ),
    Feature(
        "search-path",
        "`SET search_path`",
        _search_path,
        ["tenant", "public", "public", "tenant", "public"],
    ),
    Feature("time-zone", "`SET timezone`", _time_zone, ["9", "false", "7", "45"]),
    Feature("role", "`SET ROLE`", _role, ["reporting", "app", "app", "reporting", "app"]),
    Feature(
        "settings",
        "`SET` of any other setting, `set_config`",
        _unreported,
        ["7s acme", "0 ", "1s other", "7s acme", "2s new", "7s new", "0 new"],
    ),
    Feature("savepoints", "savepoints", _savepoints, ["22012", "7,9", "8"]),
    Feature("temporary", "temporary tables", _temporary_tables, [*_CART, *_CART]),
    Feature("cursors", "server-side cursors", _cursors, ["1,2", "3,4", "5,6", "goes on"]),
    Feature("held", "`DECLARE … WITH HOLD`", _held_cursors, ["1,2", "3,4", "34000"]),
    Feature("sql-prepare", "`PREPARE`, `EXECUTE`", _sql_prepare, ["2", "4", "0", "26000"]),
    Feature("advisory", "session advisory locks", _advisory_locks, ["", "1", "false", "true", "0"]),
    Feature("listen", "`LISTEN`", _listen, ["one", "asks", "two", "three", "goes on"]),
    Feature("copy", "`COPY`", _copy, ["1000 499500", "1000"]),
    Feature("cancel", "cancelling", _cancel, ["57014", "goes on", "57014", "goes on"]),
]
