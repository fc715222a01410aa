"""The findings that a project lives with: written once, and silent until they are gone.

A baseline holds fingerprints, and beside them words for whoever reads the file.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from forebay.doctor.fingerprint import fingerprints
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import Report
from forebay.errors import ConfigurationError

DEFAULT_NAME = "doctor-baseline.json"
_VERSION = 1


def write_baseline(path: Path, report: Report, repository: Repository | None) -> int:
    """Write what is found down, and return how much it is.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    entries = [
        {
            "code": one.rule.code,
            "path": one.finding.span.path if one.finding.span else one.finding.subject,
            "message": one.finding.message,
            "fingerprint": fingerprint,
        }
        for one, fingerprint in zip(report.found, fingerprints(report, repository), strict=True)
    ]
    body = json.dumps({"version": _VERSION, "findings": entries}, indent=1, ensure_ascii=False)
    try:
        path.write_text(body + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the baseline {path} cannot be written: {error.strerror}",
            hint="name another file with --baseline",
        ) from None
    return len(entries)


def apply_baseline(path: Path, report: Report, repository: Repository | None) -> None:
    """Take what the baseline holds out of a report, and count it there.

    Raises:
        ConfigurationError: there is no such file, or it is no baseline.
    """
    known = Counter(_read(path))
    kept = []
    for one, fingerprint in zip(report.found, fingerprints(report, repository), strict=True):
        if known[fingerprint] > 0:
            known[fingerprint] -= 1
            report.known += 1
        else:
            kept.append(one)
    report.found = kept
    report.stale = known.total()


def _read(path: Path) -> list[str]:
    again = "forebay doctor --write-baseline --baseline FILE writes one"
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"the baseline {path} cannot be read: {error.strerror}", hint=again
        ) from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"the baseline {path} is not JSON", hint=again) from None
    try:
        if body["version"] != _VERSION:
            raise ConfigurationError(
                f"the baseline {path} has version {body['version']}, and {_VERSION} is read here",
                hint=again,
            )
        return [str(one["fingerprint"]) for one in body["findings"]]
    except (TypeError, KeyError):
        raise ConfigurationError(f"{path} is no baseline of the doctor's", hint=again) from None
