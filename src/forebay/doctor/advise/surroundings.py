"""What a repository's URLs and pooler settings say: whose database it is, where, behind what.

Of a URL its host, port and database are kept, never its user, password or parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

from forebay.doctor.advise.situation import Place
from forebay.doctor.providers import Pooling, Provider
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.repository import Repository
from forebay.postgres.url import DEFAULT_PORT

# Who may answer at an address that no vendor is known by.
_ANYBODY = frozenset({Provider.OTHER, Provider.LOCAL, Provider.SERVICE, Provider.PGBOUNCER})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The vendor, the place of PostgreSQL and of a pooler before it, each with what says so."""

    provider: Provider | None = None
    place: Place | None = None
    pooler: tuple[str, int] | None = None
    max_client_conn: int | None = None
    # The name of each that is known, and the file and line that say it.
    sources: tuple[tuple[str, str], ...] = ()


def surroundings_of(repository: Repository) -> Surroundings:
    """Return what the repository says; nothing where its URLs lead to several databases."""
    sources: dict[str, str] = {}
    urls = [one for one in repository.connections if one.is_production and one.url.is_postgresql]
    named = [one for one in urls if one.url.provider not in _ANYBODY]
    provider = named[0].url.provider if len({one.url.provider for one in named}) == 1 else None
    if provider is not None:
        sources["provider"] = _where(named[0])
    pooled = next((one for one in urls if _is_own_pooler(one)), None)
    pooler = (pooled.url.host, pooled.url.port or 6432) if pooled is not None else None
    if pooled is not None:
        sources["pooler"] = _where(pooled)
    place, where = _place(repository, urls)
    if place is not None:
        sources["place"] = where
    most = None
    if pooler is not None:
        for one in repository.poolers:
            setting = one.settings.get("max_client_conn")
            if most is None and setting is not None and setting.number:
                most = int(setting.number)
                sources["max_client_conn"] = f"{setting.span.path}:{setting.span.line}"
    return Surroundings(provider, place, pooler, most, tuple(sources.items()))


def _where(connection: Connection) -> str:
    return f"{connection.span.path}:{connection.span.line}"


def _is_own_pooler(connection: Connection) -> bool:
    url = connection.url
    return bool(url.host) and url.is_transaction and url.provider in _ANYBODY


def _place(repository: Repository, urls: list[Connection]) -> tuple[Place | None, str]:
    """Return where PostgreSQL itself is: by a direct URL, or by what the pooler leads to."""
    found: dict[Place, str] = {}
    for one in urls:
        url = one.url
        if url.host and url.pooling in (Pooling.DIRECT, Pooling.UNKNOWN):
            place = Place(url.host, url.port or DEFAULT_PORT, url.database or "app")
            found.setdefault(place, _where(one))
    if not found:
        for pooler in repository.poolers:
            for target in pooler.targets:
                parts, port = target.parts, target.parts.get("port", str(DEFAULT_PORT))
                if target.name != "*" and parts.get("host") and port.isdigit():
                    place = Place(parts["host"], int(port), parts.get("dbname", target.name))
                    found.setdefault(place, f"{target.span.path}:{target.span.line}")
    return next(iter(found.items())) if len(found) == 1 else (None, "")
