"""A package of the repository: a folder with a manifest, and what it depends on."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forebay.doctor.repository.file import File

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$")


@dataclass(frozen=True)
class Package:
    """A folder with a package.json, a pyproject.toml or a requirements file.

    ``folder`` ends in a slash, or is empty for the root. ``javascript`` and ``python`` map the
    names of what it depends on (Python's in small letters with dashes) to the version as written.
    """

    folder: str
    manifests: tuple[File, ...]
    javascript: Mapping[str, str] = field(default_factory=dict)
    python: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Whether it depends on one of these, in either language."""
        return any(name in self.javascript or name in self.python for name in names)


def read_packages(files: Iterable[File]) -> list[Package]:
    """Read the manifests, and return their packages, the deepest folders first."""
    by_folder: dict[str, list[File]] = {}
    for file in files:
        if file.name in ("package.json", "pyproject.toml", "setup.cfg", "Pipfile") or re.fullmatch(
            r"requirements[^/]*\.txt", file.name
        ):
            by_folder.setdefault(file.path[: -len(file.name)], []).append(file)
    found = [_read(folder, manifests) for folder, manifests in by_folder.items()]
    return sorted(found, key=lambda one: (-one.folder.count("/"), one.folder))


def _read(folder: str, manifests: list[File]) -> Package:
    javascript: dict[str, str] = {}
    python: dict[str, str] = {}
    scripts: dict[str, str] = {}
    for file in manifests:
        if file.name == "package.json":
            body = _json(file.text)
            for key in ("dependencies", "devDependencies", "peerDependencies"):
                javascript |= _strings(body.get(key))
            scripts |= _strings(body.get("scripts"))
        elif file.name == "pyproject.toml":
            python |= _pyproject(file.text)
        else:
            python |= _requirements(file.text.splitlines())
    return Package(folder, tuple(manifests), javascript, python, scripts)


def _json(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _strings(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(name): str(one) for name, one in value.items() if isinstance(one, str)}


def _pyproject(text: str) -> dict[str, str]:
    try:
        body = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    lines: list[str] = []
    project = body.get("project", {})
    lines += project.get("dependencies", []) if isinstance(project, dict) else []
    groups = [project.get("optional-dependencies", {}), body.get("dependency-groups", {})]
    for group in groups:
        for some in group.values() if isinstance(group, dict) else ():
            lines += [one for one in some if isinstance(one, str)]
    found = _requirements(lines)
    poetry = body.get("tool", {}).get("poetry", {}) if isinstance(body.get("tool"), dict) else {}
    sections = [poetry, *(poetry.get("group", {}).values() if isinstance(poetry, dict) else ())]
    for section in sections:
        some = section.get("dependencies", {}) if isinstance(section, dict) else {}
        for name, version in some.items() if isinstance(some, dict) else ():
            found[_plain(name)] = version if isinstance(version, str) else ""
    return found


def _requirements(lines: Iterable[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        line = str(line).partition("#")[0].partition(";")[0].strip()
        match = _REQUIREMENT.match(line) if not line.startswith("-") else None
        if match:
            found[_plain(match[1])] = match[2].strip()
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
