"""How PostgreSQL's types become Python's: by psycopg's loaders, but for a few types.

Timestamps are in UTC and say so, whether their column has a time zone or not; UUIDs, addresses and
intervals are texts (an interval's months would be lost otherwise).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.pq import Format

# The numbers of types.
_TEXT, _TIMESTAMP, _TIMESTAMPTZ, _UUID = 25, 1114, 1184, 2950
_AS_TEXT = (869, 650, 1186)


class _UuidLoader(Loader):
    """Reads sixteen bytes as the text of a UUID."""

    format = Format.BINARY

    def load(self, data: Buffer) -> str:
        text = bytes(data).hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class _TimestampLoader(Loader):
    """Reads a timestamp without a time zone, which is in UTC."""

    format = Format.TEXT

    def load(self, data: Buffer) -> datetime:
        text = bytes(data).decode()
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:
            raise psycopg.DataError(f"timestamp out of Python's range: {text!r}") from None


class _Context:
    """What psycopg asks for loaders; there is no connection: they read UTF-8 and UTC."""

    connection = None

    def __init__(self, adapters: AdaptersMap) -> None:
        self.adapters = adapters


@cache
def _context() -> _Context:
    adapters = AdaptersMap(psycopg.adapters)
    text = adapters.get_loader(_TEXT, Format.TEXT)
    moment = adapters.get_loader(_TIMESTAMPTZ, Format.BINARY)
    if text is None or moment is None:
        raise RuntimeError("psycopg has no loaders for text and timestamptz")
    # The two timestamps are the same on the wire.
    adapters.register_loader(_TIMESTAMP, moment)
    adapters.register_loader(_TIMESTAMP, _TimestampLoader)
    adapters.register_loader(_UUID, _UuidLoader)
    for oid in (_UUID, *_AS_TEXT):
        adapters.register_loader(oid, text)
    return _Context(adapters)


def transformer() -> Any:
    """Return what reads rows: it keeps the loaders of one statement's columns."""
    return Transformer(_context())
