"""One connection, opened at import, for every thread and request."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import walk
from forebay.doctor.python.engines import CONNECTIONS, Engine, engines_of
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find connections made at import that a route of the same module uses."""
    for engine in repository.known(engines_of):
        name = _name(engine)
        if engine.kind not in CONNECTIONS or not engine.is_at_import or name is None:
            continue
        user = _user(repository, engine, name)
        if user is not None:
            yield Finding(
                f"every request shares the one connection `{name}`",
                engine.span,
                notes=(Note(f"{user.label} uses it", user.span),),
            )


def _name(engine: Engine) -> str | None:
    holder = engine.module.parent(engine.call.node)
    if isinstance(holder, ast.Assign) and isinstance(holder.targets[0], ast.Name):
        return holder.targets[0].id
    return None


def _user(repository: Repository, engine: Engine, name: str) -> Handler | None:
    for handler in repository.known(handlers_of).values():
        if handler.module is not engine.module or handler.kind not in (Kind.ROUTE, Kind.VIEW):
            continue
        if any(isinstance(one, ast.Name) and one.id == name for one in walk(handler.node)):
            return handler
    return None


RULE = Rule(
    code="FD503",
    name="shared-connection",
    severity=Severity.ERROR,
    what="A connection is opened at import, and all requests of the process use it.",
    why="Requests run in threads or as tasks, and a connection has one transaction: they see and "
    "commit each other's work. After one failed statement every later one fails with `current "
    "transaction is aborted`, and a connection that the server closed is never opened again.",
    fix="take a connection from a pool for each request: `with pool.connection() as connection:`",
    language="python",
    bad="""\
import psycopg2
from flask import Flask

app = Flask(__name__)
connection = psycopg2.connect("host=db.internal dbname=shop")


@app.get("/orders")
def orders():
    cursor = connection.cursor()
    cursor.execute("select 1")
    return cursor.fetchall()
""",
    good="""\
from flask import Flask
from psycopg_pool import ConnectionPool

app = Flask(__name__)
pool = ConnectionPool("host=db.internal dbname=shop", open=False)


@app.get("/orders")
def orders():
    with pool.connection() as connection:
        return connection.execute("select 1").fetchall()
""",
    check=check,
)
