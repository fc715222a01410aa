"""Which files a situation calls for, in the order in which they are pasted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from forebay.doctor.advise.paste import pooler, prisma
from forebay.doctor.advise.paste.environment import environment
from forebay.doctor.advise.paste.facts import Facts
from forebay.doctor.advise.paste.python import lines_of, module_of
from forebay.doctor.advise.situation import ADAPTERS, NEON, OVER_HTTP, Client, Runtime, Situation

_SUPABASE = "pooler.supabase.com"
_VENDOR = "VENDOR_HOST"


@dataclass(frozen=True, slots=True)
class File:
    """One file to paste: its name, what for, and all of its text."""

    name: str
    purpose: str
    text: str


def files(situation: Situation, facts: Facts, *, has_pooler: bool) -> tuple[File, ...]:
    """Return every file that the situation calls for."""
    found = [*_environments(situation, facts), *_clients(situation, facts)]
    if has_pooler:
        found += _poolers(situation, facts)
    return tuple(found)


def _environments(situation: Situation, facts: Facts) -> Iterator[File]:
    is_over_http = facts.strategy == "http"
    if is_over_http:
        is_known = situation.provider in OVER_HTTP and not facts.place.host.startswith("/")
        host = facts.place.host if is_known else _VENDOR
        vendor = replace(facts, host=host, port=5432)
        text = f'DATABASE_URL="{vendor.url(sslmode="require")}"\n'
        yield File(".env", "with the HTTP driver of the database's vendor", text)
    reading = [one for one in situation.clients if _reads_url(one, situation)]
    others = [one for one in situation.clients if one not in reading]
    name = ".env.pooler" if is_over_http else ".env"
    for clients, has_limits in ((reading, True), (others, False)):
        if clients:
            suffix = " through a pooler" if is_over_http else ""
            is_prisma = has_limits and Client.PRISMA in clients
            text = environment(facts, has_limits=has_limits, is_prisma=is_prisma)
            yield File(name, f"for {', '.join(clients)}{suffix}", text)
            # A driver that reads no limits from a URL refuses one that holds them.
            name += ".plain"


def _reads_url(client: Client, situation: Situation) -> bool:
    """Whether a client takes its limits from the URL: not Prisma 7, whose adapter has them."""
    return client is Client.FOREBAY or (client is Client.PRISMA and situation.prisma < ADAPTERS)


def _clients(situation: Situation, facts: Facts) -> Iterator[File]:
    for client in situation.clients:
        if client is Client.PRISMA:
            yield from _prisma(situation, facts)
        else:
            purpose = f"the lines that {client} is built with"
            yield File(module_of(client), purpose, lines_of(client, facts))


def _prisma(situation: Situation, facts: Facts) -> Iterator[File]:
    named = f"Prisma {situation.prisma}"
    has_adapter = situation.prisma >= ADAPTERS
    datasource = prisma.DATASOURCE_7 if has_adapter else prisma.DATASOURCE_6
    yield File("datasource.prisma", f"{named}: for schema.prisma", datasource)
    if has_adapter:
        yield File("prisma.config.ts", f"{named}: what migrations connect to", prisma.CONFIG_7)
    name, over = "lib/prisma.ts", ""
    if facts.strategy == "http" and (situation.provider is None or situation.provider in NEON):
        text = prisma.client_over_http(situation.prisma)
        yield File(name, f"{named}: the one module, HTTP driver", text)
        name, over = "lib/prisma.pooler.ts", ", through a pooler"
    if situation.runtime is not Runtime.EDGE:
        text = prisma.client_7(facts) if has_adapter else prisma.client_6()
        yield File(name, f"{named}: the one module{over}", text)


def _poolers(situation: Situation, facts: Facts) -> Iterator[File]:
    if facts.is_direct:
        when = "for the day a pooler comes"
    elif facts.strategy == "supavisor":
        when = "in Supabase's pooler's place, before the direct connection"
    else:
        when = f"each of {situation.poolers}" if situation.poolers > 1 else "the pooler"
    place = facts.place
    if place.host.endswith(_SUPABASE):
        facts = replace(facts, place=replace(place, port=5432))
    yield File("forebay.toml", when, pooler.toml(facts))
    yield File("pgbouncer.ini", f"{when}, as PgBouncer's file", pooler.ini(facts))
    yield File("userlist.txt", "the role that the application logs in as", pooler.userlist())
