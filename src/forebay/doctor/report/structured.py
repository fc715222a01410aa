"""A report as data: one object for JSON, in names that will not change."""

from __future__ import annotations

from typing import Any

from forebay.doctor.finding import Span
from forebay.doctor.fingerprint import fingerprints
from forebay.doctor.mask import masked
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.run import Report, Reported


def as_json(report: Report, repository: Repository | None) -> dict[str, Any]:
    """Return the report for `--format json`."""
    prints = fingerprints(report, repository)
    return {
        "version": 1,
        "findings": [
            _one(one, fingerprint, repository)
            for one, fingerprint in zip(report.found, prints, strict=True)
        ],
        "summary": {
            **{severity.label: report.count(severity) for severity in Severity},
            "ignored": report.ignored,
            "in_baseline": report.known,
            "stale_in_baseline": report.stale,
            "files": report.files,
            "rules": report.rules,
            "skipped": report.skipped,
            "unread": report.unread,
        },
    }


def rule_as_json(rule: Rule) -> dict[str, Any]:
    """Return a rule for `forebay doctor rules --json`."""
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.label,
        "reads": "database" if rule.check_live is not None else "repository",
        "what": rule.what,
        "why": rule.why,
        "fix": rule.fix,
        "references": list(rule.references),
    }


def source_line(span: Span, repository: Repository | None) -> str | None:
    """Return the line of a place, secrets masked; None where there is none."""
    file = repository.file(span.path) if repository else None
    if file is None or not 0 < span.line <= len(file.lines):
        return None
    return masked(file.lines[span.line - 1].rstrip("\r"))


def _one(one: Reported, fingerprint: str, repository: Repository | None) -> dict[str, Any]:
    finding = one.finding
    return {
        "code": one.rule.code,
        "name": one.rule.name,
        "severity": one.rule.severity.label,
        "message": finding.message,
        **_place(finding.span),
        "subject": finding.subject,
        "source": source_line(finding.span, repository) if finding.span else None,
        "help": finding.help or one.rule.fix,
        "notes": [{"text": note.text, **_place(note.span)} for note in finding.notes],
        "fixable": bool(finding.edits),
        "fingerprint": fingerprint,
    }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"path": None, "line": None, "column": None, "end_line": None, "end_column": None}
    return {
        "path": span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line or span.line,
        "end_column": span.end_column or span.column,
    }
