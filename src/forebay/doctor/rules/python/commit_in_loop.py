"""A commit for every element of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import walk
from forebay.doctor.python.effects import Does, Effects, effects_of
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.sessions import receiver
from forebay.doctor.python.source import is_command, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# A round of many steps may well be a piece of work of its own.
_MOST_STEPS = 4


def check(repository: Repository) -> Iterator[Finding]:
    """Find `commit()` in each round of a `for`, and what commits a session that it is handed."""
    effects = repository.known(effects_of)
    for module in production(repository):
        for call in _in_short_loops(module):
            function = module.function_around(call.node)
            loop = _loop(module, call, function) if function is not None else None
            if loop is None or is_command(module, call.node):
                continue
            if call.last == "commit":
                is_one = effects.held.of_call(call, module) is not None
                if is_one and not _is_of(loop, receiver(call)):
                    yield _finding(module, call)
            else:
                yield from (x for x in _through(effects, module, call) if not _is_of(loop, ""))


def _in_short_loops(module: Module) -> Iterator[Call]:
    seen: set[ast.AST] = set()
    for node in module.of(ast.For, ast.AsyncFor):
        calls = module.calls_in(node)
        for call in calls if len(calls) <= _MOST_STEPS else ():
            if call.node not in seen:
                seen.add(call.node)
                yield call


def _through(effects: Effects, module: Module, call: Call) -> Iterator[Finding]:
    """Find a function that is handed a session, and certainly commits it."""
    given = (*call.node.args, *(one.value for one in call.node.keywords))
    function = module.function_around(call.node)
    if any(effects.held.flavour(one, module, function) for one in given):
        deed = effects.of_call(module, call, Does.COMMITS)
        body = effects.classes.target(module, call)
        if deed is None or body is None or deed.module is not body.module:
            return
        # What does more than write is a piece of work of its own, as a long round is.
        if deed.call in body.module.calls_by(body.node) and (
            len(body.module.calls_in(*body.node.body)) <= 2 * _MOST_STEPS
        ):
            place = Note("it commits here", deed.module.span(deed.call.node))
            yield _finding(module, call, place)


def _finding(module: Module, call: Call, *notes: Note) -> Finding:
    return Finding(
        "every element is a transaction of its own: it waits for the disk, and a failure half-way "
        "leaves half",
        module.span(call.node),
        notes=notes,
    )


def _loop(module: Module, call: Call, function: Function | None) -> ast.For | ast.AsyncFor | None:
    """Return the loop whose every round commits; None for a commit that is one of some cases."""
    for above in module.around(call.node):
        if above is function or isinstance(above, ast.If | ast.Try | ast.While | ast.With):
            return None
        if isinstance(above, ast.For | ast.AsyncFor):
            return above if not above.orelse else None
    return None


def _is_of(loop: ast.For | ast.AsyncFor, name: str) -> bool:
    """Whether the loop makes the session itself, or undoes and goes on: each stands alone."""
    return any(
        (isinstance(one, ast.Assign) and any(_is_name(x, name) for x in one.targets))
        or _is_name(getattr(one, "optional_vars", None), name)
        or (isinstance(one, ast.Attribute) and one.attr in ("rollback", "begin_nested"))
        for one in walk(loop)
    )


def _is_name(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


RULE = Rule(
    code="FD610",
    name="commit-in-loop",
    severity=Severity.NOTE,
    what="A loop commits in each of its rounds.",
    why="Each commit waits until the write-ahead log is on disk, so that a thousand rows take "
    "seconds instead of milliseconds, and expires every object, which are then read again. When "
    "one fails, those before it stay.",
    fix="commit once behind the loop; with very many rows once every thousand",
    language="python",
    bad="""\
from sqlalchemy.orm import Session


def import_all(session: Session, orders: list) -> None:
    for order in orders:
        session.add(order)
        session.commit()
""",
    good="""\
from sqlalchemy.orm import Session


def import_all(session: Session, orders: list) -> None:
    for order in orders:
        session.add(order)
    session.commit()
""",
    check=check,
)
