"""Whether what connects goes through a transaction pooler, and which line says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forebay.doctor.finding import Note, Span
from forebay.doctor.python.engines import engines_of
from forebay.doctor.python.module import Function, Module
from forebay.doctor.python.values import Value
from forebay.doctor.repository.env import Variable
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository

_URL = re.compile(r"^postgres(?:ql)?(?:\+\w+)?://(?:[^@/]*@)?(?P<host>[^/?:]*)(?::(?P<port>\d+))?")
_ASIDE = re.compile(r"DIRECT|MIGRAT|UNPOOLED|NON_POOLING|SESSION|ADMIN|TEST|SHADOW|ALEMBIC")
_WANTED = re.compile(r"(DATABASE|POSTGRES|PG|DB|SQLALCHEMY).*(URL|URI|DSN)$|^(DSN|PGHOST)$")


def pooler_of(host: str, port: str = "", rest: str = "") -> str | None:
    """Return what kind of transaction pooler an address is, or None for anything else."""
    if "-pooler." in host and "neon.tech" in host:
        return "Neon's pooler"
    if "pooler.supabase." in host:
        return "Supabase's transaction pooler" if port == "6543" else None
    if host.startswith("db.") and "supabase." in host and port == "6543":
        return "Supabase's PgBouncer"
    if "pgbouncer" in host or "pgbouncer=true" in rest:
        return "PgBouncer"
    if "pgcat" in host or "odyssey" in host or "pgdog" in host:
        return "a pooler"
    if port in ("6432", "6543"):
        return "a pooler"
    return None


def pooler_in(url: str) -> str | None:
    """Return the pooler that a URL names, or None."""
    match = _URL.match(url)
    return pooler_of(match["host"], match["port"] or "", url) if match else None


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
    if any(_URL.match(one.value) for one in set_here):
        return None
    others = [
        one
        for one in every
        if _WANTED.search(one.name) and not _ASIDE.search(one.name) and _URL.match(one.value)
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
            match = _URL.match(one.value)
            if match and "." in match["host"] and pooler_in(one.value) is None:
                if not re.match(r"127\.|localhost|host\.docker", match["host"]):
                    return one.span
    return None


def _pooled(variables: Iterable[Variable]) -> Iterator[tuple[Variable, str]]:
    for one in variables:
        pooler = pooler_in(one.value)
        if pooler is None and one.name.endswith("HOST"):
            pooler = pooler_of(one.value)
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
