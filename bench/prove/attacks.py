"""What no client should send: bytes for the proof that a listener survives them.

Every attack is a list of pieces to write one after the other; a pause lies between pieces.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from bench.wire import (
    CANCEL_CODE,
    PROTOCOL_3_0,
    Endpoint,
    extended_messages,
    message,
    query_message,
    startup_message,
    terminate_message,
    text,
)

Chance = random.Random
Attack = Callable[[Endpoint, Chance], list[bytes]]

SSL_REQUEST = struct.pack("!II", 8, 80877103)
GSS_REQUEST = struct.pack("!II", 8, 80877104)
FRONTEND_KINDS = b"BCDEFHPQSXcdfp"
LENGTHS = (0, 1, 3, 4, 5, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x4000_0000, 65536)


def session(endpoint: Endpoint, chance: Chance) -> bytes:
    """Write down a proper session, to be spoilt."""
    parts = [startup_message(endpoint)]
    for _ in range(chance.randrange(1, 6)):
        sql = f"select {chance.randrange(1000)}"
        named = f"s{chance.randrange(4)}" if chance.random() < 0.5 else ""
        parts.append(chance.choice((query_message(sql), extended_messages(sql, named))))
    return b"".join([*parts, terminate_message()])


def mutate(data: bytes, chance: Chance) -> bytes:
    """Spoil a few places: bits, bytes, lengths, pieces taken out, repeated or exchanged."""
    spoilt = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(spoilt))
        match chance.randrange(5):
            case 0:
                spoilt[at] ^= 1 << chance.randrange(8)
            case 1:
                spoilt[at] = chance.randrange(256)
            case 2:
                spoilt[at : at + 4] = struct.pack("!I", chance.choice(LENGTHS))
            case 3:
                del spoilt[at : at + chance.randrange(1, 16)]
            case _:
                spoilt[at:at] = spoilt[at : at + chance.randrange(1, 64)]
        if not spoilt:
            return b"\0"
    return bytes(spoilt)


def random_bytes(_endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """Noise from the first byte on."""
    return [chance.randbytes(chance.randrange(1, 4096))]


def random_after_login(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """Noise from a client that has logged in."""
    return [startup_message(endpoint), chance.randbytes(chance.randrange(1, 4096))]


def mutated_session(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """A session with a few places spoilt, its startup included."""
    return [mutate(session(endpoint, chance), chance)]


def mutated_after_login(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """A session spoilt only after its startup, so that the damage reaches the pool."""
    startup = startup_message(endpoint)
    return [startup, mutate(session(endpoint, chance)[len(startup) :], chance)]


def truncated(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """A session that ends anywhere."""
    whole = session(endpoint, chance)
    return [whole[: chance.randrange(1, len(whole))]]


def absurd_lengths(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """A message that claims to be enormous, or smaller than its own length field."""
    length = struct.pack("!I", chance.choice(LENGTHS))
    if chance.random() < 0.4:
        return [length + chance.randbytes(64)]
    kind = bytes([chance.choice(FRONTEND_KINDS)])
    return [startup_message(endpoint), kind + length + chance.randbytes(64)]


def slow_drip(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """A session byte by byte."""
    whole = session(endpoint, chance)
    return [whole[n : n + 1] for n in range(min(len(whole), 120))]


def encryption_over_and_over(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """Ask for encryption again and again, then start in the clear or with noise."""
    asks = [chance.choice((SSL_REQUEST, GSS_REQUEST)) for _ in range(chance.randrange(1, 20))]
    return [*asks, chance.choice((startup_message(endpoint), chance.randbytes(200)))]


def odd_cancels(_endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """Cancel requests with keys of every length and a session nobody has."""
    key = chance.randbytes(chance.choice((0, 1, 4, 8, 12, 36, 260, 4000)))
    stated = chance.choice((8 + len(key), 8, 12, 16, 0xFFFF))
    return [struct.pack("!II", stated, CANCEL_CODE) + key]


def odd_startups(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """Startups with unknown versions, missing ends, thousands of parameters, no user."""
    versions = (PROTOCOL_3_0, PROTOCOL_3_0 + 2, PROTOCOL_3_0 + 9999, 2 << 16, 4 << 16, 0)
    body = struct.pack("!I", chance.choice(versions))
    for n in range(chance.choice((0, 1, 5, 400))):
        body += text(f"name{n}" * chance.randrange(1, 4)) + text("v" * chance.randrange(50))
    if chance.random() < 0.5:
        body += text("user") + text(endpoint.user * chance.choice((1, 1, 2000)))
    if chance.random() < 0.7:
        body += b"\0"
    return [struct.pack("!I", len(body) + 4) + body]


def extended_without_sense(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """Extended messages in no order, with counts that do not match, and perhaps no Sync."""
    parts = []
    for _ in range(chance.randrange(1, 60)):
        kind = bytes([chance.choice(FRONTEND_KINDS)])
        body = chance.choice(
            (
                b"",
                text("s1") + text("select 1") + struct.pack("!H", 0),
                text("") + text("s1") + struct.pack("!HHH", 0, 0xFFFF, 0),
                text("nobody") + struct.pack("!I", 0xFFFF_FFFF),
                b"S" + text("s1"),
                chance.randbytes(chance.randrange(40)),
            )
        )
        parts.append(message(kind, body))
    if chance.random() < 0.5:
        parts.append(message(b"S", b""))
    return [startup_message(endpoint), b"".join(parts)]


def left_in_the_middle(endpoint: Endpoint, chance: Chance) -> list[bytes]:
    """A transaction or a COPY that its client walks away from."""
    opened = chance.choice(("begin; select 1", "copy (select 1) to stdout", "begin", "select"))
    return [startup_message(endpoint), query_message(opened)]


ATTACKS: tuple[Attack, ...] = (
    random_bytes,
    random_after_login,
    mutated_session,
    mutated_after_login,
    truncated,
    absurd_lengths,
    slow_drip,
    encryption_over_and_over,
    odd_cancels,
    odd_startups,
    extended_without_sense,
    left_in_the_middle,
)
