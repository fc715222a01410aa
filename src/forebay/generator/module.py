"""One file of Python: its imports, its names, and lines that are laid out as ruff lays them out."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

WIDTH = 100


class Module:
    """Collects what a file refers to, so that no name means two things.

    ``taken`` are the names that the file itself gives: what it refers to is imported under another
    name where it would be one of them.
    """

    def __init__(self, path: str, taken: Iterable[str] = ()) -> None:
        self.path = path
        self._taken = set(taken)
        self._names: dict[tuple[str, str], str] = {}
        self._imports: dict[tuple[str, str], bool] = {}

    def use(
        self, module: str, name: str, *, alias: str | None = None, typing_only: bool = False
    ) -> str:
        """Return what something that is imported is called here: ``alias``, or its own name."""
        key = (module, name)
        local = self._names.get(key)
        if local is None:
            local = alias or name
            while local in self._taken or keyword.iskeyword(local):
                # One at most stands before: in a class, Python changes names that begin with two,
                # and what begins with one is not passed on by `import *`.
                local = f"{local}_" if local.startswith("_") else f"_{local}"
            self._taken.add(local)
            self._names[key] = local
        if module != "builtins" or local != name:
            self._imports[key] = self._imports.get(key, True) and typing_only
        return local

    def built_in(self, name: str) -> str:
        """Return what a built-in type is called here."""
        return self.use("builtins", name)

    def text(self, docstring: str, body: str) -> str:
        """Return the whole file."""
        if any(self._imports.values()):
            self.use("typing", "TYPE_CHECKING")
        parts = [f'"""{docstring}"""', "", "from __future__ import annotations", ""]
        parts += self._import_lines(typing_only=False)
        later = self._import_lines(typing_only=True)
        if later:
            checking = self.use("typing", "TYPE_CHECKING")
            indented = [f"    {line}" if line else "" for line in later]
            parts += [f"if {checking}:", *indented]
        while parts[-1] == "":
            parts.pop()
        head = "\n".join(parts)
        gap = "\n\n\n" if body.lstrip().startswith(("class ", "def ", "@")) else "\n\n"
        return f"{head}{gap}{body.strip()}\n"

    def _import_lines(self, *, typing_only: bool) -> list[str]:
        groups: dict[int, list[str]] = {}
        wanted: dict[str, list[str]] = {}
        for (module, name), only in self._imports.items():
            if only is typing_only:
                wanted.setdefault(module, []).append(name)
        width = WIDTH - 4 if typing_only else WIDTH
        for module in sorted(wanted, key=lambda one: (_group(one), one.lower())):
            names = [
                name if (local := self._names[module, name]) == name else f"{name} as {local}"
                for name in sorted(wanted[module], key=_name_order)
            ]
            groups.setdefault(_group(module), []).append(_import(module, names, width))
        lines: list[str] = []
        for group in sorted(groups):
            for line in groups[group]:
                lines += line.split("\n")
            lines.append("")
        return lines


def _name_order(name: str) -> tuple[int, str]:
    """Order constants, classes and functions as isort does."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def _group(module: str) -> int:
    if module.startswith("."):
        return 2 + 10 - len(module) + len(module.lstrip("."))
    return 1 if module.partition(".")[0] in ("forebay", "pydantic", "typing_extensions") else 0


def _import(module: str, names: list[str], width: int) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= width:
        return line
    listed = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{listed})"


def docstring(text: str | None, indent: str = "    ") -> list[str]:
    """Return the lines of a docstring; none where there is no text."""
    if not text:
        return []
    safe = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = [line.rstrip() for line in safe.split("\n")]
    if lines[-1].endswith('"'):
        lines[-1] = lines[-1][:-1] + '\\"'
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    rest = [f"{indent}{line}" if line else "" for line in lines[1:]]
    return [f'{indent}"""{lines[0]}', *rest, f'{indent}"""']


def literal(text: str) -> str:
    """Write a text as a string literal, in double quotes where it can be."""
    written = repr(text)
    if written.startswith("'") and '"' not in text:
        return f'"{written[1:-1]}"'
    return written
