"""Reads the project's pages: marked examples, tables, links, and everything that is committed.

An example is marked by a comment before its fence: `<!-- tested: session -->` for commands with
what they print, `<!-- tested: file NAME -->` for a file that later commands use.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"<!-- tested: (.+?) -->\n+```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`+([^`]+)`+")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One marked example."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """One command of an example, and what the page says it prints."""

    line: str
    output: str


def blocks(page: Path) -> list[Block]:
    """Return the marked examples of a page, in order."""
    found = []
    for mark, text in _BLOCK.findall(page.read_text()):
        kind, _, name = mark.partition(" ")
        found.append(Block(kind, name, text))
    return found


def commands(text: str) -> list[Command]:
    """Split a session into its commands; those that go on after a backslash are one."""
    found: list[Command] = []
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        count = 1
        while lines[count - 1].endswith("\\"):
            count += 1
        found.append(Command("\n".join(lines[:count]), "\n".join(lines[count:])))
    return found


def rows(page: Path, heading: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the table below a heading, without its head."""
    _, _, below = page.read_text().partition(f"\n{heading}\n")
    assert below, f"{page.name} has no heading {heading!r}"
    is_head = True
    for line in below.splitlines():
        if line.startswith("#"):
            return
        if not line.startswith("|"):
            continue
        if re.fullmatch(r"[|\s:-]+", line):
            is_head = False
        elif not is_head:
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def code(cell: str) -> list[str]:
    """Return what stands in backquotes."""
    return _CODE.findall(cell.replace(r"\|", "|"))


def links(page: Path) -> list[str]:
    """Return where the links of a page lead, those in examples left out."""
    return _LINK.findall(_FENCE.sub("", page.read_text()))


def anchors(page: Path) -> set[str]:
    """Return the names that links to the headings of a page use."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def committed() -> list[Path]:
    """Return every file that is, or is about to be, committed."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    names = listing.stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def pages() -> list[Path]:
    """Return every committed page."""
    return [path for path in committed() if path.suffix == ".md"]
