"""Reads `.env` files into the environment, as a client does before it looks for its URL."""

from __future__ import annotations

import os
from collections.abc import Sequence

FILES = (".env", os.path.join("prisma", ".env"))

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def load_env(folder: str = "", names: Sequence[str] = FILES) -> list[str]:
    """Set what `.env`, then `prisma/.env` say, where the environment does not say otherwise.

    Returns:
        The files of which anything was taken.
    """
    taken = []
    for name in names:
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError):
            continue
        new = {key: value for key, value in read_env(text).items() if key not in os.environ}
        os.environ.update(new)
        if new:
            taken.append(path)
    return taken


def read_env(text: str) -> dict[str, str]:
    """Read lines such as `NAME="value" # why`; what is no such line is left out."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, rest = line.strip().removeprefix("export ").partition("=")
        name = name.strip()
        if equals and name.replace("_", "a").replace(".", "a").isalnum():
            found[name] = _value(rest.strip())
    return found


def _value(text: str) -> str:
    if text[:1] == "'" and "'" in text[1:]:
        return text[1:].partition("'")[0]
    if text[:1] == '"':
        quoted = _quoted(text[1:])
        if quoted is not None:
            return quoted
    # A comment begins at the start or behind a space.
    if text.startswith("#"):
        return ""
    return text.partition(" #")[0].rstrip()


def _quoted(text: str) -> str | None:
    """Read up to a closing quote; None where there is none."""
    found: list[str] = []
    letters = iter(text)
    for letter in letters:
        if letter == '"':
            return "".join(found)
        if letter == "\\":
            following = next(letters, "")
            found.append(_ESCAPES.get(following, following))
        else:
            found.append(letter)
    return None
