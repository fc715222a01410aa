"""A route that writes for whoever calls it, in an application whose other routes ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.asking import Guards, guards_of
from forebay.doctor.python.effects import Does, effects_of
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.python.module import Call
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

# What is there for strangers by its nature.
_PUBLIC = re.compile(
    r"sign-?_?(in|up|out)|log-?_?(in|out)|regist|auth|oauth|webhook|hook|subscri|newsletter|contact"
    r"|wait-?_?list|public|cron|health|track|beacon|pixel|feedback|invit|callback|open|ping|demo"
    r"|internal|vote|share|reset|forgot|password|onboard|token|job|queue|worker|task|test|debug"
    r"|inquir|enquir|metric|event|search|query|preview|guest|anonym|cart|checkout|dev\b|admin_?init|setup",
    re.IGNORECASE,
)
_MUTATING = frozenset({"post", "put", "patch", "delete"})


def check(repository: Repository) -> Iterator[Finding]:
    """Find routes that may write, that nothing guards, beside routes that a guard stands before."""
    guards = repository.known(guards_of)
    if guards.is_before_all:
        return
    read = {id(module) for module in production(repository)}
    for handler in repository.known(handlers_of).values():
        if handler.kind is Kind.ROUTE and id(handler.module) in read:
            yield from _open(repository, guards, handler)


def _open(repository: Repository, guards: Guards, handler: Handler) -> Iterator[Finding]:
    module = handler.module
    route = _mutating(handler)
    example = guards.example(handler)
    if route is None or example is None or _is_public(handler, route) or guards.asks(handler):
        return
    effects = repository.known(effects_of)
    for call in module.calls_by(handler.node):
        deed = effects.deed(module, call)
        there = None
        if deed is None or (deed[0] is not Does.WRITES and call.last != "commit"):
            there = effects.of_call(module, call, Does.WRITES) or effects.of_call(
                module, call, Does.COMMITS
            )
            if there is None:
                continue
        notes = [Note(f"{handler.label} has nothing that asks who calls", handler.span)]
        if there is not None:
            notes.append(Note("it writes here", there.module.span(there.call.node)))
        notes.append(Note(f"another route beside it asks, by {example[0]}", example[1]))
        yield Finding(
            f"{handler.label} writes for whoever calls it", module.span(call.node),
            notes=tuple(notes),
        )  # fmt: skip
        return


def _mutating(handler: Handler) -> Call | None:
    """Return the decorator that gives a route a method that changes things."""
    for decorator in handler.node.decorator_list:
        call = handler.module.call(decorator)
        if call is None:
            continue
        if call.last in _MUTATING:
            return call
        methods = call.keyword("methods")
        if isinstance(methods, ast.List | ast.Tuple | ast.Set):
            said = {one.value.lower() for one in methods.elts
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)}  # fmt: skip
            if said and said <= _MUTATING | {"options"}:
                return call
    return None


def _is_public(handler: Handler, route: Call) -> bool:
    written = ast.unparse(route.node)
    return any(
        _PUBLIC.search(one) for one in (handler.node.name, handler.module.file.path, written)
    )


RULE = Rule(
    code="FD622",
    name="write-without-authentication",
    severity=Severity.ERROR,
    what="A route writes to the database without asking who calls it, while other routes ask.",
    why="Anybody who finds the address can write. Where the other routes of an application have a "
    "dependency or a decorator that asks, the one without it was mostly forgotten, and no test of "
    "what it does will notice.",
    fix="give it the guard that the others have, and check that this user may change this row",
    language="python",
    bad="""\
from fastapi import APIRouter, Depends
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db import Order, get_session
from app.users import get_current_user

router = APIRouter()


@router.get("/orders")
def orders(user=Depends(get_current_user), session: Session = Depends(get_session)):
    return session.get(Order, user.id)


@router.delete("/orders/{number}")
def remove(number: int, session: Session = Depends(get_session)):
    session.execute(delete(Order).where(Order.id == number))
    session.commit()
""",
    good="""\
from fastapi import APIRouter, Depends
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db import Order, get_session
from app.users import get_current_user

router = APIRouter()


@router.get("/orders")
def orders(user=Depends(get_current_user), session: Session = Depends(get_session)):
    return session.get(Order, user.id)


@router.delete("/orders/{number}")
def remove(number: int, user=Depends(get_current_user), session: Session = Depends(get_session)):
    session.execute(delete(Order).where(Order.id == number, Order.owner == user.id))
    session.commit()
""",
    check=check,
)
