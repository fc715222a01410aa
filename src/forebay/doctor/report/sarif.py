"""A report in SARIF 2.1.0, as code-scanning services take it."""

from __future__ import annotations

from typing import Any

from forebay.doctor.finding import Edit, Span
from forebay.doctor.fingerprint import fingerprints
from forebay.doctor.mask import masked
from forebay.doctor.pages import page
from forebay.doctor.report.structured import source_line
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule
from forebay.doctor.run import Report, Reported
from forebay.findings import sarif


def as_sarif(report: Report, repository: Repository | None, prefix: str = "") -> dict[str, Any]:
    """Return the report as a SARIF log; ``prefix`` leads from the checkout to the folder."""
    rules = list({one.rule.code: one.rule for one in report.found}.values())
    rules.sort(key=lambda rule: rule.code)
    index = {rule.code: number for number, rule in enumerate(rules)}
    writer = _Writer(repository, prefix)
    prints = fingerprints(report, repository)
    results = [
        writer.result(one, index[one.rule.code], fingerprint)
        for one, fingerprint in zip(report.found, prints, strict=True)
    ]
    return sarif.log("forebay doctor", [_rule(rule) for rule in rules], results)


def _rule(rule: Rule) -> dict[str, Any]:
    return sarif.rule(
        rule.code, rule.name, rule.severity, rule.what, rule.why, rule.fix, page(rule)
    )


class _Writer:
    """Writes results; a place outside the repository has none."""

    def __init__(self, repository: Repository | None, prefix: str) -> None:
        self._repository = repository
        self._prefix = prefix

    def result(self, one: Reported, index: int, fingerprint: str) -> dict[str, Any]:
        """Return one finding."""
        finding = one.finding
        said = finding.help or one.rule.fix
        text = f"{finding.message}. Help: {said}"
        body = sarif.result(one.rule.code, index, one.rule.severity, text)
        body["partialFingerprints"] = {"forebayDoctor/v1": fingerprint}
        if finding.span is not None:
            body["locations"] = [{"physicalLocation": self._place(finding.span, is_shown=True)}]
        elif finding.subject:
            body["locations"] = [
                {"logicalLocations": [{"fullyQualifiedName": finding.subject, "kind": "resource"}]}
            ]
        related = [
            {
                "id": number,
                "message": {"text": note.text},
                "physicalLocation": self._place(note.span),
            }
            for number, note in enumerate(finding.notes, 1)
            if note.span is not None
        ]
        if related:
            body["relatedLocations"] = related
        fix = self._fix(said, finding.edits)
        if fix is not None:
            body["fixes"] = [fix]
        return body

    def _place(self, span: Span, *, is_shown: bool = False) -> dict[str, Any]:
        region: dict[str, Any] = {"startLine": span.line, "startColumn": span.column}
        if span.end_line:
            region |= {"endLine": span.end_line, "endColumn": max(span.end_column, 1)}
        line = source_line(span, self._repository) if is_shown else None
        if line is not None and span.end_line in (0, span.line):
            region["snippet"] = {"text": line}
        return sarif.place(self._prefix + span.path, region)

    def _fix(self, said: str, edits: tuple[Edit, ...]) -> dict[str, Any] | None:
        if not edits or any(masked(edit.text) != edit.text for edit in edits):
            return None
        changes: dict[str, list[dict[str, Any]]] = {}
        for edit in edits:
            file = self._repository.file(edit.path) if self._repository else None
            if file is None:
                return None
            span = file.span(edit.start, edit.end)
            changes.setdefault(edit.path, []).append(
                {
                    "deletedRegion": {
                        "startLine": span.line,
                        "startColumn": span.column,
                        "endLine": span.end_line,
                        "endColumn": span.end_column,
                    },
                    "insertedContent": {"text": edit.text},
                }
            )
        return {
            "description": {"text": said},
            "artifactChanges": [
                {
                    "artifactLocation": sarif.artifact(self._prefix + path),
                    "replacements": replacements,
                }
                for path, replacements in changes.items()
            ],
        }
