"""An engine that is made before the process is forked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.children import walk
from forebay.doctor.python.engines import PEEWEE, Engine, Kind, engines_of
from forebay.doctor.python.functions import commands_of, mentions
from forebay.doctor.python.handlers import Kind as HandlerKind
from forebay.doctor.python.handlers import handlers_of
from forebay.doctor.python.module import Call
from forebay.doctor.python.values import constant
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_PRELOAD = re.compile(r"gunicorn[^\n]*\s--preload\b|^\s*preload_app\s*=\s*True", re.MULTILINE)
_MANY = re.compile(r"^\s*(?:processes|workers)\s*=\s*(?!1\s*$)\d+", re.MULTILINE)
_LAZY = re.compile(r"^\s*lazy(-apps)?\s*=\s*(true|1)", re.MULTILINE)
_FORKS = frozenset(
    {
        "multiprocessing.Process", "multiprocessing.Pool", "multiprocessing.pool.Pool", "os.fork",
        "concurrent.futures.ProcessPoolExecutor",
        "concurrent.futures.process.ProcessPoolExecutor",
    }
)  # fmt: skip
_CURES = ("register_at_fork", "worker_process_init", "dispose(close=False)")


def check(repository: Repository) -> Iterator[Finding]:
    """Find engines at import where a server preloads the application, or the module forks."""
    engines = [
        one
        for one in repository.known(engines_of)
        if one.is_at_import
        and one.kind not in PEEWEE | {Kind.PRISMA}
        and one.poolclass() != "NullPool"
        and constant(one.argument("open")) is not False  # a pool of psycopg, opened later
    ]
    if not engines or mentions(repository, *_CURES):
        return
    preload = _preload(repository)
    served = {id(one.module) for one in repository.known(handlers_of).values()
              if one.kind in (HandlerKind.ROUTE, HandlerKind.VIEW)}  # fmt: skip
    for engine in engines:
        fork = _fork(engine)
        if fork is not None:
            yield _finding(engine, Note(f"`{fork.name}` forks", engine.module.span(fork.node)))
        elif preload is not None and served:
            yield _finding(engine, Note("the application is loaded before the fork", preload))


def _finding(engine: Engine, note: Note) -> Finding:
    return Finding(
        f"this {engine.kind.value} is made before the processes are forked: a connection that is "
        "open by then is used by all of them",
        engine.span,
        notes=(note,),
    )


def _preload(repository: Repository) -> Span | None:
    for file in repository.named("uwsgi*.ini", "*uwsgi.ini"):
        # uWSGI loads the application once, and forks its processes from that.
        match = _MANY.search(file.text)
        if match and file.role is not Role.TEST and not _LAZY.search(file.text):
            return file.span(match.start(), match.end())
    for file in commands_of(repository):
        match = _PRELOAD.search(file.text)
        if match and not re.search(r"def post_fork\b[^#]*?dispose", file.text, re.DOTALL):
            return file.span(match.start(), match.end())
    return None


def _fork(engine: Engine) -> Call | None:
    """Return the fork of the same module whose child uses the engine, or a session of it."""
    module = engine.module
    made = {
        name
        for name, value in module.assigned.items()
        if any(one is engine.call.node for one in walk(value))
    }
    for name, value in module.assigned.items():
        if any(isinstance(one, ast.Name) and one.id in made for one in walk(value)):
            made.add(name)
    for call in module.calls:
        if call.name in _FORKS and not _spawns(call):
            targets = {one.id for one in walk(call.node) if isinstance(one, ast.Name)}
            around = module.function_around(call.node)
            if around is not None:
                targets |= {one.id for one in walk(around) if isinstance(one, ast.Name)}
            for target in targets & module.defined.keys():
                body = walk(module.defined[target])
                if module.defined[target] is not around and any(
                    isinstance(one, ast.Name) and one.id in made for one in body
                ):
                    return call
    return None


def _spawns(call: Call) -> bool:
    return call.keyword("mp_context") is not None or call.keyword("initializer") is not None


RULE = Rule(
    code="FD515",
    name="engine-before-fork",
    severity=Severity.WARNING,
    what="An engine or pool is made before the process forks its workers.",
    why="A forked child has the same sockets. Two processes that write to one connection get each "
    "other's rows, or `SSL error: decryption failed or bad record mac`. It works while nothing "
    "connects before the fork, and stops the day that something does.",
    fix="in the child, first of all: `engine.dispose(close=False)` (gunicorn's `post_fork`, "
    "Celery's `worker_process_init`, the `initializer` of a pool of processes)",
    language="python",
    bad="""\
import multiprocessing
import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


def import_part(part):
    with engine.begin() as connection:
        connection.execute(text("insert into parts values (:part)"), {"part": part})


def import_all(parts):
    with multiprocessing.Pool(4) as pool:
        pool.map(import_part, parts)
""",
    good="""\
import multiprocessing
import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"])


def import_part(part):
    with engine.begin() as connection:
        connection.execute(text("insert into parts values (:part)"), {"part": part})


def forget():
    engine.dispose(close=False)


def import_all(parts):
    with multiprocessing.Pool(4, initializer=forget) as pool:
        pool.map(import_part, parts)
""",
    references=("https://docs.sqlalchemy.org/en/20/core/pooling.html",),
    check=check,
)
