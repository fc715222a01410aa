"""Where the databases of Peewee are connected for a request, and whether they are closed again."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.python.engines import PEEWEE, Engine, engines_of
from forebay.doctor.python.handlers import PER_REQUEST, handler_around
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.repository.repository import Repository

_CLOSES = frozenset({"close", "close_all", "manual_close", "close_stale", "close_idle"})
# What a framework runs before each request.
_HOOK = re.compile(r"(^|\.)(before_request|before_app_request|middleware)$")


@dataclass(frozen=True, slots=True)
class Opening:
    """A `connect()` that runs once a request: ``label`` is what runs it, for a message."""

    engine: Engine
    module: Module
    call: Call
    label: str
    is_closed: bool

    @property
    def span(self) -> Span:
        """Where it is written."""
        return self.module.span(self.call.node)


def openings_of(repository: Repository) -> tuple[Opening, ...]:
    """Return the connections of Peewee that requests open; ask for it by `Repository.known`."""
    engines = {one.call.node: one for one in repository.known(engines_of) if one.kind in PEEWEE}
    return tuple(_read(repository, engines)) if engines else ()


def _read(repository: Repository, engines: dict[ast.Call, Engine]) -> Iterator[Opening]:
    closed = {
        engine.call.node for name in _CLOSES for engine, _, _ in _calls(repository, engines, name)
    }
    for name in ("connect", "connection_context"):
        for engine, module, call in _calls(repository, engines, name):
            label = _label(repository, module, call)
            if label:
                is_closed = name == "connection_context" or engine.call.node in closed
                yield Opening(engine, module, call, label, is_closed)


def _calls(
    repository: Repository, engines: dict[ast.Call, Engine], name: str
) -> Iterator[tuple[Engine, Module, Call]]:
    """Yield the calls of a method of this name of the databases that modules keep."""
    project = repository.known(project_of)
    for module, call in project.calls_named(name):
        function = call.node.func
        if isinstance(function, ast.Attribute):
            made = project.call_of(function.value, module)
            if made is not None and made[1].node in engines:
                yield engines[made[1].node], module, call


def _label(repository: Repository, module: Module, call: Call) -> str:
    handler = handler_around(repository, module, call.node)
    if handler is not None:
        return handler.label if handler.kind in PER_REQUEST else ""
    for function in module.functions_around(call.node):
        if _is_hook(module, function):
            return f"the hook `{function.name}`"
    return ""


def _is_hook(module: Module, function: Function) -> bool:
    names = (
        made.name if (made := module.call(one)) is not None else module.name_of(one)
        for one in function.decorator_list
    )
    return any(_HOOK.search(name) for name in names)
