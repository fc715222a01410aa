"""`db seed`: runs the command that the project fills its database with."""

from __future__ import annotations

import json
import shlex
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from forebay.errors import ConfigurationError
from forebay.migrate.apply import Say


def seed_command(folder: Path) -> str | None:
    """Return the command that a project fills its database with, None where it names none."""
    return _from_package(folder) or _from_pyproject(folder)


def seed(arguments: Sequence[str], say: Say, folder: Path | None = None) -> int:
    """Run the seed command with some arguments more, and return its exit code.

    Raises:
        ConfigurationError: none is configured, or it cannot be started.
    """
    here = folder or Path()
    command = seed_command(here)
    if command is None:
        raise ConfigurationError(
            "no seed command is configured",
            hint='write it in package.json, "prisma": {"seed": "python seed.py"}, or in'
            ' pyproject.toml, [tool.forebay] seed = "python seed.py"',
        )
    words = [*shlex.split(command), *arguments]
    say(f"Running seed command `{shlex.join(words)}` ...")
    try:
        # It is the project's own command, as its files name it; no shell reads it.
        return subprocess.run(words, cwd=here, check=False).returncode
    except OSError as error:
        raise ConfigurationError(
            f"the seed command cannot be started: {error.strerror}: {words[0]}",
            hint="name a program that is there",
        ) from None


def _from_package(folder: Path) -> str | None:
    path = folder / "package.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}", hint="mend it") from None
    prisma = content.get("prisma") if isinstance(content, dict) else None
    found = prisma.get("seed") if isinstance(prisma, dict) else None
    return found if isinstance(found, str) else None


def _from_pyproject(folder: Path) -> str | None:
    path = folder / "pyproject.toml"
    if not path.is_file():
        return None
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}", hint="mend it") from None
    found = content.get("tool", {}).get("forebay", {}).get("seed")
    return found if isinstance(found, str) else None
