"""Finds what settings ask for and do not get: not built, without effect here, or not servable."""

from collections.abc import Callable, Iterator

from forebay.errors import Problem
from forebay.serve.registry import SettingDescription, Table, describe
from forebay.serve.settings import BUILT_AUTH_TYPES, TABLES, Settings
from forebay.serve.source import Place

_ABSTRACT = "name a folder: sockets of the abstract namespace are not built yet"
_HOSTS = "name one host: a list of hosts is not built yet"
_CONSOLE = "pgbouncer"

Where = Callable[[Place], str | None]


def problems_in(settings: Settings, where: Where) -> list[Problem]:
    """Return what asks for something that is not built in this version, or cannot be had."""
    problems = [
        _not_built(place, where(place), _way_out(setting))
        for place, setting in _changed(settings)
        if setting.home == "later"
    ]
    if settings.auth_type not in BUILT_AUTH_TYPES:
        problems.append(
            Problem(
                where(("auth_type",)),
                f"auth_type {settings.auth_type}: not built yet in this version",
                f"use one of {', '.join(BUILT_AUTH_TYPES)}",
            )
        )
    problems += [
        _not_built(("peers", name), where(("peers", name)), "remove the section [peers]")
        for name in settings.peers
    ]
    if (settings.unix_socket_dir or "").startswith("@"):
        problems.append(_not_built(("unix_socket_dir",), where(("unix_socket_dir",)), _ABSTRACT))
    if settings.max_server_connections == "auto" and not settings.control_user:
        problems.append(
            Problem(
                where(("max_server_connections",)),
                "max_server_connections auto needs control_user: nobody could look at PostgreSQL",
                "name a role that is a member of pg_monitor, with its password in auth_file,"
                " or give max_server_connections a number",
            )
        )
    if settings.auth_dbname == _CONSOLE:
        problems.append(
            Problem(
                where(("auth_dbname",)),
                f'auth_dbname: cannot use the reserved "{_CONSOLE}" database as an auth_dbname',
                "name a database of [databases], where auth_query can run",
            )
        )
    for name, database in settings.databases.items():
        place = ("databases", name, "host")
        if "," in database.host:
            problems.append(_not_built(place, where(place), _HOSTS))
        elif database.host.startswith("@"):
            problems.append(_not_built(place, where(place), _ABSTRACT))
    return problems


def notes_on(settings: Settings, where: Where) -> list[Problem]:
    """Return what was set and changes nothing here, with the reason."""
    idle = [
        Problem(where(place), f"{'.'.join(place)} changes nothing here: {setting.note}")
        for place, setting in _changed(settings)
        if setting.home == "nothing"
    ]
    return idle + [
        Problem(where(place), f"{'.'.join(place)}: {why}, so that auth_query always fails", hint)
        for place, why, hint in _useless_places(settings)
    ]


def not_servable(settings: Settings, where: Where) -> list[Problem]:
    """Return why nobody could be served with these settings."""
    problems = []
    if not settings.databases:
        hint = "add an entry to [databases]; * stands for every name"
        problems.append(Problem(where(("databases",)), "no database is named", hint))
    if not settings.users and not _looks_up(settings):
        problems.append(
            Problem(
                where(("auth_type",)),
                f"auth_type {settings.auth_type} needs users, and none is named",
                'set auth_file to a file of "user" "password" lines, or auth_user',
            )
        )
    if not settings.listen_addr and settings.unix_socket_dir is None:
        problems.append(
            Problem(
                where(("listen_addr",)),
                "listen_addr and unix_socket_dir are both empty: nobody could connect",
                "set one of them",
            )
        )
    return problems


def _looks_up(settings: Settings) -> bool:
    databases = settings.databases.values()
    return bool(settings.auth_user) or any(database.auth_user for database in databases)


def _useless_places(settings: Settings) -> Iterator[tuple[Place, str, str]]:
    """Yield each auth_dbname that cannot be looked in, with why and what to do."""
    named: list[tuple[Place, str | None]] = [(("auth_dbname",), settings.auth_dbname)]
    for name, database in settings.databases.items():
        named.append((("databases", name, "auth_dbname"), database.auth_dbname))
    for place, database_name in named:
        if database_name == _CONSOLE:
            yield place, f"{_CONSOLE} is the console's own", "name a database of [databases]"
        elif database_name and not {database_name, "*"} & settings.databases.keys():
            why = f"there is no database {database_name}"
            yield place, why, f"add {database_name} to [databases], or name one of them"


def _changed(settings: Settings) -> Iterator[tuple[Place, SettingDescription]]:
    """Yield what has another value than its default, tables included."""
    yield from _changed_in(settings, ())
    for section in ("databases", "users"):
        for name, table in getattr(settings, section).items():
            yield from _changed_in(table, (section, name))


def _changed_in(table: Table, path: tuple[str, ...]) -> Iterator[tuple[Place, SettingDescription]]:
    for name, setting in describe(type(table)).items():
        value = getattr(table, name)
        if name not in TABLES and not setting.is_required and value != setting.default:
            yield (*path, name), setting


def _not_built(place: Place, where: str | None, hint: str) -> Problem:
    return Problem(where, f"{'.'.join(place)}: not built yet in this version", hint)


def _way_out(setting: SettingDescription) -> str:
    if setting.default in (None, "", False):
        return f"remove it to run without ({setting.name}: {setting.description})"
    return f"remove it, which leaves its default ({setting.name}: {setting.description})"
