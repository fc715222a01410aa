"""Names the differences that are meant: where Prisma's answer is a fault of its own.

Each has its reason here; whatever is not listed is ours to mend.
"""

from __future__ import annotations

import json

from tests.reference.engine.build import Json

RESTRICT = (
    "PostgreSQL 18 says 23001 where 17 said 23503, which Prisma 6 does not know: ours is P2003"
)


TRAP = "Prisma's engine traps; ours refuses the request"
JSON_READER = "JSON that cannot be read is described in the words of each side's own reader"
MONEY = "Prisma cannot read money below zero or with a separator of thousands"
CONCURRENT = "Prisma carries a batch without a transaction out at once, in an order of chance"
DISCONNECT = "Prisma disconnects a record that this side holds the key of, even where told not to"
UNORDERED = "nothing orders these records"
NOT_A_NUMBER = "Prisma cannot read a numeric that is no number"
LARGE_JSON = "Prisma reads numbers in JSON as 64 bits of floating point"
UNREADABLE = "what cannot be read is described in the words of each side's own reader"
REAL = "Prisma keeps 7 digits of a real, of small ones fewer"
LIST_REFERENCE = "Prisma refuses to compare a list with a list of the same type"


_BY_CASE = {
    ("filters", "user field list equals"): LIST_REFERENCE,
    ("types", "write real 3"): REAL,
    ("writes", "batch not atomic"): CONCURRENT,
    ("shop", "update customer away false"): DISCONNECT,
    ("shop", "update customer away if"): DISCONNECT,
}


def excuse(corpus: str, case: str, kind: str, place: str) -> str | None:
    """Return the reason why this difference is meant, or None."""
    known = _BY_CASE.get((corpus, case))
    if known is not None:
        return known
    if kind == "codes [None] became ['P2003']" and "delete" in case:
        return RESTRICT
    if corpus == "captures" and kind == "order":
        return UNORDERED
    if '"unreachable"' in place and ".panic" in place:
        return TRAP
    if kind == "message of P2023" and case.startswith("left "):
        return UNREADABLE
    if case.startswith("left dec 'NaN'"):
        return NOT_A_NUMBER
    if case.startswith("left jsonb '1234"):
        return LARGE_JSON
    if case == "invalid raw parameters" and kind == "message of P2009":
        return JSON_READER
    if (
        corpus == "types"
        and ("parsing $" in place or "left money" in case)
        and kind == "codes ['P2023'] became []"
    ):
        return MONEY
    return None


EMPTY_UPDATE = "Prisma writes an UPDATE that sets nothing, which PostgreSQL cannot read"
NESTED_CURSOR = "Prisma looks for a cursor inside a relation by value where there is one parent"


EMPTY_UPDATE = "Prisma writes an UPDATE that sets nothing, which PostgreSQL cannot read"
NESTED_CURSOR = "Prisma looks for a cursor inside a relation by value where there is one parent"


WORDS = "the code is the same; of several records that are absent each side names one"
ALREADY = "Prisma refuses to connect or create a single record that is connected already"


def excuse_random(kind: str, place: str, body: Json) -> str | None:
    """Return the reason why a made-up request is answered differently on purpose, or None."""
    if kind in ("data", "rows") and _disconnects(body["query"]["arguments"]):
        return DISCONNECT
    if kind == "codes [None] became ['P2003']":
        return RESTRICT
    if kind == "codes [None] became []" and body["action"] == "updateManyAndReturn":
        return None if body["query"]["arguments"]["data"] else EMPTY_UPDATE
    if kind == "message of P2025":
        return WORDS
    if kind == "order" and (body["action"].endswith("AndReturn") or "<uuid" in place):
        return UNORDERED
    if kind == "codes ['P2014'] became []" and "connectOrCreate" in json.dumps(body):
        return ALREADY
    if kind == "data" and '"cursor"' in json.dumps(body["query"]["selection"]):
        return NESTED_CURSOR
    return None


def _disconnects(value: object) -> bool:
    """Say whether a record is to be disconnected only on a condition."""
    if isinstance(value, dict):
        on = value.get("disconnect")
        if on is False or (isinstance(on, dict) and on):
            return True
        return any(_disconnects(part) for part in value.values())
    return isinstance(value, list) and any(_disconnects(part) for part in value)
