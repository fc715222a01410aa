"""Which names of a function are database sessions, and of which kind."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator

from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import Project


class Flavour(enum.Enum):
    """What a session does while PostgreSQL answers: it blocks the thread, or it is awaited."""

    SYNC = "Session"
    ASYNC = "AsyncSession"


_CLASSES = {
    "sqlalchemy.orm.Session": Flavour.SYNC,
    "sqlalchemy.orm.session.Session": Flavour.SYNC,
    "sqlalchemy.orm.scoped_session": Flavour.SYNC,
    "sqlmodel.Session": Flavour.SYNC,
    "sqlalchemy.ext.asyncio.AsyncSession": Flavour.ASYNC,
    "sqlalchemy.ext.asyncio.session.AsyncSession": Flavour.ASYNC,
    "sqlalchemy.ext.asyncio.async_scoped_session": Flavour.ASYNC,
    "sqlmodel.ext.asyncio.session.AsyncSession": Flavour.ASYNC,
}
_MAKERS = {
    "sqlalchemy.orm.sessionmaker": Flavour.SYNC,
    "sqlalchemy.orm.session.sessionmaker": Flavour.SYNC,
    "sqlalchemy.orm.scoped_session": Flavour.SYNC,
    "sqlalchemy.ext.asyncio.async_sessionmaker": Flavour.ASYNC,
    "sqlalchemy.ext.asyncio.async_scoped_session": Flavour.ASYNC,
}
# Methods that read.
READS = frozenset("execute scalar scalars query get get_one exec".split())
# Methods that send something to PostgreSQL.
QUERIES = frozenset(
    "execute scalar scalars query get get_one exec flush commit refresh merge rollback stream "
    "stream_scalars run_sync bulk_save_objects bulk_insert_mappings".split()
)
_HOPS = 4


def annotated(
    module: Module, node: ast.expr | None, project: Project, hops: int = _HOPS
) -> Flavour | None:
    """Return the flavour of session that an annotation names, through aliases, or None."""
    if node is None or not hops:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
        last = module.name_of(node.value).rpartition(".")[2]
        if last in ("Annotated", "Optional", "Generator", "Iterator", "AsyncGenerator",
                    "AsyncIterator", "async_scoped_session", "scoped_session"):  # fmt: skip
            return annotated(module, inner, project, hops - 1)
        return None
    if isinstance(node, ast.BinOp):
        return annotated(module, node.left, project, hops - 1)
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    name = module.name_of(node)
    if name in _CLASSES:
        return _CLASSES[name]
    found = project.definition(name, module)
    if found is not None and isinstance(found.node, ast.expr) and found.node is not node:
        return annotated(found.module, found.node, project, hops - 1)
    return None


def made_by(module: Module, call: Call | None, project: Project) -> Flavour | None:
    """Return the flavour of session that a call makes: `SessionLocal()`, `Session(engine)`."""
    if call is None:
        return None
    if call.name in _CLASSES and not call.name.endswith("scoped_session"):
        return _CLASSES[call.name]
    return _maker(module, call.node.func, project)


def _maker(module: Module, node: ast.expr, project: Project) -> Flavour | None:
    found = project.definition_of(node, module)
    if found is None or not isinstance(found.node, ast.expr):
        return None
    made = found.module.call(found.node)
    return maker_flavour(found.module, made) if made is not None else None


def maker_flavour(module: Module, call: Call) -> Flavour | None:
    """Return the flavour of session that a `sessionmaker(…)` makes, or None when it is none."""
    flavour = _MAKERS.get(call.name)
    if flavour is Flavour.SYNC:
        given = call.keyword("class_")
        if given is not None and module.name_of(given).endswith("AsyncSession"):
            return Flavour.ASYNC
    return flavour


def parameters(module: Module, function: Function, project: Project) -> dict[str, Flavour]:
    """Return a function's parameters that are sessions, by their annotations."""
    key = ("parameters", function)
    if key not in project.sessions:
        every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        found = {one.arg: annotated(module, one.annotation, project) for one in every}
        project.sessions[key] = {name: one for name, one in found.items() if one is not None}
    return project.sessions[key]


def depended(module: Module, function: Function, project: Project) -> dict[str, Flavour]:
    """Return those parameters that FastAPI fills: by `Depends`, in the default or the alias."""
    every = [*function.args.posonlyargs, *function.args.args]
    defaults: dict[str, ast.expr | None] = {one.arg: None for one in every}
    for argument, default in zip(reversed(every), reversed(function.args.defaults), strict=False):
        defaults[argument.arg] = default
    for argument, given in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        every.append(argument)
        defaults[argument.arg] = given
    flavours = parameters(module, function, project)
    return {
        one.arg: flavours[one.arg]
        for one in every
        if one.arg in flavours
        and (_is_depends(module, defaults[one.arg]) or _is_filled(module, one.annotation, project))
    }


def _is_depends(module: Module, node: ast.expr | None) -> bool:
    call = module.call(node)
    return call is not None and call.last in ("Depends", "Security")


def _is_filled(module: Module, node: ast.expr | None, project: Project) -> bool:
    if isinstance(node, ast.Subscript):
        return any(call.last in ("Depends", "Security") for call in module.calls_in(node))
    if isinstance(node, ast.Name | ast.Attribute):
        found = project.definition_of(node, module)
        if found is not None and isinstance(found.node, ast.Subscript):
            return _is_filled(found.module, found.node, project)
    return False


def sessions_in(module: Module, function: Function, project: Project) -> dict[str, Flavour]:
    """Return every local name of a function that is a session: parameters, `with`, assignments."""
    key = ("in", function)
    if key not in project.sessions:
        project.sessions[key] = _sessions_in(module, function, project)
    return project.sessions[key]


def _sessions_in(module: Module, function: Function, project: Project) -> dict[str, Flavour]:
    found = dict(parameters(module, function, project))
    for block in module.withs.get(function, ()):
        for item in block.items:
            if isinstance(item.optional_vars, ast.Name):
                flavour = made_by(module, module.entered(item), project)
                if flavour is not None:
                    found[item.optional_vars.id] = flavour
    for node in module.given(function):
        flavour = made_by(module, module.call(node.value), project)
        if flavour is not None and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = flavour
    for name, other in _closed(module, function):
        if other in found:
            found[name] = found[other]
    return found


def _closed(module: Module, function: Function) -> Iterator[tuple[str, str]]:
    """Yield the names of `with closing(session) as one`: (one, session)."""
    for block in module.withs.get(function, ()):
        for item in block.items:
            call = module.call(item.context_expr)
            if call is not None and module.closes(call):
                given, bound = call.node.args[0], item.optional_vars
                if isinstance(given, ast.Name) and isinstance(bound, ast.Name):
                    yield bound.id, given.id


def receiver(call: Call) -> str:
    """Return the local name whose method a call is; empty when it is not one's."""
    function = call.node.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id
    return ""
