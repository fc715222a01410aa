"""Joins the layers of settings: defaults, a file, the environment, and the options given."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from forebay.errors import BadSettings, ConfigurationError, Problem
from forebay.postgres.secret import Secret
from forebay.serve.check import notes_on, problems_in
from forebay.serve.ini import read_ini
from forebay.serve.registry import Table, describe
from forebay.serve.settings import TABLES, Settings, User
from forebay.serve.source import Place, SettingsFile
from forebay.serve.toml import read_toml
from forebay.serve.userlist import read_userlist
from forebay.serve.values import Kind

PREFIX = "FOREBAY_"
_INI_NAMES = (".ini", ".conf", ".cfg")
_INI_SECTION = re.compile(r"^[ \t]*\[(?:pgbouncer)\]", re.MULTILINE)
_PATHS = frozenset(name for name, each in describe(Settings).items() if each.kind is Kind.PATH)


@dataclass(frozen=True)
class Loaded:
    """Settings that hold, where each comes from, and what is worth saying about them."""

    settings: Settings
    file: SettingsFile | None = None
    notes: tuple[Problem, ...] = ()
    environment: frozenset[str] = field(default_factory=frozenset)
    given: frozenset[str] = field(default_factory=frozenset)
    listed: frozenset[str] = field(default_factory=frozenset)

    def origin(self, place: Place) -> str:
        """Return where the value at `place` was set: a file's line, the environment, a default."""
        if place[0] in self.given:
            return "option"
        if place[0] in self.environment:
            return f"environment {PREFIX}{place[0].upper()}"
        if self.file is None:
            return "default"
        if place[0] == "users" and place[1] in self.listed and place[-1] == "password":
            return f"{self.settings.auth_file}"
        return (self.file.where(place) or "file") if _holds(self.file.values, place) else "default"


def read_file(path: Path) -> SettingsFile:
    """Read a settings file in its form: by its name's ending, or else by what it holds.

    Raises:
        ConfigurationError: it cannot be read, or has neither form.
    """
    if path.suffix in _INI_NAMES:
        return read_ini(path)
    if path.suffix != ".toml" and path.is_file():
        text = path.read_bytes().decode("utf-8", "replace")
        if _INI_SECTION.search(text):
            return read_ini(path)
    return read_toml(path)


def make_settings(
    given: Mapping[str, Any],
    file: SettingsFile | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> Settings:
    """Join the layers, weakest first: our defaults, `defaults`, the file, and what was `given`.

    Raises:
        BadSettings: a name is unknown, a value is wrong, or asks for what is not built.
    """
    return load(given, file, defaults).settings


def load(
    given: Mapping[str, Any],
    file: SettingsFile | None = None,
    defaults: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Loaded:
    """Join the layers; the environment stands between the file and what was `given`.

    Raises:
        BadSettings: a name is unknown, a value is wrong, or asks for what is not built.
    """
    variables = _from_environment(environment or {})
    layers = {
        **(defaults or {}),
        **(_from_file(file) if file is not None else {}),
        **variables,
        **given,
    }
    context = Loaded(Settings(), file, environment=frozenset(variables), given=frozenset(given))
    problems = list(file.problems) if file is not None else []
    settings, wrong = _validate(layers, context)
    problems += wrong
    problems += problems_in(settings, lambda place: _where(place, context))
    settings, listed, unlisted = _with_listed_users(settings, context)
    problems += unlisted
    if problems:
        raise BadSettings(sorted(problems, key=_position))
    notes = [
        *(file.notes if file is not None else ()),
        *notes_on(settings, lambda place: _where(place, context)),
        *_strange_variables(environment or {}),
    ]
    return Loaded(
        settings, file, tuple(notes), context.environment, context.given, frozenset(listed)
    )


def _from_file(file: SettingsFile) -> dict[str, Any]:
    joined = {**file.defaults, **file.values}
    for name in _PATHS & joined.keys():
        if isinstance(joined[name], str) and joined[name]:
            joined[name] = str(file.folder / joined[name])
    return joined


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    known = Settings.model_fields.keys() - TABLES.keys()
    return {
        name: environment[variable]
        for name in known
        if (variable := f"{PREFIX}{name.upper()}") in environment
    }


def _strange_variables(environment: Mapping[str, str]) -> list[Problem]:
    """Note variables that look like a misspelt setting; others of our prefix mean other things."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields if name not in TABLES]
    notes = []
    for variable in sorted(environment):
        if not variable.startswith(PREFIX) or variable in known:
            continue
        if close := difflib.get_close_matches(variable, known, n=1, cutoff=0.85):
            message = f"{variable} is not read: did you mean {close[0]}?"
            notes.append(Problem("environment", message))
    return notes


def _validate(values: dict[str, Any], context: Loaded) -> tuple[Settings, list[Problem]]:
    """Return the settings without what is wrong in them, and what is wrong."""
    problems: list[Problem] = []
    while True:
        try:
            return Settings.model_validate(values), problems
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            before = values
            for each in found:
                place = [str(part) for part in each["loc"]]
                problems.append(_explain(each["type"], each["msg"], place, context))
                # A table that lacks something goes as a whole.
                values = _without(values, place[:-1] if each["type"] == "missing" else place)
            if values == before:
                return Settings(), problems


def _without(values: Any, place: Place) -> Any:
    if not place or not isinstance(values, Mapping) or place[0] not in values:
        return values
    rest = {name: value for name, value in values.items() if name != place[0]}
    if len(place) == 1 or not isinstance(values[place[0]], Mapping):
        return rest
    return {**rest, place[0]: _without(values[place[0]], place[1:])}


def _explain(kind: str, message: str, place: list[str], context: Loaded) -> Problem:
    name = ".".join(place)
    where = _where(place, context)
    if kind == "extra_forbidden":
        return Problem(where, f"unknown setting {name}", _nearest(place))
    if kind == "missing":
        return Problem(where, f"{name} is missing", f"add {place[-1]} to [{'.'.join(place[:-1])}]")
    return Problem(where, f"{name}: {message.removeprefix('Value error, ')}", _meaning(place))


def _where(place: Place, context: Loaded) -> str | None:
    if place[0] in context.given or context.file is None:
        return None
    if place[0] in context.environment:
        return f"environment {PREFIX}{place[0].upper()}"
    return context.file.where(place)


def _model(place: Place) -> type[Table]:
    return TABLES.get(place[0], Settings) if len(place) >= 3 else Settings


def _nearest(place: Place) -> str:
    known = list(_model(place).model_fields)
    close = difflib.get_close_matches(place[-1], known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    if _model(place) is Settings:
        return "no setting has a name like it; docs/settings.md lists all of them"
    return f"known here: {', '.join(sorted(known))}"


def _meaning(place: Place) -> str | None:
    model = _model(place)
    field_ = model.model_fields.get(place[0] if model is Settings else place[2])
    return (
        f"{place[0] if model is Settings else place[2]}: {field_.description}" if field_ else None
    )


def _with_listed_users(
    settings: Settings, context: Loaded
) -> tuple[Settings, Iterable[str], list[Problem]]:
    """Add the users of auth_file; what a table says of a user stays, and lacks only a password."""
    if settings.auth_file is None:
        return settings, (), []
    try:
        listed = read_userlist(settings.auth_file)
    except ConfigurationError as error:
        is_about_file = error.message.startswith("auth_file")
        where = _where(("auth_file",), context) if is_about_file else None
        return settings, (), [Problem(where, error.message, error.hint)]
    users = {name: User(password=secret) for name, secret in listed.items()}
    taken = set(listed)
    for name, user in settings.users.items():
        if user.password is not None:
            taken.discard(name)
            users[name] = user
        else:
            users[name] = user.model_copy(update={"password": listed.get(name)})
    databases = {
        name: database.model_copy(update=_forced_password(database.user, listed))
        if database.password is None
        else database
        for name, database in settings.databases.items()
    }
    whole = settings.model_copy(update={"users": users, "databases": databases})
    return whole, taken, []


def _forced_password(
    user: str | None, listed: Mapping[str, Secret | None]
) -> dict[str, Secret | None]:
    return {"password": listed[user]} if user is not None and user in listed else {}


def _holds(values: Any, place: Place) -> bool:
    for name in place:
        if not isinstance(values, Mapping) or name not in values:
            return False
        values = values[name]
    return True


def _position(problem: Problem) -> tuple[str, int]:
    file, _, line = (problem.where or "").rpartition(":")
    return (file, int(line)) if line.isdigit() else (problem.where or "", 0)
