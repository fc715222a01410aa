"""The schema that a client was made from: of a generated package, a file, or a revision of git."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from forebay.errors import ConfigurationError
from forebay.schema.compact import from_compact
from forebay.schema.files import SUFFIX, find_schema
from forebay.schema.load import load
from forebay.schema.model import Schema

# Where a generated package has its schema.
PACKAGED = "schema.json"


def read_client(path: Path) -> Schema:
    """Return the schema of a generated package, or of a schema's file or folder.

    Raises:
        ConfigurationError: there is none.
        SchemaError: it is not sound.
    """
    packaged = path / PACKAGED if path.is_dir() else path
    if packaged.suffix == ".json":
        if not packaged.is_file() and path.is_dir():
            return load(find_schema(path, Path()).files)
        return _packaged(packaged)
    return load(find_schema(path, Path()).files)


def _packaged(path: Path) -> Schema:
    try:
        return from_compact(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}",
            hint="name the folder of a generated client, or a schema",
        ) from None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigurationError(
            f"{path} is no schema of a generated client of this version: {error}",
            hint="name the schema that the client was generated from",
        ) from None


def read_revision(revision: str, path: Path) -> Schema:
    """Return what the schema at a path was in a revision of git.

    Raises:
        ConfigurationError: git, the revision, or the schema in it is not there.
        SchemaError: it is not sound.
    """
    folder = path if path.is_dir() else path.parent
    name = "." if path.is_dir() else f"./{path.name}"
    listed = _git(folder, "ls-tree", "-r", "--name-only", revision, name)
    names = [one for one in listed.splitlines() if one.endswith(SUFFIX)]
    if not names:
        raise ConfigurationError(
            f"{path} is not in the revision {revision}", hint="name a revision that has the schema"
        )
    return load([(one, _git(folder, "show", f"{revision}:./{one}")) for one in names])


def _git(folder: Path, *arguments: str) -> str:
    git = shutil.which("git")
    if git is None:
        raise ConfigurationError(
            "git is not there", hint="install it, or name the client's schema with --client"
        )
    if any(one.startswith("-") for one in arguments if one not in ("-r", "--name-only")):
        raise ConfigurationError("a revision does not begin with -", hint="name a commit or a tag")
    done = subprocess.run(
        [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().partition("\n")[0]
        raise ConfigurationError(
            f"git does not find {arguments[-1]}: {said}", hint="name a commit, a tag or a branch"
        )
    return done.stdout
