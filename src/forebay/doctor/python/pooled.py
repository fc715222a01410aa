"""Whether what connects goes through a transaction pooler, and which line says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forebay.doctor.finding import Note, Span
from forebay.doctor.providers import Provider
from forebay.doctor.python.engines import engines_of
from forebay.doctor.python.module import Function, Module
from forebay.doctor.python.values import Value
from forebay.doctor.repository.env import Variable
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.urls import classify

_ASIDE = re.compile(r"DIRECT|MIGRAT|UNPOOLED|NON_POOLING|SESSION|ADMIN|TEST|SHADOW|ALEMBIC")
_WANTED = re.compile(r"(DATABASE|POSTGRES|PG|DB|SQLALCHEMY).*(URL|URI|DSN)$|^(DSN|PGHOST)$")


def pooler_in(url: str) -> str | None:
    """Return the transaction pooler that a URL leads to, in words, or None."""
    found = classify(url)
    if found is None:
        return None
    if not found.is_transaction:
        return "PgBouncer" if found.is_unsafe else None
    match found.provider:
        case Provider.RDS_PROXY:
            return None  # it keeps a session's server instead of taking it away
        case Provider.PGBOUNCER:
            return "PgBouncer"
        case Provider.LOCAL | Provider.SERVICE | Provider.OTHER:
            return "a pooler"
        case provider:
            return f"{provider.value}'s pooler"


def behind_pooler(repository: Repository, url: Value) -> Note | None:
    """Return the line that puts this URL behind a transaction pooler, or None.

    It is the URL itself, or what a file of the repository sets one of its variables to. A URL
    whose variables no file sets is behind one when every URL that the files set is.
    """
    if url.text and pooler_in(url.text):
        return Note(f"the URL goes through {pooler_in(url.text)}")
    every = [one for one in repository.variables if one.file.role is not Role.TEST]
    set_here = [one for one in every if one.name in url.variables]
    for one, pooler in _pooled(set_here):
        return Note(f"`{one.name}` goes through {pooler}", one.span)
    if any(classify(one.value) for one in set_here):
        return None
    others = [
        one
        for one in every
        if _WANTED.search(one.name) and not _ASIDE.search(one.name) and classify(one.value)
    ]
    pooled = list(_pooled(others))
    if pooled and len(pooled) == len(others):
        one, pooler = pooled[0]
        return Note(f"`{one.name}` goes through {pooler}", one.span)
    return None


def straight(repository: Repository, url: Value) -> Span | None:
    """Return the line that sends this URL straight at a server that is not local, or None."""
    for one in repository.variables:
        if one.name in url.variables and one.file.role is not Role.TEST:
            found = classify(one.value)
            if found and "." in found.host and not found.is_local and not pooler_in(one.value):
                return one.span
    return None


def _pooled(variables: Iterable[Variable]) -> Iterator[tuple[Variable, str]]:
    for one in variables:
        pooler = pooler_in(one.value)
        if pooler is None and one.name.endswith("HOST"):
            pooler = pooler_in(f"postgresql://{one.value}")
        if pooler is not None:
            yield one, pooler


def pooled_here(
    repository: Repository, module: Module, function: Function | None = None
) -> Note | None:
    """Return what puts the statements of a file behind a pooler, or None.

    The engines of the function count, else those of the file, else all: each has to be behind one.
    """
    engines = repository.known(engines_of)
    some = (
        [one for one in engines if function is not None and one.function is function]
        or [one for one in engines if one.module is module]
        or list(engines)
    )
    notes = [behind_pooler(repository, one.url) for one in some]
    return notes[0] if notes and all(notes) else None
