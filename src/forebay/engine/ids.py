"""Identifiers that the engine makes: cuid, uuid, ulid, nanoid."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
import uuid
from collections.abc import Callable
from itertools import count

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_LETTERS = _BASE36[10:]
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NANOID = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
_counter = count(secrets.randbelow(36**4))


def _base36(number: int, width: int = 0) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits.rjust(width, "0")[-width:] if width else digits or "0"


def cuid() -> str:
    """Make a cuid of the first version: time, a counter, the process and chance."""
    moment = _base36(int(time.time() * 1000), 8)
    process = _base36(os.getpid(), 2) + _base36(secrets.randbelow(36**2), 2)
    return f"c{moment}{_base36(next(_counter) % 36**4, 4)}{process}{_chance(8)}"


def _chance(length: int) -> str:
    return "".join(secrets.choice(_BASE36) for _ in range(length))


def cuid2() -> str:
    """Make a cuid of the second version: a letter and 23 digits of a hash."""
    entropy = f"{time.time_ns()}{secrets.token_hex(24)}{next(_counter)}{os.getpid()}"
    digest = int.from_bytes(hashlib.sha3_512(entropy.encode()).digest(), "big")
    return secrets.choice(_LETTERS) + _base36(digest)[1:24]


def uuid4() -> str:
    """Make a random UUID."""
    return str(uuid.uuid4())


def uuid7() -> str:
    """Make a UUID that begins with the time."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))


def ulid() -> str:
    """Make a ULID: 48 bits of time and 80 of chance."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def nanoid(length: int = 21) -> str:
    """Make a nanoid."""
    return "".join(secrets.choice(_NANOID) for _ in range(length))


def generator(name: str, arguments: list[object]) -> Callable[[], str] | None:
    """Return what makes the values of a default function; None where the database does."""
    first = arguments[0] if arguments else None
    if name == "cuid":
        return cuid2 if first == 2 else cuid
    if name == "uuid":
        return uuid7 if first == 7 else uuid4
    if name == "ulid":
        return ulid
    if name == "nanoid":
        length = first if isinstance(first, int) else 21
        return lambda: nanoid(length)
    return None
