"""Where an import leads: from the text after `from` to a file of the repository.

Relative paths, the aliases of the nearest tsconfig, and packages of the same workspace are known;
everything else is somebody else's package and leads nowhere.
"""

from __future__ import annotations

import functools
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository

_ENDINGS = (
    "", ".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".cjs", "/index.ts", "/index.tsx",
    "/index.js", "/index.mjs", "/src/index.ts", "/src/index.tsx",
)  # fmt: skip
# Instead of an alias: names without one are looked for in this folder too.
_BASE = "*"
# A string, or a comment, or a comma before a closing bracket: what JSON with comments has more.
_COMMENTS = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)


class Modules:
    """The files that imports of a repository lead to."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._found: dict[tuple[str, str], File | None] = {}
        self._aliases: dict[str, tuple[tuple[str, str], ...]] = {}

    def file(self, importer: File, source: str) -> File | None:
        """Return the file that ``source`` means in ``importer``, or None."""
        folder = importer.path.rpartition("/")[0]
        key = (folder, source)
        if key not in self._found:
            self._found[key] = next(self._candidates(importer, folder, source), None)
        return self._found[key]

    def _candidates(self, importer: File, folder: str, source: str) -> Iterator[File]:
        if source.startswith("."):
            yield from self._at(posixpath.normpath(posixpath.join(folder, source)))
            return
        for prefix, target in self._aliases_of(folder):
            if prefix == _BASE:
                yield from self._at(posixpath.normpath(posixpath.join(target, source)))
                continue
            if source == prefix.rstrip("/") or (prefix.endswith("/") and source.startswith(prefix)):
                yield from self._at(posixpath.normpath(target + source[len(prefix) :]))
        if source.startswith(("@/", "~/", "#/")):
            package = self._repository.package_of(importer)
            root = package.folder if package else ""
            for start in (root, root + "src/", root + "app/"):
                yield from self._at(posixpath.normpath(start + source[2:]))
        for name, root in self._workspace.items():
            if source == name or source.startswith(name + "/"):
                rest = source[len(name) + 1 :]
                for start in (root, root + "src/"):
                    yield from self._at((start + rest).rstrip("/"))

    def _at(self, path: str) -> Iterator[File]:
        stem = re.sub(r"\.[cm]?js$", "", path)  # TypeScript names the file that it will become
        for start in (path, stem) if stem != path else (path,):
            for ending in _ENDINGS:
                found = self._repository.file(start + ending)
                if found is not None:
                    yield found

    @functools.cached_property
    def _workspace(self) -> Mapping[str, str]:
        found = {}
        for package in self._repository.packages:
            for file in package.manifests:
                if file.name == "package.json":
                    name = read_json(file.text).get("name")
                    if isinstance(name, str) and name:
                        found[name] = package.folder
        return found

    def _aliases_of(self, folder: str) -> tuple[tuple[str, str], ...]:
        if folder not in self._aliases:
            own: tuple[tuple[str, str], ...] = ()
            for name in ("tsconfig.json", "tsconfig.base.json", "jsconfig.json"):
                file = self._repository.file(posixpath.join(folder, name))
                own += self._paths(file) if file else ()
            above = self._aliases_of(folder.rpartition("/")[0]) if folder else ()
            self._aliases[folder] = own + above
        return self._aliases[folder]

    def _paths(self, file: File, hops: int = 3) -> tuple[tuple[str, str], ...]:
        """Return the aliases of a configuration, and of the one beside it that it extends."""
        config = read_json(file.text)
        folder = file.path.rpartition("/")[0]
        extended = config.get("extends")
        own = _paths(config, folder)
        if isinstance(extended, str) and extended.startswith(".") and hops:
            path = posixpath.normpath(posixpath.join(folder, extended))
            other = self._repository.file(path) or self._repository.file(f"{path}.json")
            if other is not None:
                theirs = read_json(other.text).get("compilerOptions")
                options = config.get("compilerOptions")
                # Its paths are relative to this one's base, where it has none itself.
                if isinstance(theirs, dict) and isinstance(options, dict):
                    joint = {**options, **theirs}
                    return own + _paths({"compilerOptions": joint}, folder)
                own += self._paths(other, hops - 1)
        return own


def read_json(text: str) -> dict[str, Any]:
    """Return an object of JSON with comments; an empty one when it is none."""
    try:
        body = json.loads(_COMMENTS.sub(lambda found: found[1] or "", text))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _paths(config: dict[str, Any], folder: str) -> tuple[tuple[str, str], ...]:
    options = config.get("compilerOptions")
    if not isinstance(options, dict):
        return ()
    paths = options.get("paths")
    base = posixpath.normpath(posixpath.join(folder, str(options.get("baseUrl", "."))))
    found = []
    for alias, targets in paths.items() if isinstance(paths, dict) else ():
        for target in targets if isinstance(targets, list) else ():
            path = posixpath.normpath(posixpath.join(base, str(target).rstrip("*")))
            path = "" if path == "." else path
            if alias.endswith("*"):
                path = path + "/" if path and str(target).endswith("/*") else path
            found.append((alias.rstrip("*"), path))
    if "baseUrl" in options:
        found.append((_BASE, base))
    return tuple(found)
