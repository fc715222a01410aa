"""Reads a pgbouncer.ini with what it includes into settings by section."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from forebay.errors import ConfigurationError, Problem
from forebay.serve.connection_string import parse_pairs
from forebay.serve.ini_syntax import Include, IniSyntaxError, Pair, Section, scan
from forebay.serve.ini_values import read_pair_value, read_value
from forebay.serve.registry import SettingDescription, describe
from forebay.serve.settings import TABLES, Settings
from forebay.serve.source import Place, SettingsFile, read_text

MAIN = "pgbouncer"
# Where a file of this form begins elsewhere than Forebay does.
DEFAULTS: dict[str, Any] = {"listen_addr": [], "unix_socket_dir": "/tmp"}  # noqa: S108  PgBouncer's
ALIASES = {"reserve_pool": "reserve_pool_size"}
_MOST_INCLUDES = 10
# PgBouncer has no default to put back for these when [pgbouncer] begins again.
_KEPT = frozenset(
    "auth_dbname auth_file auth_ident_file auth_ldap_options auth_user client_tls13_ciphers"
    " server_tls13_ciphers conffile user verbose".split()
)


def read_ini(path: Path) -> SettingsFile:
    """Read a pgbouncer.ini; as in PgBouncer, a relative path begins at the working directory.

    What is wrong in it is in `problems`, each with its line.

    Raises:
        ConfigurationError: the file itself cannot be read.
    """
    return parse_ini(read_text(path, "check the path"), path)


def parse_ini(text: str, path: Path) -> SettingsFile:
    """Read the text of a pgbouncer.ini that stands, or would stand, at `path`."""
    reader = _Reader()
    reader.read_file(path, text, depth=0)
    return reader.finish(path)


@dataclass
class _Reader:
    """What has been read so far."""

    values: dict[str, Any] = field(default_factory=lambda: {name: {} for name in TABLES})
    places: dict[tuple[str, ...], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    section: str | None = None
    has_main: bool = False
    stopped: bool = False

    def read_file(self, path: Path, text: str, depth: int) -> None:
        try:
            for item in scan(text):
                where = f"{path}:{item.line}"
                if isinstance(item, Include):
                    self.include(item, where, depth)
                elif isinstance(item, Section):
                    self.begin(item.name, where)
                else:
                    self.pair(item, where)
                if self.stopped:
                    return
        except IniSyntaxError as error:
            self.stop(f"{path}:{error.line}", error.message, error.hint)

    def include(self, item: Include, where: str, depth: int) -> None:
        if depth >= _MOST_INCLUDES:
            self.stop(
                where,
                f"%include goes deeper than {_MOST_INCLUDES} files",
                "see whether a file includes itself",
            )
            return
        path = Path(item.path)
        hint = "a relative path begins at the working directory"
        try:
            text = read_text(path, hint)
        except ConfigurationError as error:
            self.stop(where, f"%include: {error.message}", error.hint)
            return
        self.read_file(path, text, depth + 1)

    def stop(self, where: str, message: str, hint: str | None) -> None:
        self.problems.append(Problem(where, message, hint))
        self.stopped = True

    def begin(self, name: str, where: str) -> None:
        known = [MAIN, *TABLES]
        self.section = name
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.6)
            hint = f"did you mean [{close[0]}]?" if close else f"known here: {', '.join(known)}"
            self.problems.append(Problem(where, f"unknown section [{name}]", hint))
        elif name == MAIN:
            if self.has_main:
                self.begin_again(where)
            self.has_main = True

    def begin_again(self, where: str) -> None:
        lost = [name for name in self.values if name not in TABLES and name not in _KEPT]
        for name in lost:
            del self.values[name]
            del self.places[(name,)]
        if lost:
            self.notes.append(
                Problem(
                    where,
                    f"[{MAIN}] begins again, and as in PgBouncer all begins from its default there:"
                    f" what was said before of {', '.join(lost)} is lost",
                    f"keep one section [{MAIN}]",
                )
            )

    def pair(self, item: Pair, where: str) -> None:
        if self.section is None:
            self.problems.append(
                Problem(where, f"{item.name} stands before any section", f"add [{MAIN}] above it")
            )
        elif self.section == MAIN:
            self.main(item, where)
        elif self.section in TABLES:
            self.table(self.section, item, where)

    def main(self, item: Pair, where: str) -> None:
        # A repeated name counts where it stands last.
        self.values.pop(item.name, None)
        self.places[(item.name,)] = where
        known = describe(Settings).get(item.name)
        if item.name in TABLES:
            self.problems.append(
                Problem(where, f"unknown setting {item.name}", f"[{item.name}] is a section")
            )
            return
        try:
            value = read_value(known, item.value) if known else item.value
        except ValueError as error:
            self.wrong(where, item.name, error, known)
            return
        self.values[item.name] = value

    def table(self, section: str, item: Pair, where: str) -> None:
        self.places[(section, item.name)] = where
        self.values[section].pop(item.name, None)
        owner = f"{section}.{item.name}"
        if section == "databases" and item.name == MAIN:
            self.problems.append(
                Problem(where, f"{owner}: the name is the admin console's", "choose another name")
            )
            return
        try:
            pairs = parse_pairs(item.value)
        except ValueError as error:
            hint = "a value with blanks needs single quotes, and a quote inside is written twice"
            self.problems.append(Problem(where, f"{owner}: {error}", hint))
            return
        self.values[section][item.name] = self.entry(section, owner, pairs, where)

    def entry(
        self, section: str, owner: str, pairs: list[tuple[str, str]], where: str
    ) -> dict[str, Any]:
        known = dict(describe(TABLES[section]))
        if section == "users":
            # PgBouncer has its passwords in auth_file, and nowhere else.
            known.pop("password")
        values: dict[str, Any] = {}
        has_password = False
        for written, text in pairs:
            name = ALIASES.get(written, written)
            if name not in known:
                self.unknown(owner, name, list(known), where, may_be_secret=has_password)
                continue
            has_password = has_password or name == "password"
            try:
                value = read_pair_value(known[name], text)
            except ValueError as error:
                self.wrong(where, f"{owner}.{name}", error, known[name])
                continue
            values[name] = value
        return {name: value for name, value in values.items() if value is not None}

    def unknown(
        self, owner: str, name: str, known: list[str], where: str, *, may_be_secret: bool
    ) -> None:
        close = get_close_matches(name, known, n=1, cutoff=0.6)
        if close:
            problem = Problem(where, f"unknown setting {owner}.{name}", f"did you mean {close[0]}?")
        elif name == "password":
            problem = Problem(
                where,
                f"unknown setting {owner}.password",
                "in an ini file passwords stand in the file that auth_file names",
            )
        elif may_be_secret:
            # A password with a blank in it goes on as if it were the next name.
            problem = Problem(
                where,
                f"{owner}: an unknown setting follows the password",
                "a password with blanks needs single quotes",
            )
        else:
            problem = Problem(
                where,
                f"unknown setting {owner}.{name}",
                f"known here: {', '.join(sorted(known))}",
            )
        self.problems.append(problem)

    def wrong(
        self, where: str, name: str, error: ValueError, known: SettingDescription | None
    ) -> None:
        hint = f"{known.name}: {known.description}" if known else None
        self.problems.append(Problem(where, f"{name}: {error}", hint))

    def finish(self, path: Path) -> SettingsFile:
        if not self.has_main and not self.stopped:
            self.problems.append(
                Problem(str(path), f"has no section [{MAIN}]", f"add a line [{MAIN}]")
            )
        values = {name: value for name, value in self.values.items() if value or name not in TABLES}
        sockets = values.get("unix_socket_dir", DEFAULTS["unix_socket_dir"])
        for database in values.get("databases", {}).values():
            # Without a host PgBouncer looks for PostgreSQL's socket where it puts its own.
            if sockets:
                database.setdefault("host", sockets)
        places = self.places

        def where(place: Place) -> str | None:
            for length in range(min(len(place), 2), 0, -1):
                if found := places.get(tuple(place[:length])):
                    return found
            return str(path)

        return SettingsFile(path, values, where, Path(), DEFAULTS, self.problems, self.notes)
