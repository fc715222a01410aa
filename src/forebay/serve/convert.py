"""Writes the settings of one file in the other form, or says what that form cannot hold.

Only what a file says is written, and what its form starts from elsewhere; the result is read again
and compared, so that nothing is lost in silence.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from forebay.errors import BadSettings, Problem
from forebay.serve.connection_string import write_pairs
from forebay.serve.ini import DEFAULTS, MAIN, parse_ini
from forebay.serve.ini_syntax import IniSyntaxError, Pair, scan
from forebay.serve.ini_values import write_value
from forebay.serve.load import Loaded, load
from forebay.serve.registry import SettingDescription, Table, describe
from forebay.serve.settings import TABLES, Settings
from forebay.serve.show import count
from forebay.serve.source import SettingsFile
from forebay.serve.toml import parse_toml
from forebay.serve.toml_text import toml_name, toml_value
from forebay.serve.values import Kind

Form = Literal["toml", "ini"]


def convert(loaded: Loaded, form: Form) -> str:
    """Return the settings of a loaded file as the text of another.

    Raises:
        BadSettings: that form cannot say all of it; every such setting is named.
    """
    file = loaded.file
    if file is None:
        raise ValueError("there is no file to convert")
    said = _said(loaded.settings, file, form)
    body = _toml(said) if form == "toml" else _ini(said, file)
    text = "\n".join([*_head(file, said, form), *body, ""])
    again = load({}, (parse_toml if form == "toml" else parse_ini)(text, file.path)).settings
    if lost := _differences(loaded.settings, again):
        message = f"{', '.join(lost)} would not mean the same after the conversion"
        raise BadSettings([Problem(str(file.path), message, "please report this as a defect")])
    return text


def _differences(one: Settings, other: Settings) -> list[str]:
    return [name for name, value in one if _absolute(value) != _absolute(getattr(other, name))]


def _absolute(value: Any) -> Any:
    return value.absolute() if isinstance(value, Path) else value


Said = dict[str, Any]


def _said(settings: Settings, file: SettingsFile, form: Form) -> Said:
    """Return what must be written so that the other form means the same."""
    start = Settings().model_copy(update=DEFAULTS if form == "ini" else {})
    said: Said = {}
    for name, setting in describe(Settings).items():
        if name in TABLES:
            continue
        value = getattr(settings, name)
        # Written when the file says it, or when the two forms start from different values.
        if name in file.values or value != getattr(start, name):
            said[name] = value.absolute() if setting.kind is Kind.PATH and value else value
    for section, model in TABLES.items():
        tables = getattr(settings, section)
        written = file.values.get(section, {})
        said[section] = {owner: _table(tables[owner], model, written[owner]) for owner in written}
    return said


def _table(table: Table, model: type[Table], written: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: getattr(table, name)
        for name in describe(model)
        if name in written and getattr(table, name) is not None
    }


def _head(file: SettingsFile, said: Said, form: Form) -> list[str]:
    counts = [count(len(said.keys() - TABLES.keys()), "setting")]
    counts += [count(len(said[section]), section[:-1]) for section in TABLES if said[section]]
    lines = [
        f"# Converted from {file.path}: {', '.join(counts)}. Nothing was left out; comments stay"
        " behind,",
        "# what was included stands here, and relative paths are written in full.",
    ]
    ours = [name for name in said if name not in TABLES and describe(Settings)[name].is_ours]
    if form == "ini" and ours:
        lines.append(f"# Forebay's own, which PgBouncer does not know: {', '.join(ours)}.")
    return lines


def _toml(said: Said) -> list[str]:
    known = describe(Settings)
    lines = [
        f"{name} = {_toml_setting(known[name], value)}"
        for name, value in said.items()
        if name not in TABLES
    ]
    for section in TABLES:
        for owner, table in said[section].items():
            lines += ["", f"[{section}.{toml_name(owner)}]"]
            lines += [f"{name} = {toml_value(value)}" for name, value in table.items()]
    return lines


def _toml_setting(setting: SettingDescription, value: Any) -> str:
    if value is None:
        return '""'
    return f'"{value:04o}"' if setting.kind is Kind.MODE else toml_value(value)


def _ini(said: Said, file: SettingsFile) -> list[str]:
    problems: list[Problem] = []
    lines = []
    for section, model in TABLES.items():
        if said[section]:
            lines += ["", f"[{section}]"]
        for owner, table in said[section].items():
            try:
                lines.append(_ini_line(_ini_name(owner), _pairs(section, model, table)))
            except ValueError as error:
                name = f"{section}.{owner}"
                hint = "change it, or stay with forebay.toml"
                problems.append(Problem(file.where((section, owner)), f"{name}: {error}", hint))
    lines += ["", f"[{MAIN}]"]
    known = describe(Settings)
    for name, value in said.items():
        if name in TABLES:
            continue
        try:
            lines.append(_ini_line(name, write_value(known[name], value)))
        except ValueError as error:
            hint = "change it, or stay with forebay.toml"
            problems.append(Problem(file.where((name,)), f"{name}: {error}", hint))
    if problems:
        raise BadSettings(problems)
    return lines


def _ini_line(name: str, value: str) -> str:
    return f"{name} = {value}".rstrip()


def _ini_name(owner: str) -> str:
    for written in (owner, f"'{owner}'"):
        try:
            items = list(scan(f"{written} = x"))
        except IniSyntaxError:
            continue
        if items == [Pair(owner, "x", 1)]:
            return written
    raise ValueError("an ini file cannot write this name")


def _pairs(section: str, model: type[Table], table: Mapping[str, Any]) -> str:
    if section == "users" and "password" in table:
        raise ValueError(
            "an ini file holds no user's password; move it to the file that auth_file names"
        )
    if section == "databases" and "host" not in table:
        raise ValueError("has no host")
    known = describe(model)
    return write_pairs(_written(known, table))


def _written(
    known: Mapping[str, SettingDescription], table: Mapping[str, Any]
) -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        yield name, _pair_text(known[name], value)


def _pair_text(setting: SettingDescription, value: Any) -> str:
    if setting.kind in (Kind.TEXT, Kind.SECRET):
        return str(value) if isinstance(value, str) else str(value.reveal())
    return write_value(setting, value)
