"""Comments that silence a rule in one place, with the reason for it.

``// forebay: ignore[FD101] warmed by hand`` at the end of a line is for that line; on a line of its
own it is for the next one. ``forebay: ignore-file[FD101] …`` anywhere in a file is for all of it.
Without a reason a comment silences nothing: the rule `ignore-without-reason` says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from forebay.doctor.finding import Finding
from forebay.doctor.repository.file import File
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule
from forebay.findings.comment import BODY, MARK, Comment, comment_of, is_code

_IGNORE = re.compile(rf"(?://|\#|--|/\*+|;|<!--)[ \t]*{BODY}")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment: the rules it silences, where, and why."""

    codes: frozenset[str]  # as they are written
    line: int  # the line that it is for; 0 for the whole file
    reason: str
    start: int
    end: int


def ignores_of(file: File) -> list[Ignore]:
    """Return the comments of a file, those without a reason included."""
    if MARK not in file.text:
        return []
    found = []
    for match in _IGNORE.finditer(file.text):
        said = comment_of(match)
        if not _is_ours(file, said):
            continue
        line = file.span(match.start()).line
        is_alone = not file.lines[line - 1][: _column(file, line, match.start())].strip(" \t{")
        found.append(
            Ignore(
                frozenset(said.codes),
                0 if said.is_for_file else line + is_alone,
                said.reason,
                match.start(),
                match.end(),
            )
        )
    return found


def _is_ours(file: File, said: Comment) -> bool:
    """Say whether a comment is for the doctor: in SQL it is the linter's if it names none of us."""
    if file.path.endswith(".sql"):
        return any(is_code(one, "FD") for one in said.codes)
    return not said.only("FM")


class Ignores:
    """The comments of a repository, by file, read when a finding asks."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        # By path and line; those for a whole file at line 0.
        self._by_path: dict[str, dict[int, list[Ignore]]] = {}

    def covers(self, rule: Rule, finding: Finding) -> bool:
        """Whether a comment with a reason silences this finding."""
        if finding.span is None:
            return False
        path = finding.span.path
        if path not in self._by_path:
            file = self._repository.file(path)
            lines = self._by_path[path] = {}
            for one in ignores_of(file) if file is not None else ():
                lines.setdefault(one.line, []).append(one)
        known = self._by_path[path]
        return any(
            one.reason and {name.lower() for name in one.codes} & {rule.code.lower(), rule.name}
            for line in {0, finding.span.line}
            for one in known.get(line, ())
        )


def _column(file: File, line: int, place: int) -> int:
    return place - file.offset(line, 1)
