"""What an application is going to open: what was given, and what its folder says."""

from __future__ import annotations

from forebay.doctor.advise.repository import look
from forebay.doctor.advise.situation import number_of
from forebay.doctor.live.database import Plan
from forebay.doctor.repository.repository import Repository


def plan_for(
    repository: Repository, instances: int | None, workers: int | None, pool: int | None
) -> Plan | None:
    """Return the plan, or None where nobody says how large a pool is.

    Raises:
        ConfigurationError: a number is out of its range.
    """
    sources = []
    if pool is None:
        pool, where = _limit(repository)
        sources.append(where)
    if pool is None:
        return None
    given = {"instances": instances, "workers": workers}
    found = look(repository.root) if repository.root.is_dir() else None
    for name, value in given.items():
        fact = getattr(found, name) if found else None
        if value is None and fact is not None:
            given[name] = int(str(fact.value))
            sources.append(f"{name} as in {fact.where}")
    return Plan(
        instances=number_of("instances", 1 if given["instances"] is None else given["instances"]),
        workers=number_of("workers", 1 if given["workers"] is None else given["workers"]),
        pool=number_of("pool_size", pool),
        source="; ".join(filter(None, sources)),
    )


def _limit(repository: Repository) -> tuple[int | None, str]:
    """Return the largest connection_limit of a URL that the application runs with."""
    most, where = None, ""
    for one in repository.connections:
        text = one.url.parameter("connection_limit") or ""
        if one.is_for_migrations or not text.isascii() or not text.isdigit() or len(text) > 5:
            continue
        if int(text) > (most or 0):
            most, where = int(text), f"connection_limit as in {one.span.path}:{one.span.line}"
    return most, where
