"""Texts that the client of a request chooses: a route's parameters, the fields of its body and what
it reads of the request, through the locals of the function, as long as nothing looks at them."""

from __future__ import annotations

import ast
import re
from collections import Counter

from forebay.doctor.python.children import walk
from forebay.doctor.python.handlers import Handler, Kind, handlers_of
from forebay.doctor.python.module import Call, Function, Module
from forebay.doctor.python.project import project_of
from forebay.doctor.repository.repository import Repository

_HOPS = 8
_ANY_TEXT = re.compile(r"(typing\.)?(str|Any|Optional\[str\]|str \| None|None \| str)$")
_REQUEST = re.compile(
    r"^(self\.)?(request|req)\.(query_params|path_params|args|form|values|GET|POST|headers|cookies|"
    r"json|data|match_info|query)\b|^(self\.)?(request|req)\.(json|form|get_json|body|text|post)\(\)"
)
_EVENT = re.compile(
    r"""^event(\[|\.get\()['"](queryStringParameters|pathParameters|body|headers|arguments|"""
    r"multiValueQueryStringParameters)['\"]"
)
_HANDS_ON = frozenset("get getlist strip lower upper title decode get_json json".split())
_PASSES = frozenset({"str", "json.loads", "urllib.parse.unquote"})
_CHECKED = re.compile(
    r"valid|check|assert|verif|sanit|escape|quote|match|search|uuid|^int$|^float$|decimal|ident|"
    r"clean|allow|parse|^is_?[a-z]|literal|safe|isinstance|format_|ensure|resolve|normal|getattr|"
    r"^index$|^count$",
    re.IGNORECASE,
)
_PATTERN = re.compile(r"pattern|regex|Literal|Enum|constr|\bcondecimal|ge=|le=")
_ROUTED = (Kind.ROUTE, Kind.VIEW, Kind.FUNCTION)


class Chooser:
    """What of one function's names a client chooses."""

    def __init__(self, repository: Repository, module: Module, function: Function) -> None:
        self._repository = repository
        self._module = module
        self._function = function
        self._handler: Handler | None = repository.known(handlers_of).get(function)

    def is_chosen(self, node: ast.expr | None, hops: int = _HOPS) -> bool:
        """Whether an expression is a text that the client chooses, or holds one."""
        if node is None or not hops:
            return False
        if isinstance(node, ast.Await):
            return self.is_chosen(node.value, hops)
        if isinstance(node, ast.JoinedStr):
            return any(
                self.is_chosen(one.value, hops - 1)
                for one in node.values
                if isinstance(one, ast.FormattedValue)
            )
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self.is_chosen(node.left, hops - 1) or self.is_chosen(node.right, hops - 1)
        if isinstance(node, ast.BoolOp):
            return any(self.is_chosen(one, hops - 1) for one in node.values)
        if isinstance(node, ast.Call):
            return self._is_chosen_call(node, hops)
        if isinstance(node, ast.Attribute | ast.Subscript):
            return self._is_chosen_part(node, hops)
        return isinstance(node, ast.Name) and self._is_chosen_name(node, hops)

    def _is_chosen_call(self, node: ast.Call, hops: int) -> bool:
        if self._is_source(node):
            return not any(one.arg == "type" for one in node.keywords)
        name = self._module.name_of(node.func)
        if name in _PASSES:
            return bool(node.args) and self.is_chosen(node.args[0], hops - 1)
        return (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in _HANDS_ON
            and not any(one.arg == "type" for one in node.keywords)
            and self.is_chosen(node.func.value, hops - 1)
        )

    def _is_chosen_part(self, node: ast.Attribute | ast.Subscript, hops: int) -> bool:
        if self._is_source(node):
            return True
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.attr in self._body_fields(node.value.id):
                return not self._is_looked_at(ast.unparse(node))
            return False
        return self.is_chosen(node.value, hops - 1)

    def _is_source(self, node: ast.expr) -> bool:
        text = ast.unparse(node)
        if self._handler is not None and self._handler.kind is Kind.LAMBDA:
            return _EVENT.search(text) is not None
        found = _REQUEST.search(text)
        return found is not None and (bool(found[1] or found[4]) or self._is_request(text))

    def _is_request(self, text: str) -> bool:
        """Whether a name is a framework's request, and not one that the project calls so."""
        name = re.split(r"[.\[(]", text, maxsplit=1)[0]
        given = self._given().get(name)
        if given is None:
            home = self._module.imports.get(name, "").partition(".")[0]
            return home in ("flask", "quart", "bottle", "apiflask")
        said = ast.unparse(given[0].annotation) if given[0].annotation is not None else ""
        if not said:
            return self._handler is not None
        return re.search(r"(^|\.)((Http|WSGI|ASGI)?Request)$", said) is not None

    def _is_chosen_name(self, node: ast.Name, hops: int) -> bool:
        if self._is_looked_at(node.id):
            return False
        given = self._module.given(self._function, node.id)
        if not self._is_set_only_so(node.id, len(given)):
            return False
        if node.id in self._given():
            return self._is_parameter(node.id) and all(
                self.is_chosen(one.value, hops - 1) for one in given if not uses_name(one, node.id)
            )
        return bool(given) and all(self.is_chosen(one.value, hops - 1) for one in given)

    def _is_set_only_so(self, name: str, plain: int) -> bool:
        """Whether a name gets its values by these plain assignments alone."""
        return plain == self._module.known(_stored, self._function).get(name, 0)

    def _given(self) -> dict[str, tuple[ast.arg, ast.expr | None]]:
        given = self._function.args
        every = [*given.posonlyargs, *given.args]
        defaults = [None] * (len(every) - len(given.defaults)) + list(given.defaults)
        found = dict(
            zip((one.arg for one in every), zip(every, defaults, strict=True), strict=True)
        )
        for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            found[one.arg] = (one, default)
        return found

    def _is_parameter(self, name: str) -> bool:
        """Whether a parameter is any text of the address: a route's, with no type but `str`."""
        if self._handler is None or self._handler.kind is not Kind.ROUTE:
            return False
        if name in ("self", "cls", "request", "req", "response", "session", "db", "token", "user"):
            return False
        one, default = self._given()[name]
        said = (ast.unparse(one.annotation) if one.annotation is not None else "") + (
            ast.unparse(default) if default is not None else ""
        )
        if "Depends" in said or "Security" in said or _PATTERN.search(said):
            return False
        if one.annotation is None:
            return self._is_in_address(name)
        text = ast.unparse(one.annotation)
        text = re.sub(r"^Annotated\[([^,]+),.*\]$", r"\1", text)
        return _ANY_TEXT.match(text) is not None

    def _is_in_address(self, name: str) -> bool:
        """Whether the route's path has the name, as a text: `<name>`, and not `<int:name>`."""
        return any(
            re.search(rf"<(string:|path:)?{name}>|\{{{name}(:path|:str)?\}}", ast.unparse(one))
            for one in self._function.decorator_list
        )

    def _body_fields(self, name: str) -> frozenset[str]:
        """Return the fields of a parameter whose class is a body of free texts."""
        if self._handler is None or self._handler.kind is not Kind.ROUTE:
            return frozenset()
        one = self._given().get(name)
        if one is None or not isinstance(one[0].annotation, ast.Name | ast.Attribute):
            return frozenset()
        if one[1] is not None and "Depends" in ast.unparse(one[1]):
            return frozenset()
        found = self._repository.known(project_of).definition_of(one[0].annotation, self._module)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return frozenset()
        if not any(ast.unparse(base).endswith("BaseModel") for base in found.node.bases):
            return frozenset()
        if any("validator" in ast.unparse(each) for each in found.node.body):
            return frozenset()
        return frozenset(
            each.target.id
            for each in found.node.body
            if isinstance(each, ast.AnnAssign)
            and isinstance(each.target, ast.Name)
            and _ANY_TEXT.match(ast.unparse(each.annotation))
            and not (each.value is not None and _PATTERN.search(ast.unparse(each.value)))
        )

    def _is_looked_at(self, name: str) -> bool:
        """Whether the function tests a value in a way that may leave only harmless ones."""
        known = self._module.known(_looked_at, self._function)
        if name not in known:
            known[name] = any(
                (isinstance(one, ast.Compare) and _compares(one, name))
                or (isinstance(one, ast.Match) and ast.unparse(one.subject) == name)
                or (
                    isinstance(one, ast.Call)
                    and (call := self._module.call(one)) is not None
                    and _looks(call, name)
                )
                for one in walk(self._function)
            )
        return known[name]


def _stored(module: Module, function: Function) -> Counter[str]:
    """Return how often a function gives each of its names a value, `+=` apart."""
    return Counter(
        one.id
        for one in walk(function)
        if isinstance(one, ast.Name)
        and isinstance(one.ctx, ast.Store)
        and not isinstance(module.parent(one), ast.AugAssign)
    )


def _looked_at(module: Module, function: Function) -> dict[str, bool]:
    """Return where it is kept which names a function tests; filled as they are asked for."""
    return {}


def uses_name(node: ast.Assign, name: str) -> bool:
    """Whether a value is made of the name that it is given to."""
    return any(isinstance(one, ast.Name) and one.id == name for one in walk(node.value))


def _compares(node: ast.Compare, name: str) -> bool:
    """Whether a comparison is an allow-list's, or with a text: not `is None`, not `== ''`."""
    left, operator, right = node.left, node.ops[0], node.comparators[0]
    if isinstance(operator, ast.In | ast.NotIn):
        return name in ast.unparse(left)
    if isinstance(operator, ast.Is | ast.IsNot):
        return False
    sides = {ast.unparse(left), ast.unparse(right)}
    return name in sides and not sides & {"''", "None"}


def _looks(call: Call, name: str) -> bool:
    """Whether a call is a check of the name: it is given it, or is a method of it."""
    if isinstance(call.node.func, ast.Attribute) and ast.unparse(call.node.func.value) == name:
        return call.last.startswith("is") or call.last in ("replace", "translate", "split")
    return bool(_CHECKED.search(call.last)) and any(
        ast.unparse(one) == name
        for one in (*call.node.args, *(each.value for each in call.node.keywords))
    )
