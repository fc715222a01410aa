"""Which files a situation calls for, in the order in which they are pasted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from forebay.doctor.advise.paste import pooler, prisma
from forebay.doctor.advise.paste.environment import environment
from forebay.doctor.advise.paste.facts import Facts
from forebay.doctor.advise.paste.python import lines_of, module_of
from forebay.doctor.advise.situation import Client, Runtime, Situation

_READS_URL = frozenset({Client.PRISMA, Client.FOREBAY})
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
    reading = [one for one in situation.clients if one in _READS_URL]
    others = [one for one in situation.clients if one not in _READS_URL]
    if facts.strategy == "http":
        vendor = replace(facts, host=_VENDOR, port=5432)
        text = f'DATABASE_URL="{vendor.url(sslmode="require")}"\n'
        yield File(".env", "with the HTTP driver of the database's vendor", text)
    for clients, has_limits in ((reading, True), (others, False)):
        if clients:
            names = ", ".join(clients)
            suffix = " through a pooler" if facts.strategy == "http" else ""
            is_prisma = Client.PRISMA in clients
            text = environment(facts, has_limits=has_limits, is_prisma=is_prisma)
            yield File(".env", f"for {names}{suffix}", text)


def _clients(situation: Situation, facts: Facts) -> Iterator[File]:
    for client in situation.clients:
        if client is Client.PRISMA:
            yield from _prisma(situation, facts)
        else:
            purpose = f"the lines that {client} is built with"
            yield File(module_of(client), purpose, lines_of(client, facts))


def _prisma(situation: Situation, facts: Facts) -> Iterator[File]:
    yield File("schema.prisma", "Prisma 6", prisma.DATASOURCE_6)
    if facts.strategy != "http" or situation.runtime is not Runtime.EDGE:
        yield File("lib/prisma.ts", "Prisma 6: the one module", prisma.client_6())
    yield File("schema.prisma", "Prisma 7", prisma.DATASOURCE_7)
    yield File("prisma.config.ts", "Prisma 7: what migrations connect to", prisma.CONFIG_7)
    if facts.strategy == "http":
        yield File(
            "lib/prisma.ts", "Prisma 7: the one module, HTTP driver", prisma.client_7_over_http()
        )
    if situation.runtime is not Runtime.EDGE:
        purpose = "Prisma 7: the one module, over TCP"
        yield File("lib/prisma.ts", purpose, prisma.client_7(facts))


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
