"""Puts the advice together: the strategy, the sums, the files, the alerts, the next scale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from forebay.doctor.advise.alerts import Alert, alerts
from forebay.doctor.advise.files import File, files
from forebay.doctor.advise.fitting import refusal
from forebay.doctor.advise.matrix import Strategy, choose
from forebay.doctor.advise.paste.facts import POOLER_PORT, Facts
from forebay.doctor.advise.scale import Twice, at_twice
from forebay.doctor.advise.situation import FUNCTIONS, Client, Place, Runtime, Situation
from forebay.doctor.advise.sums import Direct, Pooled, direct, pooled, used_limit

SUPABASE = "pooler.supabase.com"
_PROJECT = re.compile(r"db\.([a-z0-9]+)\.supabase\.co")
# A pooler's own sockets beside those of clients and servers.
_DESCRIPTORS = 100


@dataclass(frozen=True, slots=True)
class Advice:
    """Everything that is said; `cannot_fit` is the sum that fails, with the way out."""

    situation: Situation
    strategy: Strategy
    direct: Direct
    pooled: Pooled
    limit: int
    cannot_fit: str | None
    files: tuple[File, ...]
    alerts: tuple[Alert, ...]
    twice: Twice
    notes: tuple[str, ...]


def advise(situation: Situation, *, pooler: tuple[str, int] | None = None) -> Advice:
    """Return the advice for a situation; `pooler` is where its pooler is, or is going to be."""
    sums, clients = direct(situation), pooled(situation)
    strategy = choose(situation, sums)
    limit = used_limit(situation, sums) if strategy.is_direct else clients.limit
    refused = None if strategy.is_direct else refusal(situation, clients)
    facts = _facts(situation, strategy, limit, clients, pooler or situation.pooler)
    return Advice(
        situation=situation,
        strategy=strategy,
        direct=sums,
        pooled=clients,
        limit=limit,
        cannot_fit=refused,
        files=() if refused else files(situation, facts, has_pooler=clients.fits),
        alerts=alerts(situation.server),
        twice=at_twice(situation, strategy, limit, clients),
        notes=(*situation.notes, *_notes(situation, strategy, clients)),
    )


def _facts(
    situation: Situation,
    strategy: Strategy,
    limit: int,
    clients: Pooled,
    pooler: tuple[str, int] | None,
) -> Facts:
    place = situation.place
    is_supavisor = strategy.name == "supavisor"
    if is_supavisor and place == Place():
        place = replace(place, database="postgres")
    host, port = _door(situation, strategy, pooler)
    return Facts(
        strategy=strategy.name,
        place=place,
        host=host,
        port=port,
        listen=pooler or ("127.0.0.1", POOLER_PORT),
        project=project_of(place.host),
        limit=limit,
        is_direct=strategy.is_direct,
        is_function=situation.runtime in FUNCTIONS,
        is_unprepared=is_supavisor,
        max_client_conn=clients.max_client_conn,
        pool_size=clients.pool_size,
        servers=max(clients.servers.result, 1),
    )


def project_of(host: str) -> str:
    """Return Supabase's name of the project whose database is at a host."""
    found = _PROJECT.fullmatch(host)
    return found[1] if found else "PROJECT"


def _door(
    situation: Situation, strategy: Strategy, pooler: tuple[str, int] | None
) -> tuple[str, int]:
    place = situation.place
    if strategy.name == "supavisor":
        is_given = place.host.endswith(SUPABASE)
        return (place.host if is_given else f"aws-0-REGION.{SUPABASE}"), 6543
    if strategy.is_direct:
        return place.host, place.port
    if pooler is not None:
        return pooler
    is_near = situation.runtime not in FUNCTIONS
    return ("127.0.0.1" if is_near else "pooler.example.com"), POOLER_PORT


def _notes(situation: Situation, strategy: Strategy, clients: Pooled) -> Iterator[str]:
    if not situation.server.is_read:
        yield (
            f"max_connections {situation.server.max_connections} was not read from a server, and"
            " what others use was not counted: --database-env DATABASE_URL asks it."
        )
    elif situation.server.own:
        yield (
            f"{situation.server.own} connections of the same role and database are open now; they"
            " count as the application's own, not as others."
        )
    yield (
        "Size for the largest number of instances at once: a rolling deployment runs the old ones"
        " and the new ones side by side."
    )
    if strategy.is_direct:
        yield (
            "The limit is what fits, not what helps: connections in use are queries a second times"
            " seconds a query. Close the client on SIGTERM, or its connections stay until a"
            " timeout."
        )
    else:
        yield from _pooled_notes(situation, strategy, clients)
    yield from _client_notes(situation, strategy)


def _pooled_notes(situation: Situation, strategy: Strategy, clients: Pooled) -> Iterator[str]:
    if situation.runtime in FUNCTIONS:
        yield (
            "A function answers one request at a time, so that its limit is 1; where an instance"
            " answers several at once, or a request runs queries side by side, it may be up to"
            f" {max(clients.at_most.result, 1)}."
        )
    if strategy.name == "http":
        yield (
            "Forebay has no HTTP door in this version: the HTTP driver is for databases whose"
            " vendor offers one, such as Neon, or for Accelerate. Over HTTP Neon's driver has no"
            " interactive transactions; its WebSocket does, and holds a connection meanwhile."
        )
    needed = clients.max_client_conn + clients.pool_size + _DESCRIPTORS
    yield f"The pooler's process needs about {needed} descriptors: ulimit -Hn {needed}."
    if strategy.name != "supavisor":
        yield (
            "RDS Proxy keeps a server for a client that prepares statements or uses SET, which is"
            " one connection for one client again."
        )


def _client_notes(situation: Situation, strategy: Strategy) -> Iterator[str]:
    clients = set(situation.clients)
    if clients & {Client.PRISMA, Client.FOREBAY}:
        yield (
            "pool_timeout is 10 and not 0: 0 waits without limit, and the platform ends the request"
            " before anybody learns why. 10 s fail with P2024, which names the pool."
        )
    if Client.PRISMA in clients and not strategy.is_direct:
        yield (
            "pgbouncer=true makes Prisma prepare nothing. Supabase's pooler needs it, and"
            " PgBouncer before 1.21; Forebay and newer PgBouncers do not, and go without for"
            " less work a query."
        )
    if len(clients) > 1:
        yield (
            f"Each process is taken to keep {len(clients)} pools, one a client, and all are added"
            " up. Where a process keeps one of them only, ask once for each kind of process, with"
            " its --client, and with the connections of the other kinds as --others."
        )
    if any("sqlalchemy" in client for client in clients) and not strategy.is_direct:
        yield (
            "NullPool is right behind a pooler only: without one every request pays for TLS and"
            " a login. A process that stays up keeps a small pool in front of the pooler as well."
        )
    if situation.runtime is Runtime.EDGE and clients - {Client.PRISMA}:
        yield "Python's drivers need TCP: their lines are for what does not run at the edge."
