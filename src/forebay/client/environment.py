"""Reads `.env` files into the environment, as the client does before it looks for its URL."""

from __future__ import annotations

import os
import re
from pathlib import Path

_LINE = re.compile(
    r"""\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*
        (?:"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s#]|(?<=\S)\#|[ \t]+(?!\#|\s|$))*))\s*(?:\#.*)?""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}

FILES = (".env", "prisma/.env")


def load_env(*, folder: Path | None = None) -> None:
    """Set what `.env`, then `prisma/.env` say, where the environment does not say otherwise."""
    for name in FILES:
        path = (folder or Path()) / name
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for key, value in read_env(text).items():
            os.environ.setdefault(key, value)


def read_env(text: str) -> dict[str, str]:
    """Read lines such as `NAME="value" # why`; what is no such line is left out."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, double, single, bare = match.groups()
        if double is not None:
            value = _ESCAPE.sub(lambda one: _ESCAPES.get(one[1], one[1]), double)
        else:
            value = single if single is not None else (bare or "").rstrip()
        found[name] = value
    return found
