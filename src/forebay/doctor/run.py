"""Look at a repository, a database or both, and gather what the rules find."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forebay.doctor.finding import Finding
from forebay.doctor.ignore import Ignores
from forebay.doctor.registry import no_rule
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.script.nodes import forget

if TYPE_CHECKING:
    from forebay.doctor.live.database import LiveDatabase


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding and the rule that it breaks."""

    rule: Rule
    finding: Finding

    @property
    def order(self) -> tuple[str, int, int, str]:
        """By place, and by code where several rules point at one."""
        span = self.finding.span
        if span is None:
            return "", 0, 0, self.rule.code
        return span.path, span.line, span.column, self.rule.code


@dataclass
class Report:
    """What a look has found, in the order of places."""

    found: list[Reported] = field(default_factory=list)
    ignored: int = 0
    known: int = 0  # those that a baseline holds
    stale: int = 0  # what a baseline holds and nobody finds any more
    files: int = 0
    rules: int = 0
    skipped: list[str] = field(default_factory=list)  # links that lead out of the folder
    unread: list[str] = field(default_factory=list)  # files and rules that were given up, and why

    def count(self, severity: Severity) -> int:
        """Return how many findings are exactly this bad."""
        return sum(one.rule.severity == severity for one in self.found)


def examine(
    rules: Sequence[Rule],
    repository: Repository | None,
    database: LiveDatabase | None = None,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Run the rules that apply and return what they find, without what is ignored in place.

    ``progress`` is told the rule that begins, how many are done and how many there are.
    """
    report = Report(rules=len(rules), files=len(repository.files) if repository else 0)
    report.skipped = list(repository.skipped) if repository else []
    ignores = Ignores(repository) if repository else None
    with uncollected(), contextlib.ExitStack() as stack:
        stack.callback(forget)
        for done, rule in enumerate(rules):
            if progress:
                progress(rule.name, done, len(rules))
            for finding in _followed(report, rule, _findings(rule, repository, database)):
                if ignores is not None and ignores.covers(rule, finding):
                    report.ignored += 1
                else:
                    report.found.append(Reported(rule, finding))
    for file in repository.files if repository else ():
        if file.unread:
            report.unread.append(f"{file.path} ({file.unread})")
    report.found.sort(key=lambda one: one.order)
    return report


@contextlib.contextmanager
def uncollected(*, for_good: bool = False) -> Iterator[None]:
    """Keep the collector away: it walks millions of nodes of syntax trees, none of them garbage.

    For good where the process ends soon: it would walk them all as soon as it is let in again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if for_good:
            gc.freeze()
        if was_on:
            gc.enable()


def _followed(report: Report, rule: Rule, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield a rule's findings up to an expression that nests deeper than Python can follow."""
    try:
        yield from findings
    except RecursionError:
        report.unread.append(f"the rest of {rule.code} ({rule.name}): an expression nests too deep")


def _findings(
    rule: Rule, repository: Repository | None, database: LiveDatabase | None
) -> Iterable[Finding]:
    if rule.check is not None and repository is not None:
        yield from rule.check(repository)
    if rule.check_live is not None and database is not None:
        yield from rule.check_live(database)


def select(
    rules: Iterable[Rule], only: Sequence[str] = (), without: Sequence[str] = ()
) -> list[Rule]:
    """Return the rules that ``only`` names by code, its beginning or name, less ``without``.

    Raises:
        ConfigurationError: no rule is called so; the hint names the nearest.
    """
    rules = list(rules)

    def fits(rule: Rule, wanted: Sequence[str]) -> bool:
        return any(
            rule.name == one.lower() or rule.code.startswith(one.upper()) for one in wanted if one
        )

    for one in (*only, *without):
        if not any(fits(rule, [one]) for rule in rules):
            raise no_rule(one)
    return [rule for rule in rules if (not only or fits(rule, only)) and not fits(rule, without)]


def keep_file(report: Report, path: str) -> None:
    """Leave the findings of one file alone in a report."""
    report.found = [
        one for one in report.found if one.finding.span is None or one.finding.span.path == path
    ]
    report.files = 1
