"""Keeps what was proved, by proof and by the state of the source it was proved of.

The key is the commit plus, when files differ from it, a digest of the difference: a result is taken
again as soon as anything that could change it has changed, and never before. A result also belongs
to the settings it was taken with: a short try-out never stands in for the proof.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.errors import BenchError
from bench.processes import find_tool, run
from bench.prove.registry import Finding

FOLDER = ".prove"
# Prose decides no measurement; everything else might.
IGNORED = (":(exclude)*.md", f":(exclude){FOLDER}")


def _git(project: Path, *arguments: str) -> str:
    git = find_tool("git", "results are kept by commit")
    # A clone that belongs to somebody else (a container's mount) is still only read here.
    command = [str(git), "-c", f"safe.directory={project}", "-C", str(project), *arguments]
    return run(command, awaited=f"git {arguments[0]}")


def source_state(project: Path) -> str:
    """Name the state of the source: a commit, and a digest when the tree differs from it."""
    try:
        commit = _git(project, "rev-parse", "--short=12", "HEAD").strip()
        changed = _git(project, "diff", "HEAD", "--", ".", *IGNORED)
    except BenchError:
        commit, changed = "uncommitted", ""
    listing = _git(project, "ls-files", "--others", "--exclude-standard", "--", ".", *IGNORED)
    untracked = sorted(listing.splitlines())
    if not changed and not untracked:
        return commit
    digest = hashlib.sha256(changed.encode())
    for name in untracked:
        path = project / name
        # A file may go between the listing and here, when somebody is editing.
        digest.update(name.encode() + b"\0" + (path.read_bytes() if path.is_file() else b""))
    return f"{commit}-{digest.hexdigest()[:8]}"


class Results:
    """The folder of results for one state of the source."""

    def __init__(self, project: Path, pooler: str, settings: Mapping[str, int | str]) -> None:
        self.state = source_state(project)
        self._pooler = pooler
        self._settings = dict(settings)
        self._folder = project / FOLDER
        self._folder.mkdir(exist_ok=True)
        (self._folder / ".gitignore").write_text("*\n")

    def path(self, id_: str) -> Path:
        """Name the file of one proof's result."""
        return self._folder / f"{id_}@{self._pooler}@{self.state}.json"

    def load(self, id_: str) -> list[Finding] | None:
        """Return what was found earlier, or None."""
        path = self.path(id_)
        if not path.exists():
            return None
        kept = json.loads(path.read_text())
        if kept["settings"] != self._settings:
            return None
        return [Finding(**finding) for finding in kept["findings"]]

    def save(self, id_: str, findings: Sequence[Finding], seconds: float) -> None:
        """Keep what was found."""
        kept = {
            "id": id_,
            "state": self.state,
            "taken_at": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "took_seconds": round(seconds, 1),
            "settings": self._settings,
            "findings": [asdict(finding) for finding in findings],
        }
        self.path(id_).write_text(json.dumps(kept, indent=1) + "\n")
