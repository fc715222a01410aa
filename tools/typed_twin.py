"""Writes the typed operations for sync, which are those for asyncio without waiting.

`python -m tools.typed_twin` writes the file, and a test says when that has been forgotten.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "forebay" / "client" / "typed"
SOURCE = FOLDER / "asyncio_actions.pyi"
TWIN = FOLDER / "sync_actions.pyi"

_WORDS = (
    ("async def ", "def "),
    ("for asyncio,", "for sync,"),
    ("AsyncIterator", "Iterator"),
)


def twin() -> str:
    """Return what the twin has to be."""
    text = SOURCE.read_text(encoding="utf-8")
    for word, other in _WORDS:
        text = text.replace(word, other)
    return _formatted(text)


def _formatted(text: str) -> str:
    """Lay a file out: without the words, lines are shorter."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TWIN), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    TWIN.write_text(twin(), encoding="utf-8")
    print(f"wrote {TWIN}")
