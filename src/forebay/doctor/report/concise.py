"""Findings for people in a line each, and how many there are of each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.text import Text

from forebay.doctor.report.text import COLOURS, summary
from forebay.doctor.run import Report
from forebay.findings.text import printable


def concise(report: Report, prefix: str = "") -> Iterator[Text]:
    """Yield `path:line:column: severity[CODE]: text` for each finding, and the count.

    ``prefix`` leads from here to the folder that was looked at.
    """
    for one in report.found:
        span, subject = one.finding.span, one.finding.subject
        place = f"{printable(prefix)}{span}" if span else printable(subject or "the database")
        said = f"{one.rule.severity.label}[{one.rule.code}]"
        code = (said, COLOURS[one.rule.severity])
        yield Text.assemble(f"{place}: ", code, f": {printable(one.finding.message)}")
    yield summary(report)


def statistics(report: Report, prefix: str = "") -> Iterator[Text]:
    """Yield how many findings each rule has, the worst and then the most frequent first."""
    counts = Counter(one.rule for one in report.found)
    width = len(str(max(counts.values(), default=0)))
    for rule, count in sorted(
        counts.items(), key=lambda one: (-one[0].severity, -one[1], one[0].code)
    ):
        label = (f"{rule.severity.label:7}", COLOURS[rule.severity])
        yield Text.assemble(f"{count:{width}}  {rule.code}  ", label, f"  {rule.name}")
    yield summary(report)
