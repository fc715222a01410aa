"""The doctor over real repositories at fixed commits, against verdicts of whoever read the code.

The verdicts, by file and line and in words of our own, are in doctor_field.tsv; none of the code
is part of the project. Repositories come from the folder that DOCTOR_MIRRORS names (`owner+name`
with a git directory in it), or from GitHub where there is a network. What is missing is said.
"""

from __future__ import annotations

import csv
import os
import subprocess
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.prove.registry import Context, Finding, proof
from bench.prove.results import FOLDER
from forebay.doctor.registry import all_rules
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine

TABLE = Path(__file__).parent / "doctor_field.tsv"
VARIABLE = "DOCTOR_MIRRORS"
LEAST_TRUE = 40
LEAST_REPOSITORIES = 10
PRECISION = 0.90
_FETCH_SECONDS = 300

Place = tuple[str, str]  # file:line, code


@dataclass(frozen=True)
class Verdict:
    """What whoever read the code says of a finding."""

    repository: str
    commit: str
    place: str
    code: str
    is_true: bool
    reason: str


def read_table(path: Path = TABLE) -> list[Verdict]:
    """Return the verdicts."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Verdict(one[0], one[1], one[2], one[3], one[4] == "true", one[5])
            for one in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if one and not one[0].startswith("#")
        ]


@proof(
    "doctor-field",
    "in real repositories at least 40 findings are true, and nine of ten are",
    minutes=6,
)
def doctor_field(context: Context) -> list[Finding]:
    """Look at every repository of the table, and count what its verdicts say of the findings."""
    verdicts = read_table()
    wanted = sorted({(one.repository, one.commit) for one in verdicts})
    counts: Counter[str] = Counter()
    missing, unread, gone = [], [], []
    for name, commit in wanted:
        known = {
            (one.place, one.code): one.is_true
            for one in verdicts
            if (one.repository, one.commit) == (name, commit)
        }
        found = _found(name, commit, context)
        if found is None:
            missing.append(name)
            continue
        counts["repositories"] += 1
        for place in found:
            verdict = known.get(place)
            counts["unread" if verdict is None else "true" if verdict else "false"] += 1
            if verdict is None:
                unread.append(f"{name} {place[0]} {place[1]}")
        gone += [f"{name} {place[0]} {place[1]}" for place in known if place not in found]
    judged = counts["true"] + counts["false"]
    precision = counts["true"] / judged if judged else 0.0
    said = f"not to be had: {', '.join(missing)}" if missing else "all to be had"
    return [
        Finding(
            f"real repositories at fixed commits, {said}",
            f"{LEAST_REPOSITORIES} repositories, {LEAST_TRUE} true findings",
            f"{counts['repositories']} repositories, {counts['true']} true",
            counts["repositories"] >= LEAST_REPOSITORIES and counts["true"] >= LEAST_TRUE,
            {"missing": missing, "no longer found": gone},
            is_conclusive=not missing,
        ),
        Finding(
            "share of the findings with a verdict that are true",
            f"at least {PRECISION:.0%}",
            f"{precision:.1%} of {judged} ({counts['unread']} have no verdict yet)",
            precision >= PRECISION,
            {"without a verdict": unread},
            is_conclusive=not missing,
        ),
    ]


def _found(name: str, commit: str, context: Context) -> set[Place] | None:
    """Return what the doctor finds in a repository; None where it cannot be had."""
    source = _mirror(name, commit) or _clone(name, commit, context.project / FOLDER / "field")
    if source is None:
        context.say(f"{name} at {commit[:10]} is not to be had")
        return None
    rules = [rule for rule in all_rules() if rule.check is not None]
    with tempfile.TemporaryDirectory(prefix="doctor-field-") as folder:
        if not _unpack(source, commit, Path(folder)):
            context.say(f"{name} at {commit[:10]} cannot be unpacked")
            return None
        found = {
            (f"{one.finding.span.path}:{one.finding.span.line}", one.rule.code)
            for one in examine(rules, Repository(Path(folder))).found
            if one.finding.span is not None
        }
    context.say(f"{name}: {len(found)} places")
    return found


def _mirror(name: str, commit: str) -> Path | None:
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    folder = Path(named, name.replace("/", "+"))
    places = [folder, *sorted(folder.glob("*"))] if folder.is_dir() else []
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


def _unpack(source: Path, commit: str, folder: Path) -> bool:
    """Write a commit's files; a snapshot may lack its largest ones, which no rule reads."""
    archive = folder.parent / f"{folder.name}.tar"
    try:
        with archive.open("wb") as file:
            subprocess.run(
                ["git", "--git-dir", str(source), "archive", commit],  # noqa: S607
                stdout=file, stderr=subprocess.DEVNULL, timeout=_FETCH_SECONDS, check=False,
            )  # fmt: skip
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        return True
    except (tarfile.TarError, OSError, subprocess.TimeoutExpired):
        return any(folder.iterdir())
    finally:
        archive.unlink(missing_ok=True)


def _git(directory: Path, *arguments: str) -> bool:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", "--git-dir", str(directory), *arguments],  # noqa: S607
            capture_output=True, timeout=_FETCH_SECONDS, env=environment, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
