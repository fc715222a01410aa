"""The doctor over real repositories at fixed commits, against verdicts of whoever read the code.

The verdicts, by file and line and in words of our own, are in doctor_field.tsv, of repositories
that the rules were mended on, and in doctor_unseen.tsv, of others: what the doctor said there when
it met them for the first time, before a rule was changed, and the mistakes it did not see. It met
two lots of them, one after the other: what was learned of the first is in the rules that met the
second. None of the code is part of the project. What is missing is said.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.prove.doctor_trees import find_repository, unpack
from bench.prove.registry import Context, Finding, proof
from bench.prove.results import FOLDER
from forebay.doctor.registry import all_rules
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine

TABLE = Path(__file__).parent / "doctor_field.tsv"
UNSEEN = Path(__file__).parent / "doctor_unseen.tsv"
_MEETING = "# meeting: "
LEAST_TRUE = 40
LEAST_REPOSITORIES = 10
PRECISION = 0.90

Place = tuple[str, str]  # file:line, code


@dataclass(frozen=True)
class Verdict:
    """What whoever read the code says: `true`, `false` or `unclear` of a finding.

    `missed` is a mistake that the doctor should have found and did not. ``meeting`` says which lot
    of unseen repositories it belongs to.
    """

    repository: str
    commit: str
    place: str
    code: str
    says: str
    reason: str
    meeting: str = ""


def read_table(path: Path = TABLE) -> list[Verdict]:
    """Return the verdicts; a comment of a meeting names that of the lines below it."""
    found = []
    meeting = ""
    with path.open(encoding="utf-8", newline="") as file:
        for one in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if one and one[0].startswith(_MEETING):
                meeting = one[0].removeprefix(_MEETING)
            elif one and not one[0].startswith("#"):
                name, commit, place, code, says, reason = one
                found.append(Verdict(name, commit, place, code, says, reason, meeting))
    return found


@proof(
    "doctor-field",
    "in real repositories at least 40 findings are true, and nine of ten are",
    minutes=8,
)
def doctor_field(context: Context) -> list[Finding]:
    """Look at every repository of the tables, and count what their verdicts say of the findings."""
    unseen = read_table(UNSEEN)
    verdicts = [*unseen, *read_table()]  # of two verdicts of one place, the later one
    counts: Counter[str] = Counter()
    missing, unread, gone, late = [], [], [], []
    for name, commit in sorted({(one.repository, one.commit) for one in verdicts}):
        known = {
            (one.place, one.code): one.says
            for one in verdicts
            if (one.repository, one.commit) == (name, commit)
        }
        found = _found(name, commit, context)
        if found is None:
            missing.append(name)
            continue
        counts["repositories"] += 1
        for place in found:
            says = known.get(place, "unread")
            said = f"{name} {place[0]} {place[1]}"
            if says == "missed":
                late.append(said)
            elif says == "unread":
                unread.append(said)
            counts["true" if says == "missed" else says] += 1
        gone += [
            f"{name} {place[0]} {place[1]}"
            for place, says in known.items()
            if says != "missed" and place not in found
        ]
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
            f"{precision:.1%} of {judged} ({counts['unclear']} more are unclear, "
            f"{counts['unread']} have no verdict yet)",
            precision >= PRECISION,
            {"without a verdict": unread},
            is_conclusive=not missing,
        ),
        *(
            first_run(name, [one for one in unseen if one.meeting == name], late)
            for name in dict.fromkeys(one.meeting for one in unseen)
        ),
    ]


def first_run(meeting: str, unseen: list[Verdict], late: list[str]) -> Finding:
    """Return what a first look at unseen repositories was worth: a record, with no bar."""
    missed = {f"{one.repository} {one.place} {one.code}" for one in unseen if one.says == "missed"}
    late = [one for one in late if one in missed]
    says = Counter(one.says for one in unseen)
    names = {one.repository for one in unseen}
    judged = says["true"] + says["false"]
    rules: dict[str, Counter[str]] = {}
    for one in unseen:
        rules.setdefault(one.code, Counter())[one.says] += 1
    return Finding(
        f"unseen, {meeting} meeting: {len(names)} repositories with findings or mistakes",
        "a record, before a rule was changed for them",
        f"{says['true'] / judged:.1%} of {judged} true, {says['unclear']} more unclear; "
        f"{says['missed']} mistakes missed, of which {len(late)} are found today",
        is_pass=True,
        detail={
            "by rule": {code: dict(rules[code]) for code in sorted(rules)},
            "missed then, found today": late,
        },
    )


def _found(name: str, commit: str, context: Context) -> set[Place] | None:
    """Return what the doctor finds in a repository; None where it cannot be had."""
    source = find_repository(name, commit, context.project / FOLDER / "field")
    if source is None:
        context.say(f"{name} at {commit[:10]} is not to be had")
        return None
    rules = [rule for rule in all_rules() if rule.check is not None]
    with tempfile.TemporaryDirectory(prefix="doctor-field-") as folder:
        if not unpack(source, commit, Path(folder)):
            context.say(f"{name} at {commit[:10]} cannot be unpacked")
            return None
        found = {
            (f"{one.finding.span.path}:{one.finding.span.line}", one.rule.code)
            for one in examine(rules, Repository(Path(folder))).found
            if one.finding.span is not None
        }
    context.say(f"{name}: {len(found)} places")
    return found
