"""Which class of the repository a value is of, and which function a call of it runs.

A service layer hides the database behind objects: `service.pay()`, `self.orders.all()`,
`crud.item.create(session)`. Each is followed by what is written (an assignment, an annotation, a
`Depends`), and is unknown as soon as two things are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.python.children import walk
from forebay.doctor.python.module import FUNCTIONS, Call, Function, Module
from forebay.doctor.python.project import Definition, Project, project_of
from forebay.doctor.repository.repository import Repository

# So many names, attributes and factories stand between a value and its class at most.
_HOPS = 6
_BASES = 8
# Of a class with more below it, a program wrote most.
_MOST_BELOW = 500
_WRAPS = frozenset({"Annotated", "Optional", "Final", "ClassVar", "Required", "Self"})


@dataclass(frozen=True, slots=True)
class Owner:
    """A class and its file."""

    module: Module
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Body:
    """A function and its file."""

    module: Module
    node: Function


class Classes:
    """The classes of a repository's Python, by the values that are of them."""

    def __init__(self, repository: Repository) -> None:
        self.project: Project = repository.known(project_of)
        self._targets: dict[ast.Call, Body | None] = {}
        self._attributes: dict[tuple[ast.ClassDef, str], Owner | None] = {}
        self._lines: dict[ast.ClassDef, tuple[Owner, ...]] = {}
        self._replacing: dict[ast.ClassDef, frozenset[str]] = {}
        self._below: dict[ast.ClassDef, list[ast.ClassDef]] | None = None

    def target(self, module: Module, call: Call) -> Body | None:
        """Return the function of the repository that a call runs; a class's is its `__init__`."""
        if call.node not in self._targets:
            self._targets[call.node] = None  # of a call that leads to itself nothing is known
            self._targets[call.node] = self._target(module, call, _HOPS)
        return self._targets[call.node]

    def _target(self, module: Module, call: Call, hops: int) -> Body | None:
        function = call.node.func
        found = self._named(function, module)
        if isinstance(found, Owner):
            return self.method(found, "__init__")
        if isinstance(found, Body):
            return found
        if not isinstance(function, ast.Attribute):
            return None
        owner = self.of(function.value, module, module.function_around(call.node), hops)
        if owner is None:
            named = self._named(function.value, module)  # Orders.all(session), a static method
            owner = named if isinstance(named, Owner) else None
        method = self.method(owner, function.attr) if owner is not None else None
        if owner is None or method is None or self._is_replaced(owner, method):
            return None
        return method

    def callers(self, module: Module, function: Function) -> Iterator[tuple[Module, Call]]:
        """Yield the calls that run a function; of an `__init__`, those that make its class."""
        names = {function.name: None}
        owner = module.class_around(function)
        if function.name == "__init__" and owner is not None:
            names = dict.fromkeys(one.name for one in (owner, *self._all_below(owner)))
        for name in names:
            for where, call in self.project.calls_named(name):
                body = self.target(where, call)
                if body is not None and body.node is function:
                    yield where, call

    def of(
        self, node: ast.expr | None, module: Module, function: Function | None, hops: int = _HOPS
    ) -> Owner | None:
        """Return the class that an expression of a function has a value of, or None."""
        if node is None or not hops:
            return None
        if isinstance(node, ast.Await):
            return self.of(node.value, module, function, hops - 1)
        if isinstance(node, ast.Call):
            return self._of_call(node, module, hops)
        if isinstance(node, ast.Name):
            return self._of_name(node, module, function, hops)
        if isinstance(node, ast.Attribute):
            owner = self.of(node.value, module, function, hops - 1)
            if owner is not None:
                return self._attribute(owner, node.attr, hops)
            return self._of_value(self._named(node, module), hops)
        return None

    def method(self, owner: Owner, name: str) -> Body | None:
        """Return a class's method, its own or that of the nearest base."""
        for each in self.line(owner):
            found = each.module.known(_methods, each.node).get(name)
            if found is not None:
                return Body(each.module, found)
        return None

    def line(self, owner: Owner) -> tuple[Owner, ...]:
        """Return a class and its bases, as far as the repository has them, the nearest first."""
        node = owner.node
        if node not in self._lines:
            found: list[Owner] = []
            waiting = [owner]
            while waiting and len(found) < _BASES:
                each = waiting.pop(0)
                if any(one.node is each.node for one in found):
                    continue
                found.append(each)
                waiting += self._bases(each)
            self._lines[node] = tuple(found)
        return self._lines[node]

    def annotated(self, node: ast.expr | None, module: Module, hops: int = _HOPS) -> Owner | None:
        """Return the class that an annotation names: through `Annotated`, `| None`, an alias."""
        node = _parsed(node)
        if node is None or not hops:
            return None
        if isinstance(node, ast.Subscript):
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            if module.name_of(node.value).rpartition(".")[2] in _WRAPS:
                return self.annotated(inner, module, hops - 1)
            return self.annotated(node.value, module, hops - 1)  # Repository[Order]
        if isinstance(node, ast.BinOp):
            return self.annotated(node.left, module, hops - 1)
        if not isinstance(node, ast.Name | ast.Attribute):
            return None
        found = self._named(node, module)
        if isinstance(found, Owner):
            return found
        if isinstance(found, Definition) and isinstance(found.node, ast.Subscript | ast.BinOp):
            return self.annotated(found.node, found.module, hops - 1)
        return None

    def given(self, owner: Owner, name: str) -> Iterator[tuple[Body, ast.expr]]:
        """Yield what `self.name` is given: (the method that gives it, the value), bases' too."""
        for each in self.line(owner):
            for node in each.module.attributes.get((each.node, name), ()):
                function = each.module.function_around(node)
                if node.value is not None and function is not None:
                    yield Body(each.module, function), node.value

    def declared(self, owner: Owner, name: str) -> tuple[Module, ast.expr] | None:
        """Return the annotation of an attribute: in the class's body, or where it is given."""
        for each in self.line(owner):
            for node in each.module.attributes.get((each.node, name), ()):
                if isinstance(node, ast.AnnAssign):
                    return each.module, node.annotation
        return None

    def _of_call(self, node: ast.Call, module: Module, hops: int) -> Owner | None:
        found = self._named(node.func, module)
        if isinstance(found, Owner):
            return found
        if found is None and isinstance(node.func, ast.Attribute):
            call = module.call(node)
            found = self._target(module, call, hops - 1) if call is not None else None
        if not isinstance(found, Body):
            return None
        if found.node.returns is not None:
            return self.annotated(found.node.returns, found.module, hops - 1)
        returned = found.module.known(_only_returned, found.node)
        return self.of(returned, found.module, found.node, hops - 1)

    def _of_name(
        self, node: ast.Name, module: Module, function: Function | None, hops: int
    ) -> Owner | None:
        while function is not None:
            given = [one.value for one in module.given(function, node.id)]
            if given:
                return self.of(given[0], module, function, hops - 1) if len(given) == 1 else None
            argument = module.known(_arguments_by_name, function).get(node.id)
            if argument is not None:
                return self._of_argument(*argument, module, function, hops)
            function = module.function_around(function)
        return self._of_value(self._named(node, module), hops)

    def _of_argument(
        self,
        one: ast.arg,
        default: ast.expr | None,
        module: Module,
        function: Function,
        hops: int,
    ) -> Owner | None:
        owner = module.parent(function)
        if isinstance(owner, ast.ClassDef) and function.args.args[:1] == [one]:
            return Owner(module, owner)
        found = self.annotated(one.annotation, module, hops - 1)
        if found is not None:
            return found
        call = module.call(default)
        if call is not None and call.last in ("Depends", "Security") and call.node.args:
            made = ast.Call(func=call.node.args[0], args=[], keywords=[])
            return self._of_call(made, module, hops - 1)
        return None

    def _of_value(self, found: Owner | Body | Definition | None, hops: int) -> Owner | None:
        if not isinstance(found, Definition) or not isinstance(found.node, ast.expr):
            return None
        return self.of(found.node, found.module, None, hops - 1)

    def _attribute(self, owner: Owner, name: str, hops: int) -> Owner | None:
        key = (owner.node, name)
        if key not in self._attributes:
            self._attributes[key] = None
            self._attributes[key] = self._find_attribute(owner, name, hops)
        return self._attributes[key]

    def _find_attribute(self, owner: Owner, name: str, hops: int) -> Owner | None:
        declared = self.declared(owner, name)
        if declared is not None:
            return self.annotated(declared[1], declared[0], hops - 1)
        given = list(self.given(owner, name))
        if len(given) == 1:
            method, value = given[0]
            return self.of(value, method.module, method.node, hops - 1)
        made = self.method(owner, name) if not given else None
        if made is not None and _is_property(made):
            return self.annotated(made.node.returns, made.module, hops - 1)
        return None

    def _named(self, node: ast.expr, module: Module) -> Owner | Body | Definition | None:
        if not isinstance(node, ast.Name | ast.Attribute):
            return None
        found = self.project.definition_of(node, module)
        if found is None:
            return None
        if isinstance(found.node, ast.ClassDef):
            return Owner(found.module, found.node)
        return Body(found.module, found.node) if isinstance(found.node, FUNCTIONS) else found

    def _bases(self, owner: Owner) -> list[Owner]:
        found = []
        for base in owner.node.bases:
            named = self._named(base.value if isinstance(base, ast.Subscript) else base,
                                owner.module)  # fmt: skip
            if isinstance(named, Owner):
                found.append(named)
        return found

    def _is_replaced(self, owner: Owner, found: Body) -> bool:
        """Whether a class below writes the method anew: then nobody knows which one runs."""
        return found.node.name in self._methods_below(owner.node)

    def _methods_below(self, owner: ast.ClassDef) -> frozenset[str]:
        if owner not in self._replacing:
            self._replacing[owner] = frozenset(
                method.name
                for one in self._all_below(owner)
                for method in one.body
                if isinstance(method, FUNCTIONS)
            )
        return self._replacing[owner]

    def _all_below(self, owner: ast.ClassDef) -> list[ast.ClassDef]:
        """Return the classes that are made of a class, at any distance."""
        if self._below is None:
            self._below = {}
            for module in self.project.modules:
                for one in module.classes:
                    for base in self._bases(Owner(module, one)) if one.bases else ():
                        self._below.setdefault(base.node, []).append(one)
        found: dict[ast.ClassDef, None] = {}
        waiting = [owner]
        while waiting and len(found) < _MOST_BELOW:
            for one in self._below.get(waiting.pop(), ()):
                if one not in found:
                    found[one] = None
                    waiting.append(one)
        return list(found)


def classes_of(repository: Repository) -> Classes:
    """Return the classes of a repository; ask for it by `Repository.known`."""
    return Classes(repository)


def arguments_of(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Yield a function's parameters with their defaults."""
    every = (*function.args.posonlyargs, *function.args.args)
    without = len(every) - len(function.args.defaults)
    for number, one in enumerate(every):
        yield one, function.args.defaults[number - without] if number >= without else None
    yield from zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)


def _arguments_by_name(_: Module, function: Function) -> dict[str, tuple[ast.arg, ast.expr | None]]:
    return {one.arg: (one, default) for one, default in arguments_of(function)}


def _methods(_: Module, owner: ast.ClassDef) -> dict[str, Function]:
    """Return a class's own methods, the first of each name."""
    return {one.name: one for one in reversed(owner.body) if isinstance(one, FUNCTIONS)}


def _only_returned(_: Module, function: Function) -> ast.expr | None:
    returned = [
        one.value
        for one in walk(function)
        if isinstance(one, ast.Return | ast.Yield) and one.value is not None
    ]
    return returned[0] if len(returned) == 1 else None


def _parsed(node: ast.expr | None) -> ast.expr | None:
    """Return an annotation, read when it is written as a text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    return node


def _is_property(found: Body) -> bool:
    return any(
        found.module.name_of(one).rpartition(".")[2] in ("property", "cached_property")
        for one in found.node.decorator_list
    )
