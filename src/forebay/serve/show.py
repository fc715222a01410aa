"""Shows effective settings with where each comes from; a password never shows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forebay.postgres.secret import Secret
from forebay.serve.load import Loaded
from forebay.serve.registry import describe
from forebay.serve.settings import TABLES, Settings
from forebay.serve.toml_text import toml_name, toml_value
from forebay.serve.values import Kind


@dataclass(frozen=True)
class Shown:
    """One setting as it stands."""

    place: tuple[str, ...]
    kind: Kind
    value: Any
    origin: str


def effective(loaded: Loaded) -> Iterator[Shown]:
    """Yield every setting in the order of the registry; in a table, what is set."""
    for name, setting in describe(Settings).items():
        if name not in TABLES:
            value = getattr(loaded.settings, name)
            yield Shown((name,), setting.kind, value, loaded.origin((name,)))
    for section, model in TABLES.items():
        for owner, table in getattr(loaded.settings, section).items():
            for name, setting in describe(model).items():
                value = getattr(table, name)
                if value is not None:
                    place = (section, owner, name)
                    yield Shown(place, setting.kind, value, loaded.origin(place))


def show_text(loaded: Loaded, *, with_origin: bool) -> str:
    """Return the settings in the form of a forebay.toml, their origins as comments."""
    lines: list[str] = []
    section: tuple[str, ...] = ()
    for each in effective(loaded):
        if each.place[:-1] != section:
            section = each.place[:-1]
            lines += ["", f"[{'.'.join(toml_name(part) for part in section)}]"]
        line = f"{each.place[-1]} = {_text(each)}"
        lines.append(f"{line}  # {each.origin}" if with_origin else line)
    return "\n".join(lines)


def show_json(loaded: Loaded, *, with_origin: bool) -> str:
    """Return the settings as JSON; with origins, each is an object of its value and its origin."""
    tree: dict[str, Any] = {}
    for each in effective(loaded):
        table = tree
        for part in each.place[:-1]:
            table = table.setdefault(part, {})
        value = _plain(each.value)
        table[each.place[-1]] = {"value": value, "origin": each.origin} if with_origin else value
    return json.dumps(tree, indent=2)


def summary(loaded: Loaded) -> str:
    """Return one line that says what a file holds."""
    file = loaded.file
    values = file.values if file is not None else {}
    counts = [count(len(values.keys() - TABLES.keys()), "setting")]
    counts += [
        count(len(getattr(loaded.settings, section)), section.removesuffix("s"))
        for section in ("databases", "users")
    ]
    return f"{file.path if file is not None else 'settings'}: {', '.join(counts)}; nothing is wrong"


def count(number: int, word: str) -> str:
    """Return `1 user`, `2 users`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def _text(shown: Shown) -> str:
    if shown.value is None:
        return '""'
    if shown.kind is Kind.MODE:
        return f'"{shown.value:04o}"'
    return toml_value(_plain(shown.value))


def _plain(value: Any) -> Any:
    if isinstance(value, Secret | Path):
        return str(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
