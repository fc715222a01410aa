"""What makes a finding the same one tomorrow: its rule, its file and its line's words.

Line numbers are left out, so that a line above does not make a finding new; of several alike the
order in the file tells them apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter

from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import Report, Reported


def fingerprints(report: Report, repository: Repository | None) -> list[str]:
    """Return the fingerprint of each finding, in the report's order."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for one in report.found:
        key = (one.rule.code, *_place(one, repository))
        seen[key] += 1
        text = "\0".join((*key, str(seen[key])))
        found.append(hashlib.sha256(text.encode()).hexdigest()[:32])
    return found


def _place(one: Reported, repository: Repository | None) -> tuple[str, str]:
    span = one.finding.span
    if span is None:
        return "", one.finding.subject or ""
    file = repository.file(span.path) if repository else None
    lines = file.lines if file is not None else []
    line = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
    return span.path, " ".join(line.split())
