"""The advice in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap

from forebay.doctor.advise.advice import Advice
from forebay.doctor.advise.scale import Twice
from forebay.doctor.advise.situation import Client

_WIDTH = 100


def as_text(advice: Advice, folder: Path | None = None) -> str:
    """Return everything for a person to read, the files last and whole, or where they are."""
    return "\n".join(_lines(advice, folder))


def _lines(advice: Advice, folder: Path | None) -> Iterator[str]:
    yield from _known(advice)
    yield from _heading("Use")
    yield from _paragraph(advice.strategy.title)
    yield from _heading("Because")
    yield from _paragraph(advice.strategy.reason)
    yield from _heading("Sums")
    yield from _sums(advice)
    if advice.cannot_fit:
        yield ""
        yield from _paragraph(advice.cannot_fit)
    yield from _heading("Alert on")
    for alert in advice.alerts:
        yield f"  {alert.severity:<8} {alert.name} > {alert.more_than}: {alert.why}"
        yield f"           {alert.sql}"
    yield from _heading(f"At twice the scale ({advice.twice.instances:,} instances)")
    for change in advice.twice.changes:
        yield from _paragraph(change, "  changes  ", "           ")
    yield from _paragraph(advice.twice.breaks_first, "  breaks   ", "           ")
    yield from _heading("To know")
    for note in advice.notes:
        yield from _paragraph(note, "  - ", "    ")
    if advice.files:
        yield from _files(advice, folder)


def _known(advice: Advice) -> Iterator[str]:
    """Yield what the advice is for, each with where it was learnt."""
    situation = advice.situation
    learnt = dict(situation.sources)
    facts = {
        "runtime": situation.runtime.value,
        "instances": f"{situation.instances:,}",
        "workers": str(situation.workers),
        "max_connections": str(situation.server.max_connections),
        "client": ", ".join(situation.clients),
    }
    if Client.PRISMA in situation.clients:
        facts["prisma"] = str(situation.prisma)
    yield from _heading("For")
    place = situation.place
    if situation.provider is not None:
        facts["provider"] = situation.provider.value
    if situation.pooler is not None:
        facts["pooler"] = ":".join(map(str, situation.pooler))
        facts["max_client_conn"] = str(advice.pooled.max_client_conn)
    if "place" in learnt:
        facts["place"] = f"{place.host}:{place.port}, {place.database}"
    for name, value in facts.items():
        source = learnt.get(name, "")
        yield f"  {name:<16} {value}{f'  ({source})' if source else ''}"


def _files(advice: Advice, folder: Path | None) -> Iterator[str]:
    if folder is not None:
        yield from _heading("Written")
        width = max(len(str(folder / file.name)) for file in advice.files)
        for file in advice.files:
            yield f"  {folder / file.name!s:<{width}}  {file.purpose}"
        return
    yield from _heading("Files to paste, or to have written by --write DIR")
    for file in advice.files:
        # As they are, without an indentation that somebody would have to take away.
        yield from _heading(f"---- {file.name}: {file.purpose} ----")
        yield file.text.rstrip()


def _heading(text: str) -> list[str]:
    return ["", text] if text != "For" else [text]


def _paragraph(text: str, first: str = "  ", rest: str | None = None) -> list[str]:
    return wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sums(advice: Advice) -> Iterator[str]:
    sums, clients = advice.direct, advice.pooled
    unit = advice.situation.unit
    which = {
        "rule": "the first is stricter",
        "strict": "the second is stricter",
        "both": "both say the same",
    }[sums.stricter]
    yield f"  directly, {unit}: {sums.rule}"
    yield f"  what PostgreSQL has, {unit}: {sums.strict}"
    verdict = str(sums.limit) if sums.fits else f"cannot fit: {sums.limit}"
    yield f"  {which}: {verdict}"
    yield f"  behind a pooler, {unit} at most: {clients.at_most}"
    yield f"  the pooler's servers at most: {clients.servers}"
    if not advice.cannot_fit:
        total = advice.situation.pools * advice.limit
        if advice.strategy.is_direct:
            end = f"{total:,} in all, of {advice.situation.server.capacity}"
        else:
            end = (
                f"{total:,} clients in all, of"
                f" {advice.situation.poolers * clients.max_client_conn:,}, on"
                f" {clients.pool_size} servers a pooler"
            )
        yield f"  used: {advice.limit} {unit}, {end}"


def as_json(advice: Advice) -> dict[str, object]:
    """Return the same for programs."""
    situation, sums, clients = advice.situation, advice.direct, advice.pooled
    return {
        "runtime": situation.runtime,
        "instances": situation.instances,
        "workers": situation.workers,
        "processes": situation.processes,
        "pools": situation.pools,
        "clients": list(situation.clients),
        "prisma": situation.prisma if Client.PRISMA in situation.clients else None,
        "server": {
            **asdict(situation.server),
            "usable": situation.server.usable,
            "capacity": situation.server.capacity,
        },
        "sources": dict(situation.sources),
        "strategy": {
            "name": advice.strategy.name,
            "title": advice.strategy.title,
            "reason": advice.strategy.reason,
        },
        "direct": {
            "rule": asdict(sums.rule),
            "strict": asdict(sums.strict),
            "stricter": sums.stricter,
            "limit": sums.limit,
            "fits": sums.fits,
        },
        "pooled": {
            "max_client_conn": clients.max_client_conn,
            "at_most": asdict(clients.at_most),
            "servers": asdict(clients.servers),
            "default_pool_size": clients.pool_size,
            "poolers": situation.poolers,
            "fits": clients.fits,
        },
        "connection_limit": None if advice.cannot_fit else advice.limit,
        "cannot_fit": advice.cannot_fit,
        "files": [asdict(file) for file in advice.files],
        "alerts": [asdict(alert) for alert in advice.alerts],
        "twice": _twice(advice.twice),
        "notes": list(advice.notes),
    }


def _twice(twice: Twice) -> dict[str, object]:
    return {
        "instances": twice.instances,
        "strategy": twice.strategy.name,
        "connection_limit": twice.limit,
        "changes": list(twice.changes),
        "breaks_first": twice.breaks_first,
    }
