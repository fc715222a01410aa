"""Points in time in RFC 3339, and what a strict reader says of one that is none."""

from datetime import datetime


def time_problem(text: str) -> str | None:
    """Return what is wrong with an RFC 3339 text."""
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        return str(error)
    return None
