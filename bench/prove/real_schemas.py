"""Schemas that nobody here wrote: fetched from package registries, or from a folder of one's own.

None of them is part of the project; they are kept beside the results of the proofs.
"""

from __future__ import annotations

import os
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench.errors import BenchError
from bench.processes import find_tool, run
from bench.prove.results import FOLDER

LITELLM = "litellm-proxy-extras==0.4.110"
TEMPLATES = "create-t3-app@7.40.0"

# A folder with schemas, or with folders of schemas, that are to be looked at as well.
VARIABLE = "REAL_SCHEMAS"

Files = tuple[tuple[str, str], ...]

_PROVIDER = re.compile(r'"(?:sqlite|mysql)"')


def litellm(project: Path) -> Files:
    """Return LiteLLM's schema."""
    folder = project / FOLDER / "real"
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("litellm*.whl")):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run([*pip, "--dest", str(folder), LITELLM], awaited="pip download")
    wheel = next(folder.glob("litellm*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        name = next(one for one in archive.namelist() if one.endswith("schema.prisma"))
        return (("schema.prisma", archive.read(name).decode()),)


def others(project: Path) -> Iterator[tuple[str, Files]]:
    """Return what else there is: templates of applications, and what the folder holds."""
    yield from _templates(project / FOLDER / "real")
    named = os.environ.get(VARIABLE)
    if named:
        yield from _in_folder(Path(named))


def _templates(folder: Path) -> Iterator[tuple[str, Files]]:
    if not list(folder.glob("create-t3-app*.tgz")):
        npm = find_tool("npm", "templates of applications come from its registry")
        pack = [str(npm), "pack", "--silent", "--pack-destination", str(folder), TEMPLATES]
        run(pack, awaited="npm pack")
    with tarfile.open(next(folder.glob("create-t3-app*.tgz"))) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.name.endswith(".prisma") else None
            if content is not None:
                # The templates' database is filled in when one is chosen.
                text = _PROVIDER.sub('"postgresql"', content.read().decode())
                yield Path(member.name).stem, (("schema.prisma", text),)


def _in_folder(folder: Path) -> Iterator[tuple[str, Files]]:
    if not folder.is_dir():
        raise BenchError(f"{VARIABLE} names {folder}, which is no folder")
    for path in sorted(folder.iterdir()):
        inside = sorted(path.rglob("*.prisma")) if path.is_dir() else [path]
        files = tuple((one.name, one.read_bytes().decode()) for one in inside)
        if files:
            yield path.stem, files
