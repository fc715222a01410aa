"""Source lines as they may be shown: without what looks like a secret.

Every report and every diff that repeats a line of a repository goes through here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MASK = "***"
_SECRETS = (
    # The password of a URL: up to the last @ before the host.
    re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@\"'`]*:(?P<secret>[^\s/\"'`]+)@"),
    re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@\"'`]*:(?P<secret>[^\s\"'`]+)@(?=[\w.\[-]+[:/?])"),
    # A parameter of a URL or a connection string.
    re.compile(r"(?i)\b(?:api_?key|password|passwd|pwd|sslpassword|token)=(?P<secret>[^\s&;\"'`,)]+)"),
    # A value given to a name that says it is secret.
    re.compile(
        r"(?i)[\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|apikey|private[_-]?key"
        r"|access[_-]?key|credential)[\w-]*[\"']?\]?\s*(?::\s*str\s*)?[:=]\s*"
        r"(?:\"(?P<double>[^\"\n]+)\"|'(?P<single>[^'\n]+)'|`(?P<tick>[^`\n$]+)`"
        r"|(?P<bare>(?=[^\s\"'`]*[0-9])[^\s\"'`,;(){}\[\]<>$.]{6,}))"
    ),
    # In .env and Docker files a bare value is the secret, whatever it is made of.
    re.compile(
        r"^\s*(?:export\s+|ENV\s+|ARG\s+|-\s+)?[A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY"
        r"|PRIVATE_KEY|ACCESS_KEY|CREDENTIALS?)[A-Z0-9_]*\s*[=:]\s*(?P<secret>[^\s\"'`$][^\s]*)"
    ),
    # Tokens that are known by how they begin.
    re.compile(
        r"\b(?P<secret>(?:sk|pk|rk)_(?:live|test)_\w{8,}|gh[pousr]_\w{20,}|github_pat_\w{20,}"
        r"|npg_\w{8,}|AVNS_[\w-]{8,}|AKIA[0-9A-Z]{12,}|sbp_\w{16,}|xox[abpr]-[\w-]{10,}"
        r"|eyJ[\w-]{8,}(?:\.[\w-]+){0,2})"
    ),
)  # fmt: skip

# What a line must hold, in small letters, for one of them to find anything: most hold none of it.
_NAMES = ("key", "pass", "pwd", "secret", "token", "credential")
_TOKENS = ("_live_", "_test_", "gh", "github_pat_", "npg_", "avns_", "akia", "sbp_", "xox", "eyj")
_SIGNS = (("://",), ("://",), _NAMES, _NAMES, _NAMES, _TOKENS)


def masked(line: str) -> str:
    """Return a line with every secret in it replaced by `***`."""
    return mask(line)[0]


def mask(line: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the line without its secrets, and where they stood in the original, in order."""
    if len(line) > 4000:  # no person's line, and not worth the time
        line = line[:4000]
    places = _merged(sorted(_found(line)))
    written, last = "", 0
    for start, end in places:
        written += line[last:start] + MASK
        last = end
    return written + line[last:], places


def column_in(column: int, places: list[tuple[int, int]]) -> int:
    """Return where a column (from 0) of the original stands in the masked line."""
    moved = column
    for start, end in places:
        if column >= end:
            moved += len(MASK) - (end - start)
        elif column > start:
            return moved - (column - start)
    return moved


def _found(line: str) -> Iterator[tuple[int, int]]:
    small = line.lower()
    for signs, pattern in zip(_SIGNS, _SECRETS, strict=True):
        if not any(sign in small for sign in signs):
            continue
        for match in pattern.finditer(line):
            for group in match.groupdict():
                if match[group] and match[group] != MASK and not _is_reference(match[group]):
                    yield match.span(group)


def _is_reference(text: str) -> bool:
    return text.startswith(("${", "$(", "{{", "process.env", "os.environ", "import.meta"))


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in places:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
