"""What Flask-SQLAlchemy and Tortoise are told about their pools, away from the call that makes one.

Flask-SQLAlchemy reads `SQLALCHEMY_DATABASE_URI` and `SQLALCHEMY_ENGINE_OPTIONS` from a
configuration, Tortoise a dictionary or the parameters of its URL. Options that are said in two ways
are not known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.project import Project
from forebay.doctor.python.values import Value, text_of, value_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository

_URI, _OPTIONS = "SQLALCHEMY_DATABASE_URI", "SQLALCHEMY_ENGINE_OPTIONS"
# Tortoise's names for what other pools call so.
_CALLED = {"maxsize": "max_size", "minsize": "min_size"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a pool is told: where to connect, and its options."""

    url: Value
    options: dict[str, ast.expr] = field(default_factory=dict)
    is_known: bool = True


def told_to_flask(repository: Repository, module: Module, call: Call, project: Project) -> Told:
    """Return what a `SQLAlchemy(…)` of Flask-SQLAlchemy is told."""
    urls = [value_of(node, where, project) for where, node in _settings(repository, _URI)]
    known = [one for one in urls if one.text is None or one.text.startswith(("postgres", "{"))]
    url = known[0] if known else urls[0] if urls else Value()
    said = list(_settings(repository, _OPTIONS))
    given = call.keyword("engine_options")
    if given is not None:
        said.append((module, given))
    options: dict[str, ast.expr] = {}
    for where, node in said:
        pairs = _pairs(where, node, project)
        if pairs is None or (options and pairs.keys() != options.keys()):
            return Told(url, is_known=False)
        options = pairs
    return Told(url, options)


def told_to_tortoise(repository: Repository, module: Module, call: Call, project: Project) -> Told:
    """Return what `Tortoise.init(…)` or `register_tortoise(…)` is told."""
    given = call.keyword("db_url")
    where = module
    options: dict[str, ast.expr] = {}
    if given is None:
        # Tortoise.init(config), register_tortoise(app, config)
        place = 0 if call.last == "init" else 1
        config = call.keyword("config")
        if config is None and len(call.node.args) > place:
            config = call.node.args[place]
        found = _connection(module, config, project) if config is not None else None
        if found is None:
            return Told(Value(), is_known=False)
        where, given, credentials = found
        options = {_CALLED[name]: node for name, node in credentials.items() if name in _CALLED}
    url = value_of(given, where, project)
    texts = [url.text] if url.text else []
    texts += [one.value for one in repository.variables if one.name in url.variables]
    for text in texts:
        for name, value in _parameters(text):
            if name in _CALLED and value.isdigit() and len(value) < 9:
                options.setdefault(_CALLED[name], ast.Constant(int(value)))
    return Told(url, options)


def _connection(
    module: Module, config: ast.expr, project: Project
) -> tuple[Module, ast.expr, dict[str, ast.expr]] | None:
    """Return the first connection of a configuration: its URL or host, and its credentials."""
    found = project.definition_of(config, module)
    where = found.module if found is not None else module
    pairs = _pairs(module, config, project) or {}
    every = _pairs(where, pairs["connections"], project) if "connections" in pairs else None
    if not every:
        return None
    one = every.get("default") or next(iter(every.values()))
    parts = _pairs(where, one, project)
    if parts is None:
        return where, one, {}
    credentials = _pairs(where, parts["credentials"], project) if "credentials" in parts else None
    if credentials is None:
        return None
    engine = text_of(parts.get("engine")) or ""
    if not engine.endswith(("asyncpg", "psycopg")):
        return None
    return where, ast.Constant("postgres://{}"), credentials


def _settings(repository: Repository, name: str) -> Iterator[tuple[Module, ast.expr]]:
    """Yield what a setting is given: by assignment, by key, or as a keyword."""
    wanted = name.encode()
    for module in repository.modules:
        if module.file.role is not Role.APPLICATION or wanted not in module.file.data:
            continue
        yield from ((module, node) for node in _given(module, name))


def _given(module: Module, name: str) -> Iterator[ast.expr]:
    for node in module.of(ast.Assign, ast.AnnAssign):
        for target in node.targets if isinstance(node, ast.Assign) else (node.target,):
            if node.value is not None and _is_called(target, name):
                yield node.value
    for pairs in module.of(ast.Dict):
        for key, value in zip(pairs.keys, pairs.values, strict=True):
            if text_of(key) == name:
                yield value
    yield from (one.value for one in module.of(ast.keyword) if one.arg == name)


def _is_called(target: ast.expr, name: str) -> bool:
    if isinstance(target, ast.Subscript):
        return text_of(target.slice) == name
    return isinstance(target, ast.Name) and target.id == name


def _pairs(module: Module, node: ast.expr, project: Project) -> dict[str, ast.expr] | None:
    """Return the pairs of a dictionary that is written down, or None."""
    if isinstance(node, ast.Name | ast.Attribute):
        found = project.definition_of(node, module)
        if found is None or not isinstance(found.node, ast.expr):
            return None
        node = found.node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        if node.args or any(one.arg is None for one in node.keywords):
            return None
        return {one.arg: one.value for one in node.keywords if one.arg}
    if not isinstance(node, ast.Dict):
        return None
    keys = [text_of(key) for key in node.keys]
    if None in keys:
        return None
    return {key: value for key, value in zip(keys, node.values, strict=True) if key is not None}


def _parameters(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(text).query)
    except ValueError:
        return []
