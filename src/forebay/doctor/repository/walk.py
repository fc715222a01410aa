"""Which files of a folder are worth reading: the project's own, and not what tools put there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from forebay.doctor.repository.ignored import Ignored
from forebay.errors import ConfigurationError

# What package managers, build tools and editors fill.
_SKIPPED = frozenset(
    """
    .git .hg .svn .venv venv env site-packages node_modules bower_components vendor dist build out
    target coverage __pycache__ .next .nuxt .svelte-kit .output .turbo .vercel .netlify .serverless
    .aws-sam .cache .mypy_cache .pytest_cache .ruff_cache .tox .nox .idea .yarn .pnpm-store
    """.split()
)
# A longer file was written by a program.
LARGEST_BYTES = 1_000_000
_ENDINGS = frozenset(
    """
    .ts .tsx .mts .cts .js .jsx .mjs .cjs .py .prisma .json .jsonc .toml .ini .cfg .yml .yaml .sql
    .sh .conf .service .txt .tf .env
    """.split()
)
_NAMES = ("Dockerfile", "Procfile", "Makefile", "Justfile", "Containerfile")


def walk(root: Path, outside: list[str] | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the files that a rule may want, as (path from the root with slashes, path), sorted.

    Links that lead out of the folder are not followed; their names are added to ``outside``.

    Raises:
        ConfigurationError: there is no such folder.
    """
    if root.is_file():
        yield root.name, root
        return
    if not root.is_dir():
        raise ConfigurationError(
            f"there is no folder {root}", hint="name the folder of the repository to look at"
        )
    ignored = Ignored(root)
    base = os.path.realpath(root)
    for folder, names, files in os.walk(root):
        here = Path(folder).relative_to(root).as_posix()
        prefix = "" if here == "." else here + "/"
        ignored.enter(prefix, files)
        names[:] = sorted(
            one for one in names if one not in _SKIPPED and not ignored.hides(prefix + one, True)
        )
        for name in sorted(files):
            if _is_wanted(name) and not ignored.hides(prefix + name, False):
                # A name that is not UTF-8 is called by what of it is.
                called = os.fsencode(prefix + name).decode("utf-8", errors="replace")
                if not leads_out(os.path.join(folder, name), base):
                    yield called, Path(folder, name)
                elif outside is not None:
                    outside.append(called)


def leads_out(path: str, base: str) -> bool:
    """Whether a path is a link to something that is not below ``base``, itself a real path."""
    if not os.path.islink(path):
        return False
    return os.path.commonpath([os.path.realpath(path), base]) != base


def _is_wanted(name: str) -> bool:
    if name.startswith((".env", *_NAMES)):
        return True
    if name.endswith((".min.js", ".d.ts", "-lock.json", "lock.yaml")):
        return False
    return os.path.splitext(name)[1] in _ENDINGS
