"""Broken schemas of every kind for ten minutes: only errors about the schema, and no hang."""

from __future__ import annotations

import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import forebay.schema
from bench.prove.registry import Context, Finding, proof
from forebay.schema.check import check
from forebay.schema.dmmf.document import document
from forebay.schema.format import format_files
from tests.reference.cases import read_cases
from tests.reference.damage import KINDS
from tests.reference.generate import make_schema

# A schema of this size is checked in milliseconds: what takes so long never ends.
LIMIT_SECONDS = 10
TRACED_SHARE = 0.1

ROOM = Path(forebay.schema.__file__).parent


class Hang(BaseException):
    """Raised by the alarm; no handler of errors catches it."""


@dataclass
class Tally:
    """What was tried, and what came of it."""

    schemas: int = 0
    valid: int = 0
    errors: int = 0
    troubles: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def _noise(chance: random.Random, text: str) -> str:
    """Put characters of all planes, or a part of the text itself, anywhere."""
    place = chance.randrange(len(text) + 1)
    if chance.random() < 0.5:
        codes = [chance.choice((chance.randrange(1, 0x250), chance.randrange(0xE000, 0x11000)))]
        piece = "".join(chr(code) for code in codes * chance.choice((1, 1, 3, 200)))
    else:
        start = chance.randrange(len(text) + 1)
        piece = text[start : start + chance.choice((1, 10, 200))] * chance.choice((1, 2, 50))
    return text[:place] + piece + text[place + chance.choice((0, 0, 5)) :]


def broken(seed: int, texts: list[str]) -> str:
    """Make a schema and break it, lightly or beyond recognition."""
    chance = random.Random(seed)  # noqa: S311 (repeatable, no secret)
    text = chance.choice(texts) if chance.random() < 0.5 else make_schema(seed)
    for _ in range(chance.choice((1, 2, 5, 20, 60))):
        if not text:
            break
        text = _noise(chance, text) if chance.random() < 0.2 else chance.choice(KINDS)(chance, text)
    return text


def _try(text: str) -> int:
    """Do everything with a schema that Forebay can; return how many errors it has."""
    files = [("schema.prisma", text)]
    count = 0
    for prisma in (6, 7):
        checked = check(files, prisma)
        format_files(files, prisma)
        if not checked.errors:
            document(checked.schema, prisma)
        count += len(checked.errors)
    return count


def _alarm(_number: int, _frame: FrameType | None) -> None:
    raise Hang


def fuzz(seconds: float, first: int, tally: Tally, texts: list[str]) -> int:
    """Try schemas until the time is over, and return the next seed."""
    deadline = time.monotonic() + seconds
    seed = first
    while time.monotonic() < deadline:
        text = broken(seed, texts)
        signal.alarm(LIMIT_SECONDS)
        try:
            errors = _try(text)
        except Hang:
            tally.troubles.append(f"seed {seed}: longer than {LIMIT_SECONDS} s")
        except Exception as error:  # that any gets out is what is looked for
            tally.troubles.append(f"seed {seed}: {type(error).__name__}: {error}"[:200])
        else:
            tally.errors += errors
            tally.valid += not errors
        finally:
            signal.alarm(0)
        tally.schemas += 1
        seed += 1
    return seed


def _lines(code: CodeType) -> set[int]:
    found = {line for _, _, line in code.co_lines() if line is not None}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _lines(constant)
    return found


def _bodies(code: CodeType) -> set[int]:
    """Return the lines inside functions: those of modules and classes run when they are loaded."""
    found: set[int] = set()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            is_function = bool(constant.co_flags & 0x2)
            found |= _lines(constant) - {constant.co_firstlineno} if is_function else set()
            found |= _bodies(constant)
    return found


class Coverage:
    """Notes which lines of the room run."""

    def __init__(self) -> None:
        self.lines: dict[str, set[int]] = {}

    def trace(self, frame: FrameType, _event: str, _argument: object) -> Any:
        """Follow frames of the room only."""
        name = frame.f_code.co_filename
        if not name.startswith(str(ROOM)):
            return None
        seen = self.lines.setdefault(name, set())

        def line(inner: FrameType, event: str, _argument: object) -> Any:
            if event == "line":
                seen.add(inner.f_lineno)
            return line

        return line

    def share(self) -> tuple[int, int]:
        """Return how many lines of functions ran, and how many there are."""
        ran = all_ = 0
        for path in sorted(ROOM.rglob("*.py")):
            lines = _bodies(compile(path.read_text(encoding="utf-8"), str(path), "exec"))
            ran += len(lines & self.lines.get(str(path), set()))
            all_ += len(lines)
        return ran, all_


@proof("schema-fuzz", "broken schemas end in errors about the schema", minutes=10)
def schema_fuzz(context: Context) -> list[Finding]:
    """Break schemas for ten times the seconds that other attacks are given."""
    seconds = context.seconds * 10
    tally, coverage = Tally(), Coverage()
    texts = [text for case in read_cases() for _, text in case.files]
    before = signal.signal(signal.SIGALRM, _alarm)
    try:
        context.say(f"{seconds * TRACED_SHARE:.0f} s with coverage")
        sys.settrace(coverage.trace)
        try:
            seed = fuzz(seconds * TRACED_SHARE, 0, tally, texts)
        finally:
            sys.settrace(None)
        context.say(f"{seconds * (1 - TRACED_SHARE):.0f} s at full speed")
        fuzz(seconds * (1 - TRACED_SHARE), seed, tally, texts)
    finally:
        signal.signal(signal.SIGALRM, before)
    ran, all_ = coverage.share()
    first = f"; the first: {tally.troubles[0]}" if tally.troubles else ""
    return [
        Finding(
            f"{tally.schemas:,} broken schemas in {seconds:.0f} s ({tally.errors:,} errors,"
            f" {tally.valid:,} valid): crashes and hangs",
            "0",
            f"{len(tally.troubles)}{first}",
            not tally.troubles,
            {"troubles": tally.troubles[:50]},
        ),
        Finding(
            "lines of functions in the room that they ran",
            "reported",
            f"{ran:,} of {all_:,} ({ran / all_:.1%})",
            True,
        ),
    ]
