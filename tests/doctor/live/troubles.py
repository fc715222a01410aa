"""One trouble for each live rule: how it comes about, whom the finding must name, how it goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import psycopg

from tests.doctor.live.world import OWNER, World

Subject = str


@dataclass(frozen=True)
class Trouble:
    """What is planted, and what else must be done before or after the pasted fix.

    ``plant`` returns the subject of the finding. ``clean`` takes away what the fix leaves, so that
    the next trouble finds a healthy server.
    """

    code: str
    plant: Callable[[World], Subject]
    words: str
    ready: Callable[[World], None] = lambda _: None
    clean: str = ""


TROUBLES: list[Trouble] = []


def trouble(
    code: str, words: str, clean: str = "", ready: Callable[[World], None] = lambda _: None
) -> Callable[[Callable[[World], Subject]], Callable[[World], Subject]]:
    """Register a trouble; ``words`` is a pattern that the finding must match."""

    def register(plant: Callable[[World], Subject]) -> Callable[[World], Subject]:
        TROUBLES.append(Trouble(code, plant, words, ready, clean))
        return plant

    return register


def _rested(world: World) -> None:
    """Wait until the crowd has rested for so long that the fix ends it."""
    young = "usename like 'crowd%' and state_change > now() - interval '10 s'"
    world.wait_for_none(young)


def _crowd(world: World, role: str, count: int) -> Subject:
    world.run(
        f"create role {role} login connection limit 10;"
        f"alter role {role} set statement_timeout = '1min';"
        f"alter role {role} set lock_timeout = '1min';"
        f"alter role {role} set idle_in_transaction_session_timeout = '1min'"
    )
    for _ in range(count):
        world.connect(role, "crowd-worker", autocommit=True).execute("select 1")
    return f"role {role}"


@trouble(
    "FD903", r"8 of 10 connections of the role crowd are taken \(80 %\)", "drop role crowd", _rested
)
def near_limit(world: World) -> Subject:
    return _crowd(world, "crowd", 8)


@trouble(
    "FD904",
    r"10 of 10 connections of the role crowd_full are taken \(100 %\)",
    "drop role crowd_full",
    _rested,
)
def full_pool(world: World) -> Subject:
    return _crowd(world, "crowd_full", 10)


@trouble(
    "FD905",
    r"pid \d+ \(role shop, application \"checkout\"\) has been idle in transaction for .*,"
    r" and blocks 2 others",
)
def abandoned(world: World) -> Subject:
    forgetful = world.connect(application="checkout")
    forgetful.execute("update orders set note = 'paid' where id = 7")
    first = world.connect(application="waiter-one")
    world.behind(first, "update orders set note = 'sent' where id = 7")
    second = world.connect(application="waiter-two")
    world.behind(second, "update orders set note = 'lost' where id = 7")
    world.wait_for("application_name = 'waiter-two' and wait_event_type = 'Lock'")
    return f"pid {forgetful.info.backend_pid}"


@trouble("FD906", r"pid \d+ \(role shop, application \"report\"\) has been in one transaction for")
def long(world: World) -> Subject:
    pid = world.behind(world.connect(application="report"), "select pg_sleep(600)")
    return f"pid {pid}"


@trouble("FD907", r"pid \d+ \(role shop, application \"alter\", active\) blocks 1 session")
def lock(world: World) -> Subject:
    busy = world.connect(application="alter")
    busy.execute("lock table customers")
    pid = world.behind(busy, "select pg_sleep(600)")
    world.behind(world.connect(application="reader"), "select count(*) from customers")
    world.wait_for("application_name = 'reader' and wait_event_type = 'Lock'")
    return f"pid {pid}"


@trouble("FD908", "has no index", "drop table visits")
def unindexed_key(world: World) -> Subject:
    world.run(
        "create table visits (id int primary key, customer_id bigint references customers)", OWNER
    )
    return "public.visits.visits_customer_id_fkey"


@trouble("FD909", r"no query has used the index public\.orders_note_idx of public\.orders")
def unused(world: World) -> Subject:
    world.run("create index orders_note_idx on orders (note)", OWNER)
    return "public.orders_note_idx"


@trouble("FD910", "is the beginning of public.orders_wide", "drop index orders_wide")
def redundant(world: World) -> Subject:
    # The one that stays is used, or it would be found for that once the other is gone.
    world.run(
        "create index orders_wide on orders (quantity, id); set enable_seqscan = off;"
        "select count(*) from orders where quantity = 3;"
        "create index orders_thin on orders (quantity)",
        OWNER,
    )
    return "public.orders_thin"


@trouble("FD910", "is the same as public.orders_customer_id_idx")
def duplicate(world: World) -> Subject:
    world.run("create index orders_again on orders (customer_id)", OWNER)
    return "public.orders_again"


def _no_doubles(world: World) -> None:
    world.run("delete from orders where id = 8; update orders set note = 'one of it' where id = 9")


@trouble("FD911", r"is invalid: it is written and never read", "drop index one_note", _no_doubles)
def invalid(world: World) -> Subject:
    world.run("update orders set note = 'twice' where id in (8, 9)", OWNER)
    try:
        world.run("create unique index concurrently one_note on orders (note)", OWNER)
    except psycopg.errors.UniqueViolation:
        return "public.one_note"
    raise AssertionError("the rows were not there twice")


@trouble(
    "FD912",
    "the role careless has no statement_timeout, lock_timeout,"
    " idle_in_transaction_session_timeout in the database shop",
    "drop owned by careless; drop role careless",
)
def careless(world: World) -> Subject:
    world.run("create role careless login")
    world.connect("careless", autocommit=True).execute("select 1")
    return "role careless"


@trouble(
    "FD913", r"the replication slot old_reader \(logical, pgoutput\) holds .* of WAL, and nobody"
)
def slot(world: World) -> Subject:
    world.run(
        "select pg_create_logical_replication_slot('old_reader', 'pgoutput');"
        "insert into orders (customer_id) select 1 from generate_series(1, 5000)"
    )
    return "slot old_reader"


@trouble("FD914", r"2,000,000,000 of 2,147,483,647 numbers \(93 %\)", "drop table events")
def sequence(world: World) -> Subject:
    world.run("create table events (id serial primary key)", OWNER)
    world.run("grant select on sequence events_id_seq to watcher")
    world.run("select setval('events_id_seq', 2000000000)", OWNER)
    return "public.events_id_seq"


@trouble("FD916", "the table public.loose has no primary key", "drop table loose")
def keyless(world: World) -> Subject:
    world.run("create table loose (at timestamptz, what text)", OWNER)
    return "public.loose"


@trouble("FD917", "the transaction order-7 of the role shop has been prepared for")
def prepared(world: World) -> Subject:
    with world.connect() as one:
        one.execute("update orders set note = 'prepared' where id = 10")
        one.execute("prepare transaction 'order-7'")
    return "prepared transaction order-7"


def _as_itself(world: World) -> None:
    world.run(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
        " where application_name = 'root-api'"
    )


@trouble(
    "FD918",
    r'the application "root-api" is connected as the superuser postgres: 1 session, pid \d+',
    "drop owned by application; drop role application",
    _as_itself,
)
def superuser(world: World) -> Subject:
    world.connect("postgres", "root-api", autocommit=True).execute("select 1")
    return "role postgres"


@trouble("FD919", "was never validated", "alter table orders drop constraint positive")
def unvalidated(world: World) -> Subject:
    world.run("alter table orders add constraint positive check (quantity > 0) not valid", OWNER)
    return "public.orders.positive"


def matches(trouble: Trouble, message: str) -> bool:
    """Say whether a finding's message is what a trouble calls for."""
    return re.search(trouble.words, message) is not None
