"""A Python file: its tree, what its names stand for, and what stands around a node."""

from __future__ import annotations

import ast
import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from forebay.doctor.finding import Span
from forebay.doctor.python.children import LEAVES, children, walk
from forebay.doctor.repository.file import File

Function = ast.FunctionDef | ast.AsyncFunctionDef
# A longer chain of calls was written by a program.
_MOST_PARTS = 40
# So was a longer line; Python itself takes long over a text with so many values in it.
_LONGEST_LINE = 50_000
_CLOSING = frozenset({"contextlib.closing", "contextlib.aclosing"})
Node = TypeVar("Node", bound=ast.AST)
Other = TypeVar("Other", bound=ast.AST)
About = TypeVar("About", bound=ast.AST)
Fact = TypeVar("Fact")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# What each node stands in; without the leaves, those of each type in the order of the text, and the
# function around each.
_Walked = tuple[
    dict[ast.AST, ast.AST], dict[type[ast.AST], list[Any]], dict[ast.AST, Function | None]
]


@dataclass(frozen=True, slots=True)
class Call:
    """A call and the full name of what is called, as far as imports tell it.

    With ``from sqlalchemy import create_engine as make``, ``make(…)`` is called
    ``sqlalchemy.create_engine``. A method of something unknown keeps its text: ``session.get``.
    """

    node: ast.Call
    name: str
    # The last part of the name, which rules ask for of every call.
    last: str

    def keyword(self, name: str) -> ast.expr | None:
        """Return the value given to a keyword, or None."""
        for one in self.node.keywords:
            if one.arg == name:
                return one.value
        return None


class Module:
    """A Python file that parses."""

    def __init__(self, file: File, tree: ast.Module) -> None:
        self.file = file
        self.tree = tree

    @classmethod
    def read(cls, file: File) -> Module | None:
        """Parse a file; None when Python cannot read it."""
        data = file.data
        if len(data) > _LONGEST_LINE and len(max(data.split(b"\n"), key=len)) > _LONGEST_LINE:
            file.unread = f"a line has more than {_LONGEST_LINE:,} bytes"
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return cls(file, ast.parse(data))
        except (RecursionError, MemoryError):
            file.unread = "nested too deep"
            return None
        except (SyntaxError, ValueError):
            return None

    @functools.cached_property
    def _walked(self) -> _Walked:
        parents: dict[ast.AST, ast.AST] = {}
        functions: dict[ast.AST, Function | None] = {self.tree: None}
        by_type: defaultdict[type[ast.AST], list[Any]] = defaultdict(list)
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            kind = node.__class__
            by_type[kind].append(node)
            within: Any = node if kind in FUNCTIONS else functions[node]
            below = children(node)
            below.reverse()
            for one in below:
                parents[one] = node
                if one.__class__ not in LEAVES:
                    functions[one] = within
                    waiting.append(one)
        return parents, dict(by_type), functions

    @functools.cached_property
    def _assigns(self) -> dict[Function | None, dict[str, list[ast.Assign]]]:
        """Where names are given values, by function and name; those of all names by none."""
        found: dict[Function | None, dict[str, list[ast.Assign]]] = {}
        for node in self.of(ast.Assign):
            target = node.targets[0]
            if isinstance(target, ast.Name):
                own = found.setdefault(self.function_around(node), {})
                own.setdefault("", []).append(node)
                own.setdefault(target.id, []).append(node)
        return found

    def given(self, function: Function | None, name: str = "") -> list[ast.Assign]:
        """Return where a function itself gives a value to a name: this one, or any."""
        own = self._assigns.get(function)
        return own.get(name, []) if own is not None else []

    @functools.cached_property
    def attributes(self) -> dict[tuple[ast.ClassDef, str], list[ast.Assign | ast.AnnAssign]]:
        """Where classes say what their attributes are: in methods by `self`, or in the body."""
        found: dict[tuple[ast.ClassDef, str], list[ast.Assign | ast.AnnAssign]] = {}
        for node in self.of(ast.Assign, ast.AnnAssign):
            for one in node.targets if isinstance(node, ast.Assign) else (node.target,):
                name = _of_self(one)
                owner = self.class_around(node) if name else self.parent(node)
                if isinstance(one, ast.Name) and isinstance(node, ast.AnnAssign):
                    name = one.id
                if name and isinstance(owner, ast.ClassDef):
                    found.setdefault((owner, name), []).append(node)
        return found

    def attributes_of(self, owner: ast.ClassDef) -> dict[str, list[ast.Assign | ast.AnnAssign]]:
        """Return where a class says what its attributes are, by their names."""
        return self._attributes_by_class.get(owner, {})

    @functools.cached_property
    def _attributes_by_class(
        self,
    ) -> dict[ast.ClassDef, dict[str, list[ast.Assign | ast.AnnAssign]]]:
        found: dict[ast.ClassDef, dict[str, list[ast.Assign | ast.AnnAssign]]] = {}
        for (owner, name), given in self.attributes.items():
            found.setdefault(owner, {})[name] = given
        return found

    def known(self, read: Callable[[Module, About], Fact], about: About) -> Fact:
        """Return what a function makes of a node of this file, worked out once."""
        key = (read, about)
        if key not in self._known:
            self._known[key] = read(self, about)
        found: Fact = self._known[key]
        return found

    @functools.cached_property
    def _known(self) -> dict[tuple[Any, ast.AST], Any]:
        return {}

    @functools.cached_property
    def withs(self) -> dict[Function | None, list[ast.With | ast.AsyncWith]]:
        """The `with` statements of each function."""
        found: dict[Function | None, list[ast.With | ast.AsyncWith]] = {}
        for node in self.of(ast.With, ast.AsyncWith):
            found.setdefault(self.function_around(node), []).append(node)
        return found

    @property
    def _by_type(self) -> dict[type[ast.AST], list[Any]]:
        return self._walked[1]

    @overload
    def of(self, one: type[Node], /) -> list[Node]: ...
    @overload
    def of(self, one: type[Node], two: type[Other], /) -> list[Node | Other]: ...
    @overload
    def of(self, *types: type[ast.AST]) -> list[Any]: ...
    def of(self, *types: type[ast.AST]) -> list[Any]:
        """Return every node of these very types, in the order of the text; names are not kept."""
        if len(types) == 1:
            return self._by_type.get(types[0], [])
        known = self._of_several.get(types)
        if known is None:
            known = [one for each in types for one in self._by_type.get(each, ())]
            if sum(each in self._by_type for each in types) > 1:
                known.sort(key=lambda one: (one.lineno, one.col_offset))
            self._of_several[types] = known
        return known

    @functools.cached_property
    def _of_several(self) -> dict[tuple[type[ast.AST], ...], list[Any]]:
        return {}

    @property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return self._walked[0]

    @functools.cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function, methods and inner ones included."""
        return tuple(self.of(*FUNCTIONS))

    @functools.cached_property
    def classes(self) -> tuple[ast.ClassDef, ...]:
        """Every class."""
        return tuple(self.of(ast.ClassDef))

    @functools.cached_property
    def assigned(self) -> dict[str, ast.expr]:
        """What the module's own names are given at import; the last value of each."""
        found: dict[str, ast.expr] = {}
        for node in self.of(ast.Assign, ast.AnnAssign):
            if self._is_of_module(node):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name) and node.value is not None:
                        found[target.id] = node.value
        return found

    @functools.cached_property
    def defined(self) -> dict[str, Function | ast.ClassDef]:
        """The module's own functions and classes by name."""
        return {
            one.name: one for one in (*self.functions, *self.classes) if self._is_of_module(one)
        }

    def _is_of_module(self, node: ast.AST) -> bool:
        return self.function_around(node) is None and not any(
            isinstance(one, ast.ClassDef | ast.Lambda) for one in self.around(node)
        )

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for, in full."""
        found = {}
        for node in self.of(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.Import):
                for one in node.names:
                    name = one.asname or one.name.partition(".")[0]
                    found[name] = one.name if one.asname else name
            else:
                base = "." * node.level + (node.module or "")
                joint = "" if not base or base.endswith(".") else "."
                for one in node.names:
                    found[one.asname or one.name] = f"{base}{joint}{one.name}"
        return found

    def imports_from(self, *packages: str) -> bool:
        """Whether one of these packages, or a part of it, is imported."""
        known = self._imported.get(packages)
        if known is None:
            below = tuple(package + "." for package in packages)
            known = any(
                name in packages or name.startswith(below) for name in self.imports.values()
            )
            self._imported[packages] = known
        return known

    @functools.cached_property
    def _imported(self) -> dict[tuple[str, ...], bool]:
        return {}

    @functools.cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call."""
        named = [(node, self.name_of(node.func)) for node in self.of(ast.Call)]
        return tuple(Call(node, name, name.rpartition(".")[2]) for node, name in named)

    @functools.cached_property
    def _call_of(self) -> dict[ast.AST, Call]:
        return {call.node: call for call in self.calls}

    def call(self, node: ast.AST | None) -> Call | None:
        """Return the call that a node is, an `await` of it included."""
        if isinstance(node, ast.Await):
            node = node.value
        return self._call_of.get(node) if node is not None else None

    def entered(self, item: ast.withitem) -> Call | None:
        """Return the call whose result a `with` binds; of `closing(…)` the one that it closes."""
        found = self.call(item.context_expr)
        if found is not None and self.closes(found):
            return self.call(found.node.args[0])
        return found

    def closes(self, call: Call | None) -> bool:
        """Whether a call is `contextlib.closing` of one thing, or its like for coroutines."""
        return call is not None and call.name in _CLOSING and len(call.node.args) == 1

    @functools.cached_property
    def _calls_by_function(self) -> dict[Function | None, list[Call]]:
        found: dict[Function | None, list[Call]] = {}
        for call in self.calls:
            found.setdefault(self.function_around(call.node), []).append(call)
        return found

    def calls_by(self, function: Function | None) -> list[Call]:
        """Return the calls that a function itself makes (inner functions' are theirs)."""
        return self._calls_by_function.get(function, [])

    def calls_in(self, *nodes: ast.AST) -> list[Call]:
        """Return the calls written inside these nodes, themselves included."""
        return [
            self._call_of[one]
            for node in nodes
            for one in walk(node)
            if isinstance(one, ast.Call) and one in self._call_of
        ]

    def calls_of(self, *names: str) -> Iterator[Call]:
        """Yield the calls of these full names."""
        return (call for call in self.calls if call.name in names)

    def name_of(self, node: ast.expr) -> str:
        """Return the full dotted name of an expression, empty when it is no name."""
        if isinstance(node, ast.Name):
            return self.imports.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return f"{self.imports.get(node.value.id, node.value.id)}.{node.attr}"
        parts: list[str] = []
        result = ""
        while isinstance(node, ast.Attribute | ast.Call):
            if len(parts) == _MOST_PARTS:
                break
            if isinstance(node, ast.Attribute):
                parts.append(node.attr + result)
                node, result = node.value, ""
            else:
                node, result = node.func, result + "()"
        if isinstance(node, ast.Name):
            parts.append(self.imports.get(node.id, node.id) + result)
        else:
            parts.append("?" + result)
        return ".".join(reversed(parts))

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around a node."""
        return self._parents.get(node)

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, the nearest first."""
        above = self._parents.get(node)
        while above is not None:
            yield above
            above = self._parents.get(above)

    def functions_around(self, node: ast.AST) -> Iterator[Function]:
        """Yield the functions around a node, the nearest first."""
        for one in self.around(node):
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
                yield one

    def function_around(self, node: ast.AST) -> Function | None:
        """Return the nearest function around a node."""
        parents, _, functions = self._walked
        if node in functions:
            return functions[node]
        above = parents.get(node)
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
            return above
        return functions.get(above) if above is not None else None

    def class_around(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class whose method or attribute a node belongs to."""
        return next((one for one in self.around(node) if isinstance(one, ast.ClassDef)), None)

    def is_at_import(self, node: ast.AST) -> bool:
        """Whether a node runs when the module is imported."""
        return not any(
            isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for one in self.around(node)
        )

    def span(self, node: ast.AST) -> Span:
        """Return where a node is written; of a long one, its first line."""
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
        end_line, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return self.file.byte_span(line, column, end_line, end_column)


def _of_self(node: ast.expr) -> str:
    """Return the name of an attribute of `self`; empty for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "self" else ""
    return ""
