"""What the rules would change: gathered, kept from overlapping, shown and written.

A finding's edits are made together or not at all; of two that meet, the first in the report wins
and the other waits for the next run.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from forebay.doctor.finding import Edit
from forebay.doctor.mask import masked
from forebay.doctor.repository.repository import Repository
from forebay.doctor.run import Report, Reported
from forebay.errors import ConfigurationError
from forebay.findings.text import printable


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
        if not edits or not all(_is_text(repository, edit.path) for edit in edits):
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
        if file is not None:
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
    """Write every changed file, or none: all are written beside their places, then put there.

    Raises:
        ConfigurationError: one cannot be written, has changed since it was read, or is a link
            that leads out of the folder. No file is changed then.
    """
    changes = _changes(fixes, root)
    staged: list[_Staged] = []
    try:
        for change in changes:
            with _named(change.path):
                staged.append(_stage(change))
        for one in staged:
            with _named(one.change.path):
                _check(one.change)
        for one in staged:
            with _named(one.change.path):
                one.new.replace(one.change.where)
                one.is_placed = True
    except BaseException:
        _take_back(staged)
        raise
    finally:
        for one in staged:
            for path in (one.new, one.old):
                with contextlib.suppress(OSError):
                    path.unlink()


@dataclass(frozen=True)
class _Change:
    path: str
    where: Path
    before: bytes
    after: bytes


@dataclass
class _Staged:
    """A change that waits beside its place: the new file, and another name of the old one."""

    change: _Change
    new: Path
    old: Path
    is_placed: bool = False


def _changes(fixes: Fixes, root: Path) -> list[_Change]:
    base = root.parent if root.is_file() else root
    found: dict[Path, _Change] = {}
    for path in sorted(fixes.texts):
        where = (base / path).resolve()
        if not where.is_relative_to(base.resolve()):
            raise ConfigurationError(
                f"{path} is a link to a file outside of {base}, which --fix leaves alone",
                hint="mend it where it belongs, or leave its rule out with --ignore",
            )
        change = _Change(path, where, fixes.before[path].encode(), fixes.texts[path].encode())
        known = found.setdefault(where, change)
        if known.after != change.after:
            raise ConfigurationError(
                f"{known.path} and {path} are one file, and would be changed in two ways",
                hint="mend one of them by hand, and run it again",
            )
        with _named(path):
            _check(change)
    return list(found.values())


def _check(change: _Change) -> None:
    if change.where.read_bytes() != change.before:
        raise ConfigurationError(
            f"{change.path} has changed while the doctor looked at it", hint="run it again"
        )
    if not os.access(change.where, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(change.where))


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Say which file it is that the system refuses."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}; no file was changed",
            hint="check its rights, and those of its folder",
        ) from None


def _stage(change: _Change) -> _Staged:
    about = change.where.stat()
    new = _written(change, change.after)
    try:
        new.chmod(about.st_mode & 0o7777)
        with contextlib.suppress(OSError):
            os.chown(new, about.st_uid, about.st_gid)
        old = new.with_name(new.name + ".old")
        try:
            os.link(change.where, old)
        except OSError:  # a file system without links
            shutil.copy2(change.where, old)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    return _Staged(change, new, old)


def _written(change: _Change, data: bytes) -> Path:
    prefix = f".{change.where.name[:100]}."
    descriptor, name = tempfile.mkstemp(dir=change.where.parent, prefix=prefix)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


def _take_back(staged: list[_Staged]) -> None:
    """Put every old file back to its place.

    Raises:
        ConfigurationError: one cannot be; it says where the old file is.
    """
    left: list[tuple[str, Path]] = []
    for one in reversed(staged):
        if one.is_placed:
            try:
                one.old.replace(one.change.where)
            except OSError:
                left.append((one.change.path, one.old))
                one.old = one.new  # kept, since it is all that there is of it
    if left:
        raise ConfigurationError(
            f"{', '.join(path for path, _ in left)} was changed and cannot be put back",
            hint=f"what it was before is {', '.join(str(old) for _, old in left)}",
        ) from None


def _is_text(repository: Repository, path: str) -> bool:
    """Whether a file can be written again as it was: it is UTF-8, with a mark or without."""
    file = repository.file(path)
    if file is None:
        return False
    try:
        file.data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _meets(one: Edit, other: Edit) -> bool:
    if one.start == one.end and other.start == other.end:
        return one.start == other.start and one.text == other.text
    return one.start < other.end and other.start < one.end


def _edited(text: str, edits: list[Edit]) -> str:
    # Of insertions at one place, the first in the report comes first.
    for _, edit in sorted(enumerate(edits), key=lambda one: (-one[1].start, -one[1].end, -one[0])):
        at, added = edit.start, edit.text
        # The blank line before a block is for the first of it.
        if edit.start == edit.end and any(
            other.start == other.end == at and other is not edit
            for other in edits[: edits.index(edit)]
        ):
            added = added.removeprefix("\r\n").removeprefix("\n")
        text = text[:at] + added + text[edit.end :]
    return text
