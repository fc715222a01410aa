"""A Python file: its tree, what its names stand for, and what stands around a node."""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.repository.file import File

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Call:
    """A call and the full name of what is called, as far as imports tell it.

    With ``from sqlalchemy import create_engine as make``, ``make(…)`` is called
    ``sqlalchemy.create_engine``. A method of something unknown keeps its text: ``session.get``.
    """

    node: ast.Call
    name: str

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    def keyword(self, name: str) -> ast.expr | None:
        """Return the value given to a keyword, or None."""
        return next((one.value for one in self.node.keywords if one.arg == name), None)


class Module:
    """A Python file that parses."""

    def __init__(self, file: File, tree: ast.Module) -> None:
        self.file = file
        self.tree = tree

    @classmethod
    def read(cls, file: File) -> Module | None:
        """Parse a file; None when Python cannot read it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return cls(file, ast.parse(file.data))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, outer ones first."""
        return tuple(ast.walk(self.tree))

    @functools.cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @functools.cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for, in full."""
        found = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for one in node.names:
                    name = one.asname or one.name.partition(".")[0]
                    found[name] = one.name if one.asname else name
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                joint = "" if not base or base.endswith(".") else "."
                for one in node.names:
                    found[one.asname or one.name] = f"{base}{joint}{one.name}"
        return found

    def imports_from(self, *packages: str) -> bool:
        """Whether one of these packages, or a part of it, is imported."""
        return any(
            name == package or name.startswith(package + ".")
            for name in self.imports.values()
            for package in packages
        )

    @functools.cached_property
    def calls(self) -> tuple[Call, ...]:
        """Every call."""
        return tuple(
            Call(node, self.name_of(node.func)) for node in self.nodes if isinstance(node, ast.Call)
        )

    def calls_of(self, *names: str) -> Iterator[Call]:
        """Yield the calls of these full names."""
        return (call for call in self.calls if call.name in names)

    def name_of(self, node: ast.expr) -> str:
        """Return the full dotted name of an expression, empty when it is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            parts.append(self.imports.get(node.id, node.id))
        elif isinstance(node, ast.Call):
            parts.append(self.name_of(node.func) + "()")
        else:
            parts.append("?")
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
        text = self.file.lines[line - 1]
        first = _characters(text, column) + 1
        if end_line != line:
            return Span(self.file.path, line, first, line, len(text.rstrip()) + 1)
        return Span(self.file.path, line, first, line, _characters(text, end_column) + 1)


def _characters(line: str, column: int) -> int:
    """Return how many characters of a line the first ``column`` bytes are."""
    return column if line.isascii() else len(line.encode()[:column].decode(errors="ignore"))
