"""Names the differences that are meant: where Prisma's answer is a fault of its own.

Each has its reason here; whatever is not listed is ours to mend.
"""

from __future__ import annotations

from tests.reference.engine.build import Json

RESTRICT = (
    "PostgreSQL 18 says 23001 where 17 said 23503, which Prisma 6 does not know: ours is P2003"
)


TRAP = "Prisma's engine traps; ours refuses the request"
JSON_READER = "JSON that cannot be read is described in the words of each side's own reader"
MONEY = "Prisma cannot read money below zero or with a separator of thousands"
REAL = "Prisma keeps 7 digits of a real, of small ones fewer"
LIST_REFERENCE = "Prisma refuses to compare a list with a list of the same type"


def excuse(corpus: str, case: str, kind: str, place: str) -> str | None:
    """Return the reason why this difference is meant, or None."""
    if kind == "codes [None] became ['P2003']" and "delete" in case:
        return RESTRICT
    if '"unreachable"' in place and ".panic" in place:
        return TRAP
    if case == "invalid raw parameters" and kind == "message of P2009":
        return JSON_READER
    if corpus == "types" and "parsing $" in place and kind == "codes ['P2023'] became []":
        return MONEY
    if case == "write real 3" and kind == "data":
        return REAL
    if case == "user field list equals":
        return LIST_REFERENCE
    return None


def excuse_random(kind: str, place: str, body: Json) -> str | None:
    """Return the reason why a made-up request is answered differently on purpose, or None."""
    if kind == "codes [None] became ['P2003']":
        return RESTRICT
    return None
