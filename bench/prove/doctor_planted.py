"""Two repositories with every mistake planted once, and their corrected twins."""

from __future__ import annotations

from bench.prove.registry import Context, Finding, proof
from forebay.doctor.registry import all_rules
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import examine
from tests.doctor.test_planted_config import ELSEWHERE, HERE, NEXT, PLANTED, Found


@proof(
    "doctor-planted",
    "every mistake planted in two repositories is found at its line, nothing on their twins",
    minutes=0.3,
)
def doctor_planted(context: Context) -> list[Finding]:
    """Run every rule over both pairs; JSON has no comments, so two marks are kept beside."""
    findings = []
    for name, title, elsewhere in (
        ("next", "Next.js 16 and Prisma", ELSEWHERE),
        ("fastapi", "FastAPI and SQLAlchemy", set()),
    ):
        context.say(f"{name} and {name}-fixed")
        repository = Repository(PLANTED / name)
        expected, found = _marked(repository) | elsewhere, _found(repository)
        twin = _found(Repository(PLANTED / f"{name}-fixed"))
        missed, invented = sorted(expected - found), sorted(found - expected)
        kinds = len({code for _, _, code in expected})
        findings.append(
            Finding(
                f"{title}: mistakes of {kinds} rules",
                f"all {len(expected)} at their lines, nothing else, 0 on the twin",
                f"{len(expected & found)} found, {len(invented)} else, {len(twin)} on the twin",
                not missed and not invented and not twin,
                {"missed": missed, "invented": invented, "twin": sorted(twin)},
            )
        )
    return findings


def _found(repository: Repository) -> Found:
    rules = [rule for rule in all_rules() if rule.check is not None]
    return {
        (one.finding.span.path, one.finding.span.line, one.rule.code)
        for one in examine(rules, repository).found
        if one.finding.span is not None
    }


def _marked(repository: Repository) -> Found:
    return {
        (file.path, number + shift, code)
        for file in repository.files
        for number, line in enumerate(file.lines, 1)
        for pattern, shift in ((HERE, 0), (NEXT, 1))
        if (match := pattern.search(line))
        for code in match[1].split()
    }
