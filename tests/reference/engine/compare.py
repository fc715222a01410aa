"""Decides whether two answers are the same, and names how they differ when they are not.

What an engine makes up (identifiers, the present time) is put aside first. The seeds keep to values
that look otherwise: years before this one, UUIDs that begin with eight zeros.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

_EXACT = 2**53
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([147])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_CUID = re.compile(r"c[0-9a-z]{24}")
_CUID2 = re.compile(r"(?=[a-z0-9]*[0-9])[a-z][0-9a-z]{23}")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_NANOID = re.compile(r"[A-Za-z0-9_-]{21}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d(:\d\d)?)?")


def _is_now(text: str) -> bool:
    found = _TIME.fullmatch(text)
    if found is None or not found[1].startswith("20"):
        return False
    try:
        moment = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    except ValueError:
        return False
    return abs(datetime.now(UTC) - moment) < timedelta(days=1)


def _word(text: str) -> str:
    if _is_now(text):
        return "<now>"
    if (found := _UUID.fullmatch(text)) and not text.startswith("00000000"):
        return f"<uuid {found[1]}>"
    if _CUID.fullmatch(text) and not text.startswith("c00000"):
        return "<cuid>"
    if _ULID.fullmatch(text) and not text.startswith("000000"):
        return "<ulid>"
    if _CUID2.fullmatch(text):
        return "<cuid2>"
    if _NANOID.fullmatch(text):
        return "<nanoid>"
    return text


def _is_short(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{8}", value) is not None


def settled(value: Any) -> Any:
    """Replace what was made up by its kind."""
    if isinstance(value, dict):
        return {
            key: "<short>" if key == "short" and _is_short(part) else settled(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [settled(part) for part in value]
    if isinstance(value, float) or (type(value) is int and abs(value) > _EXACT):
        # Prisma's have come through a decimal of 16 digits, and through JavaScript.
        return float(f"{value:.14g}")
    return _word(value) if isinstance(value, str) else value


def errors(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the facts of an answer's errors, those of a batch's parts included."""
    found = [error.get("user_facing_error", error) for error in answer.get("errors", [])]
    for part in answer.get("batchResult", []):
        found += errors(part)
    return found


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unordered(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted((_unordered(part) for part in value), key=lambda part: json.dumps(part))
    return value


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """Name the class of the difference between two settled answers, or None if there is none."""
    if ours == theirs:
        return None
    our_codes = [error.get("error_code") for error in errors(ours)]
    their_codes = [error.get("error_code") for error in errors(theirs)]
    if our_codes != their_codes:
        return f"codes {their_codes} became {our_codes}"
    if our_codes:
        mine, other = errors(ours), errors(theirs)
        for part in ("message", "meta", "batch_request_idx"):
            if [e.get(part) for e in mine] != [e.get(part) for e in other]:
                return f"{part} of {their_codes[0]}"
        return "text of error" if _unordered(ours) != _unordered(theirs) else "order"
    return "order" if _unordered(ours) == _unordered(theirs) else "data"


def first_place(ours: Any, theirs: Any, path: str = "") -> str:
    """Say where two values part first."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in [*theirs, *ours]:
            if key not in ours or key not in theirs or ours[key] != theirs[key]:
                return first_place(
                    ours.get(key, "(absent)"), theirs.get(key, "(absent)"), f"{path}.{key}"
                )
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            if mine != other:
                return first_place(mine, other, f"{path}[{number}]")
    return f"{path}: theirs {json.dumps(theirs)[:300]}, ours {json.dumps(ours)[:300]}"
