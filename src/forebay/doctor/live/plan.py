"""What an application is going to open: what was given, and what its folder says."""

from __future__ import annotations

from pathlib import Path

from forebay.doctor.advise.repository import look
from forebay.doctor.advise.situation import number_of
from forebay.doctor.live.database import Plan


def plan_for(
    path: Path, instances: int | None, workers: int | None, pool: int | None
) -> Plan | None:
    """Return the plan, or None where nobody says how large a pool is.

    Raises:
        ConfigurationError: a number is out of its range.
    """
    if pool is None:
        return None
    found = look(path) if path.is_dir() else None
    sources = []
    given = {"instances": instances, "workers": workers}
    for name, value in given.items():
        fact = getattr(found, name) if found else None
        if value is None and fact is not None:
            given[name] = int(str(fact.value))
            sources.append(f"{name} as in {fact.where}")
    return Plan(
        instances=number_of("instances", given["instances"] or 1),
        workers=number_of("workers", given["workers"] or 1),
        pool=number_of("pool_size", pool),
        source="; ".join(sources),
    )
