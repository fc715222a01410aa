"""Whether a route asks who calls it: in itself, in what it depends on, or before it."""

from __future__ import annotations

import ast
import re

from forebay.doctor.finding import Span
from forebay.doctor.python.classes import Body, Classes, Owner, arguments_of, classes_of
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.python.module import FUNCTIONS, Call, Function, Module
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.repository.repository import Repository

# Words that say that who asks is looked at.
_KNOWS_WHO = re.compile(
    r"auth|login|logged|user|account|principal|identity|token|secret|credential|permi|api_?key|jwt"
    r"|signature|verif|guard|protect|cookie|admin|forbidden|\b40[13]\b|hmac|bearer|password|captcha"
    r"|limit|current_|role|claim|scope|owner|member|tenant|security|abort|allow|access|session\["
    r"|session\.get\([\"']|customer_id|\bg\.|require|header|whitelist|trusted|policy|acl\b|caller",
    re.IGNORECASE,
)
# A guard that is one beyond doubt.
_GUARD = re.compile(
    r"(^|[._])(get_)?(current|authenticated|active)_?(active_?)?_?(user|account|principal)"
    r"|login_required|jwt_required|auth_required|require_?(auth|login|user|admin)|verify_?(token|jwt|api_?key)|token_required",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"(CORS|GZip|TrustedHost|HTTPSRedirect|Session|Prometheus|ProxyHeaders|ProxyFix|RequestI[dD]"
    r"|CorrelationId|OpenTelemetry|Sentry\w*|Timing|Logging|Compress\w*|Brotli|\w*Metrics|Tracing"
    r"|RequestLogging|AccessLog|SecurityHeaders|RawContext|ServerTiming|Locale|I18n)(Middleware)?$"
)
# Parameters of these types bring nothing that could have asked.
_PLAIN = re.compile(
    r"^(int|str|float|bool|bytes|list|dict|tuple|set|Any|None|UUID|Path|Query|Body|File|Form"
    r"|uuid\.UUID|datetime\.\w+|decimal\.Decimal|typing\.\w+|fastapi\.(BackgroundTasks|UploadFile"
    r"|Response|Path|Query|Body|File|Form)|starlette\..*Response|sqlalchemy\..*|sqlmodel\..*"
    r"|pydantic\..*)$"
)
# What a request's body is read as, where the file that declares it is not known.
_SHAPE = re.compile(
    r"(^|\.)(schemas?|dtos?|payloads?|serializers?)\.|(Create|Update|Schema|Request|Input|Payload|Body|DTO|In)$"
)
_NAMED = re.compile(r"\{(\w*_id|id)(?::\w+)?\}")
_HOPS = 5


class Guards:
    """What stands before the routes of a repository."""

    def __init__(self, repository: Repository) -> None:
        self._project: Project = repository.known(project_of)
        self._classes: Classes = repository.known(classes_of)
        self._modules = repository.modules
        self._includes = [
            (module, call)
            for module in self._modules
            for call in module.calls
            if call.last in ("include_router", "register_blueprint") and call.node.args
        ]
        self.is_before_all = any(self._is_before_all(one) for one in self._modules) or any(
            call.keyword("dependencies") is not None and self._made(call.node.args[0], one) is None
            for one, call in self._includes
        )
        self._examples: dict[str, tuple[str, Span]] = {}
        for handler in repository.known(handlers_of).values():
            said = self._guard(handler) if handler.kind is Kind.ROUTE else None
            if said is not None:
                self._examples.setdefault(_folder(handler), said)

    def example(self, handler: Handler) -> tuple[str, Span] | None:
        """Return what asks before another route of the same folder, in words, and where."""
        return self._examples.get(_folder(handler))

    def asks(self, handler: Handler) -> bool:
        """Whether a route asks, or does what nobody can follow to its end."""
        module, node = handler.module, handler.node
        if has_words(Body(module, node)) or self._is_behind(module, node):
            return True
        for one, default in arguments_of(node):
            if self._may_ask(module, one.annotation, default, _HOPS):
                return True
        for call in module.calls_by(node):
            body = self._classes.target(module, call)
            if body is not None and has_words(body):
                return True
            if any(isinstance(one, ast.Name) and one.id == "request" for one in call.node.args):
                return True
        return False

    def _guard(self, handler: Handler) -> tuple[str, Span] | None:
        module, node = handler.module, handler.node
        for one in node.decorator_list:
            call = module.call(one)
            name = call.name if call is not None else module.name_of(one)
            if _GUARD.search(name):
                return f"`@{name}`", module.span(one)
        for each, default in arguments_of(node):
            for part in (default, each.annotation):
                name = self._filled_by(module, part) if part is not None else ""
                if _GUARD.search(name):
                    return f"`{name.rpartition('.')[2]}`", module.span(each)
        return None

    def _filled_by(self, module: Module, part: ast.expr) -> str:
        """Return the name of the dependency that fills a parameter, through an alias too."""
        if isinstance(part, ast.Name | ast.Attribute):
            found = self._project.definition_of(part, module)
            if found is None or not isinstance(found.node, ast.Subscript):
                return ""
            module, part = found.module, found.node
        for call in module.calls_in(part):
            if call.last in _FILLS and call.node.args:
                return module.name_of(call.node.args[0])
        return ""

    def _is_behind(self, module: Module, node: Function) -> bool:
        """Whether something stands before a route: its decorators, its router, what includes it."""
        if len(node.decorator_list) != 1:
            return True
        call = module.call(node.decorator_list[0])
        made = self._made(call.node.func, module) if call is not None else None
        return made is None or self._is_guarded(*made, set())

    def _is_guarded(self, module: Module, router: Call, seen: set[ast.Call]) -> bool:
        if router.node in seen:
            return False
        seen.add(router.node)
        if any(one.arg in (None, "dependencies", "route_class") for one in router.node.keywords):
            return True
        for where, call in self._includes:
            made = self._made(call.node.args[0], where)
            if made is None or made[1].node is not router.node:
                continue
            outer = self._made(call.node.func, where)
            if call.keyword("dependencies") is not None or outer is None:
                return True
            if self._is_guarded(*outer, seen):
                return True
        return False

    def _made(self, node: ast.expr, module: Module) -> tuple[Module, Call] | None:
        """Return the call that makes the router that a name, or the owner of a method, is."""
        if isinstance(node, ast.Attribute) and node.attr in _METHODS:
            node = node.value
        return self._project.call_of(node, module)

    def _may_ask(
        self, module: Module, annotation: ast.expr | None, default: ast.expr | None, hops: int
    ) -> bool:
        call = module.call(default)
        if call is not None and call.last in ("Depends", "Security"):
            given = call.node.args[0] if call.node.args else annotation
            return self._dependency_asks(module, given, hops)
        if annotation is None:
            return False
        if not hops or isinstance(annotation, ast.Constant):
            return not isinstance(annotation, ast.Constant) or annotation.value is not None
        if isinstance(annotation, ast.BinOp):
            return self._may_ask(module, annotation.left, None, hops - 1)
        if isinstance(annotation, ast.Subscript):
            inner = [one for one in module.calls_in(annotation) if one.last in _FILLS]
            return any(
                not one.node.args or self._dependency_asks(module, one.node.args[0], hops)
                for one in inner
            )
        name = module.name_of(annotation)
        if _PLAIN.search(name):
            return False
        found = self._project.definition(name, module)
        if found is None:
            return _SHAPE.search(name) is None
        if isinstance(found.node, ast.expr):
            return self._may_ask(found.module, found.node, None, hops - 1)
        return not isinstance(found.node, ast.ClassDef)

    def _dependency_asks(self, module: Module, node: ast.expr | None, hops: int) -> bool:
        found = self._project.definition_of(node, module) if node is not None and hops else None
        if found is None or not isinstance(found.node, FUNCTIONS):
            # Of a class, what it is made with; the rest nobody can follow.
            if found is None or not isinstance(found.node, ast.ClassDef):
                # A session's own dependency may be another package's.
                return not re.search(r"session|\bdb\b|database|conn", module.name_of(node)
                                     if node is not None else "", re.IGNORECASE)  # fmt: skip
            made = self._classes.method(Owner(found.module, found.node), "__init__")
            if made is None:
                return True
            body = made
        else:
            body = Body(found.module, found.node)
        return has_words(body) or any(
            self._may_ask(body.module, one.annotation, default, hops - 1)
            for one, default in arguments_of(body.node)
            if one.arg != "self"
        )

    def _is_before_all(self, module: Module) -> bool:
        for call in module.calls:
            if call.last in ("FastAPI", "Starlette", "Flask", "Litestar") and any(
                one.arg in (None, "dependencies", "middleware", "before_request")
                for one in call.node.keywords
            ):
                return True
            if call.last == "add_middleware" and call.node.args:
                if not _HARMLESS.search(module.name_of(call.node.args[0])):
                    return True
            if call.last in ("before_request", "before_app_request"):
                return True
        return any(_is_middleware(module, one) for one in module.functions)


_METHODS = frozenset(
    "get post put patch delete route api_route include_router register_blueprint".split()
)
_FILLS = frozenset({"Depends", "Security"})


def guards_of(repository: Repository) -> Guards:
    """Return what stands before routes; ask for it by `Repository.known`."""
    return Guards(repository)


def has_words(body: Body) -> bool:
    """Whether a function speaks of who calls, in any word of its code."""
    node = body.node
    path = " ".join(
        one.value
        for decorator in node.decorator_list
        for one in ast.walk(decorator)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )
    is_told = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
    parts = [*node.decorator_list, node.args, *node.body[is_told:]]
    text = "\n".join([node.name, *(ast.unparse(one) for one in parts)])
    # What the address itself names is no word of who calls it: /customers/{customer_id}.
    for name in _NAMED.findall(path):
        text = re.sub(rf"\b{name}\b", "", text)
    return bool(_KNOWS_WHO.search(text))


def _is_middleware(module: Module, function: Function) -> bool:
    for one in function.decorator_list:
        call = module.call(one)
        name = (call.name if call is not None else module.name_of(one)).rpartition(".")[2]
        if name in ("before_request", "before_app_request"):
            return True
        if name == "middleware" and has_words(Body(module, function)):
            return True
    return False


def _folder(handler: Handler) -> str:
    return handler.module.file.path.rpartition("/")[0]
