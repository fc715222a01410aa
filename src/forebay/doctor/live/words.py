"""Ages, sizes and names in words."""

from __future__ import annotations

from collections.abc import Sequence

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SHOWN = 5


def age(seconds: float | None) -> str:
    """Write a duration by its two largest units; what nobody shows is said to be unknown."""
    if seconds is None:
        return "an unknown time"
    left, parts = max(0, round(seconds)), []
    for length, unit in _UNITS:
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "less than 1 s"


def size(count: float) -> str:
    """Write a number of bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TB"


def counted(number: int, what: str, many: str | None = None) -> str:
    """Write a number with its noun."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def listed(items: Sequence[object]) -> str:
    """Name the first few, and how many more there are."""
    shown = ", ".join(map(str, items[:_SHOWN]))
    more = len(items) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def program(row: dict[str, object]) -> str:
    """Name who is behind a process: its role, and what it calls itself."""
    name = row.get("application_name")
    role = row.get("role") or "an unknown role"
    return f'role {role}, application "{name}"' if name else f"role {role}, no application name"
