"""Names the differences that are meant: where Prisma's answer is a fault of its own.

Each has its reason here; whatever is not listed is ours to mend.
"""

from __future__ import annotations

RESTRICT = (
    "PostgreSQL 18 says 23001 where 17 said 23503, which Prisma 6 does not know: ours is P2003"
)


def excuse(corpus: str, case: str, kind: str, place: str) -> str | None:
    """Return the reason why this difference is meant, or None."""
    if kind == "codes [None] became ['P2003']" and "delete" in case:
        return RESTRICT
    return None
