"""Findings as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.run import Report, Reported
from forebay.findings.github import workflow_command


def workflow_commands(report: Report, prefix: str = "") -> Iterator[str]:
    """Yield a command a finding; ``prefix`` leads from the checkout to the folder."""
    for one in report.found:
        yield _annotation(one, prefix)


def _annotation(one: Reported, prefix: str) -> str:
    finding, span = one.finding, one.finding.span
    properties = {"title": f"{one.rule.code} {one.rule.name}"}
    if span is not None:
        properties |= {"file": prefix + span.path, "line": str(span.line)}
        properties |= {"endLine": str(span.end_line or span.line), "col": str(span.column)}
        # GitHub takes columns for a single line only, and the end as the last character.
        if span.end_line in (0, span.line) and span.end_column > span.column:
            properties["endColumn"] = str(span.end_column - 1)
    lines = [finding.message if span else f"{finding.subject or 'the database'}: {finding.message}"]
    for note in finding.notes:
        lines.append(f"note: {note.text}" + (f" ({note.span})" if note.span else ""))
    lines.append(f"help: {finding.help or one.rule.fix}")
    return workflow_command(one.rule.severity, "\n".join(lines), properties)
