"""Repositories at fixed commits, unpacked for a look: from a folder of mirrors, or from GitHub."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath

from forebay.doctor.repository.walk import LARGEST_BYTES

VARIABLE = "DOCTOR_MIRRORS"
_SECONDS = 300


def find_repository(name: str, commit: str, folder: Path) -> Path | None:
    """Return a git directory that has the commit; clones go into ``folder``. None: not to be had.

    Mirrors are `owner+name` in the folder that DOCTOR_MIRRORS names, with a git directory in it.
    """
    return _mirror(name, commit) or _clone(name, commit, folder)


def unpack(source: Path, commit: str, folder: Path) -> bool:
    """Write a commit's files, but for those that no rule reads: links, and the largest.

    A mirror may lack the largest. `git archive` would end at the first file that is lacking and
    leave out all behind it.
    """
    listed = _output(source, ["ls-tree", "-r", "-z", commit])
    entries = [line.partition(b"\t") for line in listed.split(b"\0") if line]
    blobs = [
        (meta.split()[2], PurePosixPath(os.fsdecode(path)))
        for meta, _, path in entries
        if meta.startswith((b"100644 blob", b"100755 blob"))
    ]
    asked = b"".join(name + b"\n" for name, _ in blobs)
    sizes = [
        one.split() for one in _output(source, ["cat-file", "--batch-check"], asked).splitlines()
    ]
    wanted = [
        (name, int(size[2]), path)
        for (name, path), size in zip(blobs, sizes, strict=True)
        if size[1] == b"blob" and int(size[2]) <= LARGEST_BYTES and ".." not in path.parts
    ]
    contents = _output(
        source, ["cat-file", "--batch"], b"".join(name + b"\n" for name, _, _ in wanted)
    )
    at = 0
    for _, size, path in wanted:
        at = contents.index(b"\n", at) + 1
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(contents[at : at + size])
        at += size + 1
    return bool(wanted)


def _mirror(name: str, commit: str) -> Path | None:
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named, name.replace("/", "+"))
    places = (
        [folder, *sorted(folder.glob("*")), *sorted(folder.glob("*/.git"))]
        if folder.is_dir()
        else []
    )
    for place in places:
        if (place / "HEAD").is_file() and _has(place, commit):
            return place
    return None


def _clone(name: str, commit: str, folder: Path) -> Path | None:
    target = folder / name.replace("/", "+")
    if not (target / "HEAD").is_file():
        target.mkdir(parents=True, exist_ok=True)
        _git(target, "init", "--bare", "--quiet")
    if _has(target, commit):
        return target
    url = f"https://github.com/{name}.git"
    is_fetched = _git(target, "fetch", "--quiet", "--depth=1", url, commit)
    return target if is_fetched and _has(target, commit) else None


def _has(directory: Path, commit: str) -> bool:
    return _git(directory, "cat-file", "-e", f"{commit}^{{commit}}")


def _output(directory: Path, arguments: list[str], given: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", "--git-dir", str(directory), *arguments],  # noqa: S607
        input=given, capture_output=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    return done.stdout


def _git(directory: Path, *arguments: str) -> bool:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "--git-dir", str(directory), *arguments],  # noqa: S607
            capture_output=True, timeout=_SECONDS, env=environment, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
