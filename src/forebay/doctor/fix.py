"""What the rules would change: gathered, kept from overlapping, shown and written.

A finding's edits are made together or not at all; of two that meet, the first in the report wins
and the other waits for the next run.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from forebay.doctor.finding import Edit, printable
from forebay.doctor.mask import masked
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import Report, Reported
from forebay.errors import ConfigurationError


@dataclass
class Fixes:
    """The files that would change, with their new text, and the findings that stay."""

    texts: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    mended: int = 0
    postponed: int = 0
    left: list[Reported] = field(default_factory=list)


def gather(report: Report, repository: Repository) -> Fixes:
    """Put the edits of a report together, file by file."""
    fixes = Fixes()
    taken: dict[str, list[Edit]] = {}
    for one in report.found:
        edits = one.finding.edits
        if not edits:
            fixes.left.append(one)
            continue
        if all(edit in taken.get(edit.path, ()) for edit in edits):
            fixes.mended += 1  # another finding mends the same place in the same way
            continue
        if any(_meets(edit, other) for edit in edits for other in taken.get(edit.path, ())):
            fixes.postponed += 1
            fixes.left.append(one)
            continue
        for edit in edits:
            taken.setdefault(edit.path, []).append(edit)
        fixes.mended += 1
    for path, chosen in taken.items():
        file = repository.file(path)
        if file is not None and "\ufffd" not in file.text:
            fixes.before[path] = file.text
            fixes.texts[path] = _edited(file.text, chosen)
    return fixes


def diff_of(fixes: Fixes) -> Iterator[str]:
    """Yield the lines of a unified diff, secrets masked."""
    for path in sorted(fixes.texts):
        yield from (
            "\t".join(printable(part) for part in masked(line.rstrip("\r\n")).split("\t"))
            for line in difflib.unified_diff(
                fixes.before[path].splitlines(keepends=True),
                fixes.texts[path].splitlines(keepends=True),
                f"a/{path}",
                f"b/{path}",
            )
        )


def write(fixes: Fixes, root: Path) -> None:
    """Write every changed file, each in one step: a file is the old one or the new one.

    Raises:
        ConfigurationError: one cannot be written, has changed since it was read, or is
                a link that leads out of the folder.
    """
    base = root.parent if root.is_file() else root
    for path in sorted(fixes.texts):
        where = (base / path).resolve()
        if not where.is_relative_to(base.resolve()):
            raise ConfigurationError(
                f"{path} is a link to a file outside of {base}, which --fix leaves alone",
                hint="mend it where it belongs, or leave its rule out with --exclude",
            )
        try:
            if where.read_bytes() != fixes.before[path].encode():
                raise ConfigurationError(
                    f"{path} has changed while the doctor looked at it", hint="run it again"
                )
            _replace(where, fixes.texts[path].encode())
        except OSError as error:
            raise ConfigurationError(
                f"{path} cannot be written: {error.strerror}", hint="check its rights"
            ) from None


def _replace(where: Path, data: bytes) -> None:
    mode = where.stat().st_mode & 0o7777
    descriptor, name = tempfile.mkstemp(dir=where.parent, prefix=f".{where.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(where)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _meets(one: Edit, other: Edit) -> bool:
    if one.start == one.end and other.start == other.end:
        return one.start == other.start and one.text == other.text
    return one.start < other.end and other.start < one.end


def _edited(text: str, edits: list[Edit]) -> str:
    # Of insertions at one place, the first in the report comes first.
    for _, edit in sorted(enumerate(edits), key=lambda one: (-one[1].start, -one[1].end, -one[0])):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
