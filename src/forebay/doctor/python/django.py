"""Django's `DATABASES`: what each database is set to, and how the project is served."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Note, Span
from forebay.doctor.python.functions import commands_of, in_functions
from forebay.doctor.python.module import Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.values import Value, constant, value_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository

_ASGI = re.compile(
    r"uvicorn\.workers|uvicorn_worker|\b(uvicorn|daphne|hypercorn|granian)\b[^\n]*\basgi\b|"
    r"\bgunicorn\b[^\n]*\basgi\b"
)
# What dj_database_url and environ take, and the setting that it becomes.
_URL_KEYWORDS = {
    "conn_max_age": "CONN_MAX_AGE",
    "conn_health_checks": "CONN_HEALTH_CHECKS",
    "disable_server_side_cursors": "DISABLE_SERVER_SIDE_CURSORS",
    "ssl_require": "SSL",
}


@dataclass(frozen=True)
class Database:
    """One entry of `DATABASES`: its settings' expressions by name, and what it connects to."""

    module: Module
    node: ast.AST
    settings: dict[str, ast.expr]
    url: Value

    @property
    def span(self) -> Span:
        """Where it is set."""
        return self.module.span(self.node)

    def setting(self, name: str) -> object:
        """Return a setting's literal value; None when it is not set, Ellipsis when unknown."""
        node = self.settings.get(name)
        return None if node is None else constant(node)


def databases_of(repository: Repository) -> tuple[Database, ...]:
    """Return the PostgreSQL databases of Django settings; ask for it by `Repository.known`."""
    return tuple(_read(repository))


def _read(repository: Repository) -> Iterator[Database]:
    for module in repository.modules:
        if module.file.role is not Role.APPLICATION or b"DATABASES" not in module.file.data:
            continue
        if re.search(r"(^|[/_.])(test|tests|testing|ci|local|dev|development)\.py$",
                     module.file.path):  # fmt: skip
            continue
        for node in module.of(ast.Assign, ast.AnnAssign):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
                continue
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id == "DATABASES":
                yield from _entries(repository, module, node.value)
            elif (
                isinstance(target, ast.Subscript)
                and isinstance(target.value, ast.Name)
                and target.value.id == "DATABASES"
            ):
                yield from _entry(repository, module, node.value)


def _entries(repository: Repository, module: Module, value: ast.expr) -> Iterator[Database]:
    if isinstance(value, ast.Dict):
        for one in value.values:
            yield from _entry(repository, module, one)


def _entry(repository: Repository, module: Module, value: ast.expr) -> Iterator[Database]:
    project = repository.known(project_of)
    call = module.call(value)
    if call is not None and call.last in ("config", "parse", "db", "db_url"):
        settings = {
            _URL_KEYWORDS.get(one.arg, one.arg): one.value
            for one in call.node.keywords
            if one.arg is not None
        }
        given = call.node.args[0] if call.node.args else call.keyword("env")
        url = value_of(given, module, project)
        if call.last == "config" and given is None:
            default = value_of(call.keyword("default"), module, project)
            url = Value(default.text, ("DATABASE_URL", *default.variables))
        elif call.last in ("db", "db_url"):
            url = Value(url.text, (url.text or "DATABASE_URL", *url.variables))
        yield Database(module, value, settings, url)
    elif isinstance(value, ast.Dict):
        settings = {
            str(constant(key)): one
            for key, one in zip(value.keys, value.values, strict=True)
            if key is not None
        }
        engine = constant(settings.get("ENGINE"))
        if isinstance(engine, str) and re.search(r"postg", engine):
            host = value_of(settings.get("HOST"), module, project)
            port = value_of(settings.get("PORT"), module, project)
            number = constant(settings.get("PORT"))
            written = port.text or (str(number) if isinstance(number, int) else "")
            text = f"postgresql://{host.text}:{written}/" if host.text else None
            yield Database(module, value, settings, Value(text, host.variables))


def served_otherwise(repository: Repository, module: Module) -> Note | None:
    """Return what says that requests are served by ASGI or by functions, or None."""
    for file in commands_of(repository):
        match = _ASGI.search(file.text)
        if match:
            return Note("it is served by ASGI", file.span(match.start(), match.end()))
    deployment = in_functions(repository, module.file)
    if deployment is not None:
        return Note(f"it runs on {deployment.platform.value}", deployment.evidence)
    return None
