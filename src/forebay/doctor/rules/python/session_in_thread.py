"""A session that a thread of its own uses, beside the thread that made it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.classes import Body
from forebay.doctor.python.effects import Effects, effects_of
from forebay.doctor.python.module import FUNCTIONS, Call, Module
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_THREADS = frozenset({"threading.Thread", "threading.Timer"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find threads that are given a session, or that use Flask's without a context."""
    effects = repository.known(effects_of)
    for module in production(repository):
        for call in module.calls:
            if call.name in _THREADS:
                yield from _given(effects, module, call)
                yield from _without_context(effects, module, call)


def _given(effects: Effects, module: Module, call: Call) -> Iterator[Finding]:
    function = module.function_around(call.node)
    for name in ("args", "kwargs"):
        said = call.keyword(name)
        parts = said.elts if isinstance(said, ast.Tuple | ast.List) else ()
        parts = said.values if isinstance(said, ast.Dict) else parts
        for one in parts:
            if effects.held.flavour(one, module, function) is not None:
                yield Finding(
                    f"the thread gets `{ast.unparse(one)}`, which the thread that made it uses as "
                    "well",
                    module.span(one),
                )


def _without_context(effects: Effects, module: Module, call: Call) -> Iterator[Finding]:
    target = call.keyword("target") or call.keyword("function")
    found = effects.held.project.definition_of(target, module) if target is not None else None
    if found is None or not isinstance(found.node, FUNCTIONS) or found.node.decorator_list:
        return
    body = Body(found.module, found.node)
    if any(one.last in ("app_context", "push") for one in body.module.calls_in(body.node)):
        return
    for one in body.module.calls_by(body.node):
        node = one.node.func
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            session = node.value
            if session.attr == "session" and effects.held.extension(session.value, body.module):
                yield Finding(
                    f"`{ast.unparse(session)}` belongs to an application's context, and a thread "
                    "has none of its own",
                    body.module.span(one.node),
                    notes=(Note("the thread", module.span(call.node)),),
                )
                return


RULE = Rule(
    code="FD623",
    name="session-in-thread",
    severity=Severity.ERROR,
    what="A thread uses a session of another thread, or Flask's session without a context.",
    why="A session is one connection and one transaction: of two threads that use it, one sees the "
    "other's half-done work, commits it, or gets its rows. `db.session` of Flask-SQLAlchemy is "
    "bound to the application's context, which a new thread does not have: it fails with `Working "
    "outside of application context`, or, before version 3, keeps a connection that nobody gives "
    "back.",
    fix="pass ids, and open a session in the thread; for Flask inside `with app.app_context():`",
    language="python",
    bad="""\
from threading import Thread

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
db = SQLAlchemy(app)


def count() -> None:
    db.session.execute(text("update visits set number = number + 1"))
    db.session.commit()


@app.get("/")
def index():
    Thread(target=count).start()
    return "hello"
""",
    good="""\
from threading import Thread

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
db = SQLAlchemy(app)


def count() -> None:
    with app.app_context():
        db.session.execute(text("update visits set number = number + 1"))
        db.session.commit()


@app.get("/")
def index():
    Thread(target=count).start()
    return "hello"
""",
    references=("https://flask-sqlalchemy.readthedocs.io/en/stable/contexts/",),
    check=check,
)
