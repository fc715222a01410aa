"""What a name of one Python file stands for in another file of the repository."""

from __future__ import annotations

import ast
import os.path
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from forebay.doctor.python.module import FUNCTIONS, Call, Function, Module
from forebay.doctor.repository.file import File, Role
from forebay.doctor.repository.repository import Repository

# Names are re-exported through so many files at most.
_HOPS = 4
# What a file says that calls others over the network.
_ABROAD = (b"requests", b"httpx", b"aiohttp", b"urllib", b"boto3", b"stripe", b"openai",
           b"anthropic", b"smtplib")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a name is made: a function, a class, or the value that it is given at import."""

    module: Module
    node: Function | ast.ClassDef | ast.expr


class Project:
    """The Python files of a repository, by the names that they are imported as."""

    def __init__(self, repository: Repository) -> None:
        self.modules = repository.modules
        self._by_last: dict[str, list[tuple[str, Module]]] = {}
        self._calls: dict[str, list[tuple[Module, Call]]] = {}
        self.sessions: dict[tuple[str, Function], dict[str, Any]] = {}
        # Files without a word of databases, by what they may lead to, are read when a file with one
        # imports them.
        self._aside: dict[str, list[File]] = {}
        read = {module.file.path for module in self.modules}
        for file in repository.files:
            if file.suffix == ".py" and file.path not in read and file.role is not Role.TEST:
                if file.name == "__init__.py" or any(word in file.data for word in _ABROAD):
                    self._aside.setdefault(_last(file), []).append(file)
        for module in self.modules:
            dotted = dotted_name(module)
            self._by_last.setdefault(dotted.rpartition(".")[2], []).append((dotted, module))
            for call in module.calls:
                self._calls.setdefault(call.last, []).append((module, call))

    def module(self, name: str, importer: Module) -> Module | None:
        """Return the file that ``name`` means to ``importer``; the nearest where several fit."""
        if name.startswith("."):
            name = _absolute(name, importer)
        if not name:
            return None
        self._fetch(name.rpartition(".")[2])
        fitting = [
            (len(os.path.commonpath([module.file.path, importer.file.path])), module)
            for dotted, module in self._by_last.get(name.rpartition(".")[2], ())
            if dotted == name or dotted.endswith("." + name)
        ]
        return max(fitting, key=lambda one: one[0])[1] if fitting else None

    def _fetch(self, last: str) -> None:
        for file in self._aside.pop(last, ()):
            module = Module.read(file)
            if module is not None:
                self._by_last.setdefault(last, []).append((dotted_name(module), module))

    def definition(self, name: str, module: Module, hops: int = _HOPS) -> Definition | None:
        """Return what a full name (as `Module.name_of` tells it) stands for, or None."""
        if not name or "(" in name or "?" in name:
            return None
        if "." not in name:
            return self._in(name, module, hops)
        home, _, last = name.rpartition(".")
        found = self.module(home, module) if home.strip(".") else None
        if found is None and not home.strip("."):
            found = self.module(home + "__init__", module)
        return self._in(last, found, hops) if found is not None else None

    def definition_of(self, node: ast.expr, module: Module) -> Definition | None:
        """Return what an expression that is a name stands for."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return None  # of a long chain of calls, not even the name is worth its making
        return self.definition(module.name_of(node), module)

    def call_of(self, node: ast.expr, module: Module) -> tuple[Module, Call] | None:
        """Return the call whose result an expression that is a name stands for."""
        found = self.definition_of(node, module)
        if found is None or not isinstance(found.node, ast.expr):
            return None
        call = found.module.call(found.node)
        return (found.module, call) if call is not None else None

    def calls_named(self, last: str) -> Sequence[tuple[Module, Call]]:
        """Return every call whose name ends so."""
        return self._calls.get(last, ())

    def callers(self, definition: Function, module: Module) -> Iterator[tuple[Module, Call]]:
        """Yield the calls of a module's own function."""
        for where, call in self._calls.get(definition.name, ()):
            found = self.definition(call.name, where)
            if found is not None and found.node is definition:
                yield where, call

    def _in(self, name: str, module: Module, hops: int) -> Definition | None:
        if name in module.defined:
            return Definition(module, module.defined[name])
        if name in module.assigned:
            return Definition(module, module.assigned[name])
        onward = module.imports.get(name)
        if onward is None or not hops or onward == name:
            return None
        return self.definition(onward, module, hops - 1)


def project_of(repository: Repository) -> Project:
    """Return the names of a repository; ask for it by `Repository.known`."""
    return Project(repository)


def dotted_name(module: Module) -> str:
    """Return the name of a file as if the repository's root were on Python's path."""
    path = module.file.path.removesuffix(".py").removesuffix("/__init__")
    return path.replace("/", ".")


def _last(file: File) -> str:
    return file.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]


def is_function(node: ast.AST) -> bool:
    """Whether a node is a function's definition."""
    return isinstance(node, FUNCTIONS)


def _absolute(name: str, importer: Module) -> str:
    level = len(name) - len(name.lstrip("."))
    parts = importer.file.path.removesuffix(".py").split("/")
    base = parts[: len(parts) - level]
    rest = name[level:]
    if rest == "__init__":
        return ".".join(base)
    return ".".join([*base, rest]) if rest else ".".join(base)
