"""From what was given, found and answered to a situation; what was given counts most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from forebay.doctor.advise.questions import Ask, Tell, ask_missing, require
from forebay.doctor.advise.repository import Found, look
from forebay.doctor.advise.server import read_server
from forebay.doctor.advise.situation import (
    ADAPTERS,
    BUFFER,
    Client,
    Place,
    Runtime,
    Server,
    Situation,
    check_server,
    client_of,
    number_of,
    place_of,
    runtime_of,
)
from forebay.doctor.providers import Provider
from forebay.doctor.providers import place_of as known_place
from forebay.errors import ConfigurationError
from forebay.postgres.url import PostgresUrl, parse_url


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line gave; None is what it did not."""

    folder: Path
    runtime: str | None = None
    clients: tuple[str, ...] = ()
    database: str | None = None
    database_env: str | None = None
    numbers: Mapping[str, int | None] | None = None


def situation_of(
    order: Order, environment: Mapping[str, str], *, ask: Ask | None, tell: Tell
) -> Situation:
    """Return the situation; `ask` is None where there is nobody to ask.

    Raises:
        ConfigurationError: what was given is wrong, or something is missing.
        ConnectionFailed: the server that was named cannot be asked.
    """
    if not order.folder.is_dir():
        raise ConfigurationError(
            f"{order.folder} is no folder", hint="name the folder of the application"
        )
    known, sources = _given(order)
    url = _url(order, environment)
    found = look(order.folder)
    _add_found(found, known, sources)
    server = check_server(_server(known, url, sources))
    if ask is not None:
        known_here = {**known, **({"max_connections": 0} if url else {})}
        answers = ask_missing(known_here, ask, tell)
        known |= answers
        sources |= dict.fromkeys(answers, "answered")
        if "max_connections" in answers:
            server = check_server(
                replace(server, max_connections=_number(known, "max_connections", 0))
            )
    _default_instances(known, sources)
    require(known)
    return _situation(known, sources, server, url, found)


def _given(order: Order) -> tuple[dict[str, object], dict[str, str]]:
    known: dict[str, object] = {
        name: number_of(name, value)
        for name, value in (order.numbers or {}).items()
        if value is not None
    }
    if order.runtime is not None:
        known["runtime"] = runtime_of(order.runtime)
    if order.clients:
        known["clients"] = tuple(dict.fromkeys(client_of(name) for name in order.clients))
    return known, dict.fromkeys(known, "given")


def _url(order: Order, environment: Mapping[str, str]) -> PostgresUrl | None:
    if order.database and order.database_env:
        raise ConfigurationError(
            "--database and --database-env both name a server", hint="give one of them"
        )
    if order.database_env:
        text = environment.get(order.database_env)
        if not text:
            raise ConfigurationError(
                f"the variable {order.database_env} is not set", hint="set it, or give --database"
            )
        return parse_url(text)
    return parse_url(order.database) if order.database else None


def _add_found(found: Found, known: dict[str, object], sources: dict[str, str]) -> None:
    facts = {
        "runtime": found.runtimes[0] if found.runtimes else None,
        "instances": found.instances,
        "workers": found.workers,
        "prisma": found.prisma,
    }
    for name, fact in facts.items():
        if fact is not None and name not in known:
            known[name], sources[name] = fact.value, fact.where
    for name, where in found.around.sources:
        sources.setdefault(name, where)
    if found.around.max_client_conn is not None:
        known.setdefault("max_client_conn", found.around.max_client_conn)
    if found.clients and "clients" not in known:
        known["clients"] = tuple(fact.value for fact in found.clients)
        sources["clients"] = ", ".join(dict.fromkeys(fact.where for fact in found.clients))


def _server(known: dict[str, object], url: PostgresUrl | None, sources: dict[str, str]) -> Server:
    if url is None:
        server = Server()
        sources.setdefault("max_connections", "PostgreSQL's default, assumed")
    else:
        place_of(url)  # refuses a URL that is not whole before anybody is asked
        server = read_server(url)
        sources.setdefault("max_connections", "asked of the server")
    changed = {
        name: number
        for name in ("max_connections", "reserved", "others")
        if isinstance(number := known.get(name), int)
    }
    return Server(**{**_fields(server), **changed})  # type: ignore[arg-type]


def _fields(server: Server) -> dict[str, object]:
    return {name: getattr(server, name) for name in Server.__dataclass_fields__}


def _default_instances(known: dict[str, object], sources: dict[str, str]) -> None:
    # On a developer's machine there is one, unless somebody says otherwise.
    if known.get("runtime") is Runtime.LOCAL and "instances" not in known:
        known["instances"], sources["instances"] = 1, "one machine, assumed"


def _situation(
    known: dict[str, object],
    sources: dict[str, str],
    server: Server,
    url: PostgresUrl | None,
    found: Found,
) -> Situation:
    runtime, clients = known["runtime"], known.get("clients", (Client.PRISMA,))
    if not isinstance(runtime, Runtime) or not isinstance(clients, tuple):
        raise TypeError("a runtime and clients are read before they come here")
    sources.setdefault("workers", "assumed")
    sources.setdefault("prisma", "assumed, the newest")
    sources["client"] = sources.pop("clients", "assumed")
    most = known.get("max_client_conn")
    return Situation(
        runtime=runtime,
        instances=_number(known, "instances", 1),
        workers=_number(known, "workers", 1),
        server=server,
        place=place_of(url) if url else found.around.place or Place(),
        provider=_provider(url, found),
        pooler=found.around.pooler,
        clients=clients,
        prisma=_number(known, "prisma", ADAPTERS),
        buffer=_number(known, "buffer", BUFFER),
        max_client_conn=most if isinstance(most, int) else None,
        poolers=_number(known, "poolers", 1),
        sources=tuple(sorted(sources.items())),
        notes=tuple(_found_more(runtime, found)),
    )


def _provider(url: PostgresUrl | None, found: Found) -> Provider | None:
    """Return whose database it is; a server that was named counts more than the repository."""
    if url is None:
        return found.around.provider
    provider = known_place("postgresql", url.host or "", url.port, {}, {}).provider
    return None if provider in (Provider.OTHER, Provider.LOCAL) else provider


def _number(known: Mapping[str, object], name: str, default: int) -> int:
    value = known.get(name, default)
    return value if isinstance(value, int) else default


def _found_more(runtime: Runtime, found: Found) -> list[str]:
    others = [fact for fact in found.runtimes if fact.value is not runtime]
    named = dict.fromkeys(f"{fact.value} ({fact.where})" for fact in others)
    if not named:
        return []
    return [f"The repository names {', '.join(named)} as well: --runtime says which one is meant."]
