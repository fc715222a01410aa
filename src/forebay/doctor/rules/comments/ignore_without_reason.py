"""A comment that silences a rule and does not say why."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.ignore import ignores_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.findings.comment import MARK

_MARK = MARK.encode()


def check(repository: Repository) -> Iterator[Finding]:
    """Find the comments without a reason."""
    for file in repository.files:
        if _MARK not in file.data:
            continue
        for one in ignores_of(file):
            if not one.reason:
                codes = ", ".join(sorted(one.codes)) or "no rule at all"
                yield Finding(
                    f"this comment silences nothing, because it gives no reason (it names {codes})",
                    file.span(one.start, one.end),
                )


RULE = Rule(
    code="FD001",
    name="ignore-without-reason",
    severity=Severity.WARNING,
    what="A `forebay: ignore` comment has no reason behind its codes.",
    why="Without a reason nobody can tell later whether the exception still holds, so the comment "
    "is not obeyed: the finding it was meant for is reported.",
    fix="write the reason behind the bracket: `forebay: ignore[FD101] warmed up by hand`",
    language="ts",
    bad="prisma.$use(audit) // forebay: ignore[FD121]\n",
    good="prisma.$use(audit) // forebay: ignore[FD121] pinned to Prisma 5 until the audit moves\n",
    check=check,
)
