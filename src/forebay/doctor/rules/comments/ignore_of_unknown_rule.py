"""A comment that silences a rule which does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.ignore import ignores_of
from forebay.doctor.registry import all_rules, nearest
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.findings.comment import MARK, is_code

_MARK = MARK.encode()


def check(repository: Repository) -> Iterator[Finding]:
    """Find the comments that name a rule nobody knows, or no rule."""
    known = {name for rule in all_rules() for name in (rule.code.lower(), rule.name)}
    for file in repository.files:
        if _MARK not in file.data:
            continue
        for one in ignores_of(file):
            unknown = sorted(
                name for name in one.codes if name.lower() not in known and not is_code(name, "FM")
            )
            if one.codes and not unknown:
                continue
            said = ", ".join(unknown) or "no rule"
            near = nearest(unknown[0]) if unknown else None
            yield Finding(
                f"this comment silences {said}, which the doctor does not know"
                if unknown
                else "this comment names no rule, and silences nothing",
                file.span(one.start, one.end),
                help=f"did you mean {near.code} ({near.name})?" if near is not None else None,
            )


RULE = Rule(
    code="FD002",
    name="ignore-of-unknown-rule",
    severity=Severity.WARNING,
    what="A `forebay: ignore` comment names a rule that does not exist, or none.",
    why="A misspelt code silences nothing, and a comment that outlives its rule misleads whoever "
    "reads it.",
    fix="name the rule by its code or its name: `forebay doctor rules` lists them",
    language="ts",
    bad="prisma.$use(audit) // forebay: ignore[FD12] pinned to Prisma 5\n",
    good="prisma.$use(audit) // forebay: ignore[FD121] pinned to Prisma 5\n",
    check=check,
)
