"""SARIF 2.1.0, as code-scanning services take it: what is alike in every log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from forebay import __version__
from forebay.findings.severity import Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def log(
    tool: str,
    rules: Sequence[dict[str, Any]],
    results: Sequence[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    """Return a log of one run; columns count characters. ``more`` is of the run."""
    driver = {
        "name": tool,
        "version": __version__,
        "semanticVersion": __version__,
        "rules": list(rules),
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        **more,
        "results": list(results),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def rule(
    code: str, name: str, severity: Severity, what: str, why: str, fix: str, page: str
) -> dict[str, Any]:
    """Return a rule; ``page`` is its page in Markdown."""
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": what},
        "fullDescription": {"text": why},
        "help": {"text": fix, "markdown": page},
        "defaultConfiguration": {"level": severity.label},
        "properties": {"tags": ["database", "postgresql"]},
    }


def result(code: str, index: int, severity: Severity, text: str) -> dict[str, Any]:
    """Return a result without a place; ``index`` is that of its rule."""
    return {
        "ruleId": code,
        "ruleIndex": index,
        "level": severity.label,
        "message": {"text": text},
    }


def artifact(path: str) -> dict[str, str]:
    """Return a file by its path below the root of the checkout."""
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}


def place(path: str, region: dict[str, Any]) -> dict[str, Any]:
    """Return a region of a file."""
    return {"artifactLocation": artifact(path), "region": region}
