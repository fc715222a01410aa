"""What `forebay doctor` does: look, and write what was found the way that was asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from forebay.cli.doctor_progress import progress_on
from forebay.cli.output import write
from forebay.doctor.baseline import DEFAULT_NAME, apply_baseline, write_baseline
from forebay.doctor.fix import diff_of, gather
from forebay.doctor.fix import write as write_fixes
from forebay.doctor.live.look import examine_live
from forebay.doctor.live.plan import plan_for
from forebay.doctor.registry import all_rules
from forebay.doctor.report.concise import concise, statistics
from forebay.doctor.report.github import workflow_commands
from forebay.doctor.report.sarif import as_sarif
from forebay.doctor.report.structured import as_json
from forebay.doctor.report.text import lines_of
from forebay.doctor.repository.around import project_around
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.run import Report, Reported, examine, keep_file, select, uncollected
from forebay.errors import ConfigurationError
from forebay.postgres.url import PostgresUrl, parse_url


@dataclass(frozen=True)
class Wish:
    """The options of the command; severities by their names."""

    written: str = "text"
    only: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    level: str = "NOTE"
    fail_on: str = "WARNING"
    counts: bool = False
    baseline: Path | None = None
    writes_baseline: bool = False
    fixes: bool = False
    shows_diff: bool = False
    database: str | None = None
    database_variable: str | None = None
    instances: int | None = None
    workers: int | None = None
    pool_size: int | None = None


def look_at(path: Path, wish: Wish) -> int:
    """Look at a folder, write what was found, and return the exit code.

    Raises:
        ForebayError: it cannot be looked at.
    """
    rules = select(all_rules(), wish.only, wish.without)
    if wish.counts and wish.written not in ("text", "concise"):
        raise ConfigurationError(
            f"--statistics is a table for people, and --format {wish.written} is for programs",
            hint="leave one of them out",
        )
    root, only = project_around(path)
    with uncollected(for_good=True), progress_on(sys.stderr) as progress:
        repository = Repository(root)
        found = _examined(rules, repository, wish, progress)
    if only:
        keep_file(found, only)
    if wish.writes_baseline:
        _keep(wish.baseline or Path(DEFAULT_NAME), found, repository)
        return 0
    if wish.baseline is not None:
        apply_baseline(wish.baseline, found, repository)
    found.found = [one for one in found.found if one.rule.severity >= Severity[wish.level]]
    if wish.fixes or wish.shows_diff:
        found.found = _mend(found, repository, is_diff=wish.shows_diff)
    else:
        _print(found, repository, "statistics" if wish.counts else wish.written)
    return int(
        wish.fail_on != "NEVER"
        and any(one.rule.severity >= Severity[wish.fail_on] for one in found.found)
    )


def _examined(
    rules: Sequence[Rule],
    repository: Repository,
    wish: Wish,
    progress: Callable[[str, int, int], None] | None,
) -> Report:
    """Run the rules; what PostgreSQL did not answer is said on the standard error."""
    url = _url_of(wish.database, wish.database_variable)
    if url is None:
        return examine(rules, repository, progress=progress)
    plan = plan_for(repository, wish.instances, wish.workers, wish.pool_size)
    report, unanswered = examine_live(rules, repository, url, plan=plan, progress=progress)
    for words in unanswered:
        print(f"note: not asked or not answered: {words}", file=sys.stderr)
    return report


def _url_of(text: str | None, variable: str | None) -> PostgresUrl | None:
    """Return the database that was named, by its URL or by a variable.

    Raises:
        ConfigurationError: both were given, the variable is not set, or it is no URL.
    """
    if text and variable:
        raise ConfigurationError(
            "--database and --database-env both name a database", hint="give one of them"
        )
    if variable:
        text = os.environ.get(variable)
        if not text:
            raise ConfigurationError(
                f"the variable {variable} is not set", hint="set it, or give --database"
            )
    return parse_url(text) if text else None


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
    if any(path.endswith(".prisma") for path in fixes.texts) and not is_diff:
        print(
            "the schema has changed, the database has not: it needs a migration "
            "(prisma migrate dev, or forebay migrate dev)",
            file=sys.stderr,
        )
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
        shown = {"concise": concise, "statistics": statistics}.get(written)
        prefix = _from_here(repository.root)
        for text in shown(found, prefix) if shown else lines_of(found, repository, prefix):
            console.print(text)


def _from_here(root: Path) -> str:
    """Return what stands before a path of the repository so that a terminal can open it."""
    folder = root.parent if root.is_file() else root
    away = os.path.relpath(folder).replace(os.sep, "/")
    if away.startswith(".."):
        away = folder.resolve().as_posix().rstrip("/")
    return "" if away == "." else away + "/"


def _prefix(root: Path) -> str:
    """Return what leads from here, where the checkout is, to the folder that was looked at."""
    folder = root.parent if root.is_file() else root
    away = os.path.relpath(folder).replace(os.sep, "/")
    return "" if away == "." or away.startswith("..") else away + "/"
