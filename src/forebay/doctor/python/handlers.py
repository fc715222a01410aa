"""The functions that a server, a platform or a queue calls: once a request, event or task."""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.python.classes import Body, Classes, Owner, arguments_of, classes_of
from forebay.doctor.python.module import FUNCTIONS, Call, Function, Module
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository


class Kind(enum.Enum):
    """Who calls a function, as words for a message."""

    ROUTE = "route"
    VIEW = "Django view"
    LAMBDA = "Lambda handler"
    FUNCTION = "cloud function"
    DEPENDENCY = "dependency"
    TASK = "task"
    LIFESPAN = "lifespan"


PER_REQUEST = frozenset({Kind.ROUTE, Kind.VIEW, Kind.LAMBDA, Kind.FUNCTION, Kind.DEPENDENCY})


@dataclass(frozen=True, slots=True)
class Handler:
    """A function and who calls it."""

    module: Module
    node: Function
    kind: Kind

    @property
    def label(self) -> str:
        """It, for a message."""
        return f"the {self.kind.value} `{self.node.name}`"

    @property
    def is_async(self) -> bool:
        """Whether it runs on an event loop."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def span(self) -> Span:
        """Its first line."""
        return self.module.file.line_span(self.node.lineno)


_ROUTE_METHODS = frozenset(
    "get post put patch delete head options route api_route websocket endpoint".split()
)
_HTTP_METHODS = frozenset("get post put patch delete head list create retrieve update".split())
_WEB = ("fastapi", "starlette", "flask", "quart", "sanic", "litestar", "chalice", "aiohttp",
        "flask_restful", "flask_restx", "bottle", "falcon", "robyn", "apiflask", "ninja",
        "aws_lambda_powertools")  # fmt: skip
_VIEW_CLASS = re.compile(r"(View|ViewSet|APIView|MethodView|Resource|HTTPEndpoint|Controller)$")
_TASK = re.compile(r"(^|\.)(task|shared_task|actor|periodic_task|on_after_configure)$")
_LIFESPAN = re.compile(r"\.on_event$|(^|\.)asynccontextmanager$")


def handlers_of(repository: Repository) -> dict[Function, Handler]:
    """Return every function that is called from outside; ask for it by `Repository.known`."""
    found: dict[Function, Handler] = {}
    for module in repository.modules:
        if module.file.role is Role.TEST:
            continue
        for node in module.functions:
            kind = _by_decorators(module, node) or _by_shape(module, node)
            if kind is not None:
                found[node] = Handler(module, node, kind)
    for handler in (*_dependencies(repository), *_registered(repository)):
        found.setdefault(handler.node, handler)
    return found


def handler_around(repository: Repository, module: Module, node: ast.AST) -> Handler | None:
    """Return the handler in which a node runs, inner functions included."""
    known = repository.known(handlers_of)
    return next((known[one] for one in module.functions_around(node) if one in known), None)


def _by_decorators(module: Module, node: Function) -> Kind | None:
    for decorator in node.decorator_list:
        call = module.call(decorator)
        name = call.name if call else module.name_of(decorator)
        last = name.rpartition(".")[2]
        if last in _ROUTE_METHODS and call and "." in name and _has_path(call):
            return Kind.ROUTE
        if _TASK.search(name):
            return Kind.TASK
        if name.startswith("functions_framework.") or last in ("function_name", "on_request"):
            return Kind.FUNCTION
        if _LIFESPAN.search(name) and _is_lifespan(module, node, name):
            return Kind.LIFESPAN
    return None


def _has_path(call: Call) -> bool:
    given = call.node.args[0] if call.node.args else call.keyword("path") or call.keyword("rule")
    if isinstance(given, ast.Constant):
        return isinstance(given.value, str) and given.value[:1] in ("", "/")
    # `@router.get(PATH)`: client.get(PATH) would hardly be a decorator.
    return given is not None


def _is_lifespan(module: Module, node: Function, name: str) -> bool:
    if name.endswith(".on_event"):
        return True
    arguments = node.args.args
    return "lifespan" in node.name or bool(
        arguments and arguments[0].arg == "app" and module.imports_from("fastapi", "starlette")
    )


def _by_shape(module: Module, node: Function) -> Kind | None:
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    owner = module.class_around(node)
    if owner is None and len(names) == 2:
        event, context = names
        if event in ("event", "_event", "events") and context.strip("_") in ("context", "ctx", ""):
            return Kind.LAMBDA
        if "handler" in node.name and (event, context) in (("_", "__"), ("evt", "ctx")):
            return Kind.LAMBDA
    if owner is None and names[:1] == ["request"] and _is_django_view(module):
        return Kind.VIEW
    if owner is not None and node.name in _HTTP_METHODS and names[1:2] == ["request"]:
        return Kind.VIEW if _is_view_class(module, owner) else None
    if owner is not None and node.name in _HTTP_METHODS and _is_view_class(module, owner):
        return Kind.ROUTE if module.imports_from(*_WEB) else None
    return None


def _is_django_view(module: Module) -> bool:
    return bool(re.search(r"(^|/)views?(/|[^/]*\.py$)", module.file.path)) and (
        module.imports_from("django")
    )


def _is_view_class(module: Module, owner: ast.ClassDef) -> bool:
    return any(_VIEW_CLASS.search(module.name_of(base)) for base in owner.bases)


def _dependencies(repository: Repository) -> Iterator[Handler]:
    """Yield what `Depends` is given somewhere."""
    project = repository.known(project_of)
    classes = repository.known(classes_of)
    for module in repository.modules:
        if module.file.role is Role.TEST:
            continue
        for call in module.calls:
            if call.last in ("Depends", "Security", "Provide"):
                given = call.node.args[0] if call.node.args else _annotation(module, call)
                found = _called(project, classes, module, call, given)
                if found is not None:
                    yield Handler(found.module, found.node, Kind.DEPENDENCY)


def _called(
    project: Project, classes: Classes, module: Module, call: Call, given: ast.expr | None
) -> Body | None:
    """Return what runs for each request where `Depends` is given this."""
    found = project.definition_of(given, module) if given is not None else None
    if found is not None and isinstance(found.node, FUNCTIONS):
        return Body(found.module, found.node)
    if found is not None and isinstance(found.node, ast.ClassDef):
        # FastAPI calls a class as well: it makes one for each request.
        return classes.method(Owner(found.module, found.node), "__init__")
    around = module.function_around(call.node)
    if isinstance(given, ast.Attribute):
        owner = classes.of(given.value, module, around) or classes.annotated(given.value, module)
        return classes.method(owner, given.attr) if owner is not None else None
    # An object is made once, and is called for each request.
    owner = classes.of(given, module, around)
    return classes.method(owner, "__call__") if owner is not None else None


def _annotation(module: Module, call: Call) -> ast.expr | None:
    """Return the type of the parameter that `Depends()` fills, which is the dependency itself."""
    above = module.parent(call.node)
    if isinstance(above, ast.Tuple):  # Annotated[Filters, Depends()]
        return above.elts[0]
    function = module.parent(above) if isinstance(above, ast.arguments) else None
    if isinstance(function, FUNCTIONS):
        for one, default in arguments_of(function):
            if default is call.node:
                return one.annotation
    return None


def _registered(repository: Repository) -> Iterator[Handler]:
    """Yield what is handed over by name: `lifespan=`, `add_event_handler`, `add_api_route`."""
    project = repository.known(project_of)
    for module in repository.modules:
        for call in module.calls:
            node, kind = call.keyword("lifespan"), Kind.LIFESPAN
            if call.last == "add_event_handler" and len(call.node.args) == 2:
                node = call.node.args[1]
            elif call.last in ("add_api_route", "add_url_rule", "add_route"):
                node = call.node.args[1] if len(call.node.args) > 1 else None
                kind = Kind.ROUTE
            found = project.definition_of(node, module) if node is not None else None
            if found and isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Handler(found.module, found.node, kind)
