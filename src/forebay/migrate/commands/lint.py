"""`migrate lint`: which scripts are looked at, and what is known of their database."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from forebay.errors import ConfigurationError
from forebay.migrate.commands.scripts import shown
from forebay.migrate.connect import connect, schema_of
from forebay.migrate.folder import SCRIPT, Migration, read_migrations
from forebay.migrate.history import History, pending
from forebay.migrate.lint.facts import Facts, Unmeasured
from forebay.migrate.lint.linter import Linter, Options, Report, codes
from forebay.migrate.lint.registry import Severity
from forebay.migrate.lint.running import UNKNOWN, Running
from forebay.migrate.lint.transactions import Sending
from forebay.postgres.url import PostgresUrl
from forebay.schema.files import read_text

_LEVELS = {one.label: one for one in Severity}
_SETTINGS = frozenset({"select", "ignore", "extend-select", "fatal", "pg-version"})


@dataclass(frozen=True)
class Settings:
    """What a project says of linting, in pyproject.toml under ``[tool.forebay.lint]``."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    extend: frozenset[str] = frozenset()
    fatal: Severity | None = None
    version: int | None = None

    def options(self, sending: Sending = "deployed") -> Options:
        """Return these as the linter takes them."""
        return Options(sending, self.version, self.select, self.ignore, self.extend)


def level_of(word: str, where: str) -> Severity | None:
    """Return a level by its name, None for ``never``.

    Raises:
        ConfigurationError: there is no such level.
    """
    if word == "never":
        return None
    if word not in _LEVELS:
        raise ConfigurationError(
            f"{where}: {word!r} is no level", hint="error, warning, note, or never"
        )
    return _LEVELS[word]


def read_settings(folder: Path) -> Settings:
    """Return what the nearest pyproject.toml at or above a folder says, and the environment.

    Raises:
        ConfigurationError: it says something that nobody knows.
    """
    given: dict[str, Any] = {}
    for place in (folder.resolve(), *folder.resolve().parents):
        path = place / "pyproject.toml"
        if path.is_file():
            given = _section(path)
            break
    unknown = sorted(set(given) - _SETTINGS)
    if unknown:
        raise ConfigurationError(
            f"[tool.forebay.lint] knows no {unknown[0]}",
            hint=f"it knows {', '.join(sorted(_SETTINGS))}",
        )
    fatal = os.environ.get("FOREBAY_LINT_FATAL") or str(given.get("fatal", "never"))
    version = given.get("pg-version")
    if version is not None and not isinstance(version, int):
        raise ConfigurationError("[tool.forebay.lint] pg-version is no number")
    return Settings(
        codes(_list(given, "select")),
        codes(_list(given, "ignore")),
        codes(_list(given, "extend-select")),
        level_of(fatal, "fatal"),
        version,
    )


def _section(path: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None
    section = read.get("tool", {}).get("forebay", {}).get("lint", {})
    return section if isinstance(section, dict) else {}


def _list(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigurationError(f"[tool.forebay.lint] {name} is no list of names")
    return value


def lint_files(
    paths: Sequence[Path],
    options: Options,
    facts: Facts,
    sending: Sending | None,
    running: Running = UNKNOWN,
) -> list[Report]:
    """Lint files, each on its own: nobody knows in which order they run, or whether they have."""
    linter = Linter(options, facts, running=running)
    reports = []
    for path in paths:
        text = read_text(path)
        usual: Sending = "deployed" if path.name == SCRIPT else "single"
        reports.append(linter.lint(str(path), text, sending or usual))
    return reports


def lint_migrations(
    folder: Path,
    options: Options,
    facts: Facts,
    rows: Sequence[Any] | None,
    sending: Sending,
    running: Running = UNKNOWN,
) -> list[Report]:
    """Lint a folder's migrations; those that a database has seen are left out.

    ``rows`` are its history: None where there is no database, and each script is looked at alone.
    """
    migrations = read_migrations(folder)
    todo = migrations if rows is None else pending(migrations, rows)
    linter = Linter(options, facts, rows is not None, running)
    return [_lint(linter, folder, one, sending) for one in todo]


def _lint(linter: Linter, folder: Path, one: Migration, sending: Sending) -> Report:
    return linter.lint(shown(folder / one.name / SCRIPT), one.script, sending)


@contextmanager
def knowledge(url: PostgresUrl | None) -> Iterator[tuple[Facts, psycopg.Connection[Any] | None]]:
    """Open what a database knows, or nothing where there is none to ask."""
    if url is None:
        yield Facts(), None
        return
    with connect(url) as connection:
        yield Facts(connection, schema_of(url)), connection


def history_rows(connection: psycopg.Connection[Any], url: PostgresUrl) -> Sequence[Any]:
    """Return the history of the database that a connection is to."""
    return History(connection, schema_of(url)).rows()


def lint_pending(
    folder: Path,
    todo: Sequence[Migration],
    url: PostgresUrl,
    settings: Settings,
    running: Running = UNKNOWN,
) -> list[Report]:
    """Lint the migrations that a deploy is about to apply, on a connection of its own."""
    with knowledge(url) as (facts, _):
        options = replace(settings.options(), version=None)
        linter = Linter(options, facts, True, running)
        return [_lint(linter, folder, one, "deployed") for one in todo]


def lint_new(folder: Path, one: Migration, url: PostgresUrl, settings: Settings) -> Report:
    """Lint a migration that was just written, beside a database that is as it is before it."""
    with connect(url) as connection:
        facts = Unmeasured(connection, schema_of(url))
        return _lint(Linter(settings.options(), facts), folder, one, "deployed")
