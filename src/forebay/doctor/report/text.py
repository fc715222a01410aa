"""Findings for people: the line, a caret below it, what to do, and a count at the end."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from forebay.doctor.finding import Finding, Span
from forebay.doctor.mask import column_in, mask
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Severity
from forebay.doctor.run import Report, Reported
from forebay.findings.text import printable

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_WIDEST = 160
# More findings than one reads from the top to the bottom.
_MANY = 10
_MOST_NAMED = 5


def lines_of(report: Report, repository: Repository | None, prefix: str = "") -> Iterator[Text]:
    """Yield the report's lines, with colours that a terminal may drop.

    ``prefix`` leads from here to the folder that was looked at.
    """
    for one in report.found:
        yield from _one(one, repository, printable(prefix))
        yield Text()
    yield summary(report)


def _one(one: Reported, repository: Repository | None, prefix: str) -> Iterator[Text]:
    rule, finding = one.rule, one.finding
    colour = COLOURS[rule.severity]
    yield Text.assemble(
        (f"{rule.severity.label}[{rule.code}]", colour), (f": {printable(finding.message)}", "bold")
    )
    number = str(finding.span.line) if finding.span else ""
    margin = " " * len(number)
    if finding.span is not None:
        yield Text.assemble(f"{margin}", ("--> ", "blue"), f"{prefix}{finding.span}")
        yield from _source(finding.span, repository, margin, colour)
    elif finding.subject:
        yield Text.assemble((" --> ", "blue"), printable(finding.subject))
    for note in finding.notes:
        where = f" ({prefix}{note.span})" if note.span else ""
        yield Text.assemble(
            f"{margin} ", ("= ", "blue"), ("note", "bold"), f": {printable(note.text)}{where}"
        )
    yield from _help(one.rule.fix, finding, margin)
    yield Text.assemble(
        f"{margin} ", ("= ", "blue"), (f"{rule.name}: forebay doctor explain {rule.code}", "dim")
    )


def _help(fix: str, finding: Finding, margin: str) -> Iterator[Text]:
    first, *rest = (finding.help or fix).split("\n")
    yield Text.assemble(
        f"{margin} ", ("= ", "blue"), ("help", "bold green"), f": {printable(first)}"
    )
    for line in rest:
        yield Text(f"{margin}         {printable(line)}".rstrip())


def _source(span: Span, repository: Repository | None, margin: str, colour: str) -> Iterator[Text]:
    file = repository.file(span.path) if repository else None
    if file is None or not 0 < span.line <= len(file.lines):
        return
    line = file.lines[span.line - 1].rstrip("\r")
    safe, places = mask(line)
    start = column_in(span.column - 1, places)
    last = span.end_column - 1 if span.end_line in (0, span.line) else len(line)
    end = column_in(max(last, 0), places)
    shown = "".join(one if one.isprintable() else " " for one in safe[:_WIDEST])
    width = max(1, min(end, len(shown)) - start)
    yield Text.assemble((f"{margin} |", "blue"))
    yield Text.assemble((f"{span.line} |", "blue"), f" {shown}")
    if start < max(len(shown), 1):
        yield Text.assemble((f"{margin} |", "blue"), " " * (start + 1), ("^" * width, colour))


def summary(report: Report) -> Text:
    """Return how many findings there are of each severity, and what to look at first."""
    counts = ", ".join(
        f"{count} {severity.label}{'s' * (count != 1)}"
        for severity in sorted(Severity, reverse=True)
        if (count := report.count(severity))
    )
    said = counts or "nothing found"
    where = f"{report.files:,} files, {report.rules} rules"
    ignored = f", {report.ignored} ignored in place" if report.ignored else ""
    known = f", {report.known} in the baseline" if report.known else ""
    stale = (
        f"\n{report.stale} of the baseline {'is' if report.stale == 1 else 'are'} found no more: "
        "--write-baseline writes it again"
        if report.stale
        else ""
    )
    stale += _named("skipped, since they are links out of the folder", report.skipped)
    stale += _named("not looked into", report.unread) + _first(report)
    return Text(f"{said} ({where}{ignored}{known}){stale}", style="bold" if counts else "green")


def _named(what: str, left_out: list[str]) -> str:
    """Return a line that names what was left out, if anything was."""
    if not left_out:
        return ""
    names = ", ".join(printable(one) for one in left_out[:_MOST_NAMED])
    more = f" and {len(left_out) - _MOST_NAMED} more" if len(left_out) > _MOST_NAMED else ""
    return f"\n{what}: {names}{more}"


def _first(report: Report) -> str:
    """Return what to do about more findings than one reads at a time."""
    errors = report.count(Severity.ERROR)
    if len(report.found) <= _MANY:
        return ""
    begin = "begin with the errors: --level error; " if 0 < errors < len(report.found) else ""
    return f"\n{begin}--statistics counts them by rule, --format concise has a line for each"
