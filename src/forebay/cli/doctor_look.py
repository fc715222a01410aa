"""What `forebay doctor` does: look, and write what was found the way that was asked for."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from forebay.cli.doctor_progress import progress_on
from forebay.cli.output import write
from forebay.doctor.baseline import DEFAULT_NAME, apply_baseline, write_baseline
from forebay.doctor.fix import diff_of, gather
from forebay.doctor.fix import write as write_fixes
from forebay.doctor.registry import all_rules
from forebay.doctor.report.github import workflow_commands
from forebay.doctor.report.sarif import as_sarif
from forebay.doctor.report.structured import as_json
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Severity
from forebay.doctor.run import Report, Reported, examine, select


@dataclass(frozen=True)
class Wish:
    """The options of the command; severities by their names."""

    written: str = "text"
    only: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    level: str = "NOTE"
    fail_on: str = "WARNING"
    baseline: Path | None = None
    writes_baseline: bool = False
    fixes: bool = False
    shows_diff: bool = False


def look_at(path: Path, wish: Wish) -> int:
    """Look at a folder, write what was found, and return the exit code.

    Raises:
        ForebayError: it cannot be looked at.
    """
    rules = select(all_rules(), wish.only, wish.without)
    with progress_on(sys.stderr) as progress:
        repository = Repository(path)
        found = examine(rules, repository, progress=progress)
    if wish.writes_baseline:
        _keep(wish.baseline or Path(DEFAULT_NAME), found, repository)
        return 0
    if wish.baseline is not None:
        apply_baseline(wish.baseline, found, repository)
    found.found = [one for one in found.found if one.rule.severity >= Severity[wish.level]]
    if wish.fixes or wish.shows_diff:
        found.found = _mend(found, repository, is_diff=wish.shows_diff)
    else:
        _print(found, repository, wish.written)
    return int(any(one.rule.severity >= Severity[wish.fail_on] for one in found.found))


def _keep(path: Path, found: Report, repository: Repository) -> None:
    count = write_baseline(path, found, repository)
    print(f"wrote {count} finding{'s' * (count != 1)} to {path}", file=sys.stderr)


def _mend(found: Report, repository: Repository, *, is_diff: bool) -> list[Reported]:
    """Show the changes, make them unless they are only to be shown, and return what is left."""
    fixes = gather(found, repository)
    for line in diff_of(fixes):
        write(line)
    if not is_diff:
        write_fixes(fixes, repository.root)
    said = "would be mended" if is_diff else "mended"
    later = f"; {fixes.postponed} more on the next run" if fixes.postponed else ""
    rest = len(fixes.left) - fixes.postponed
    print(f"{fixes.mended} {said}, {rest} left to people{later}", file=sys.stderr)
    return fixes.left


def _print(found: Report, repository: Repository, written: str) -> None:
    if written == "json":
        write(json.dumps(as_json(found, repository), ensure_ascii=False, indent=2))
    elif written == "sarif":
        body = as_sarif(found, repository, _prefix(repository.root))
        write(json.dumps(body, ensure_ascii=False, indent=2))
    elif written == "github":
        for line in workflow_commands(found, _prefix(repository.root)):
            write(line)
    else:
        console = Console(file=sys.stdout, soft_wrap=True, highlight=False)
        for text in lines_of(found, repository):
            console.print(text)


def _prefix(root: Path) -> str:
    """Return what leads from here, where the checkout is, to the folder that was looked at."""
    folder = root.parent if root.is_file() else root
    away = os.path.relpath(folder).replace(os.sep, "/")
    return "" if away == "." or away.startswith("..") else away + "/"
