"""Writes the typed operations for sync, which are those for asyncio without waiting.

`python -m tools.typed_twin` writes the file, and a test says when that has been forgotten.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "forebay" / "client" / "typed"
NAMES = ("actions", "client")

_WORDS = (
    ("async def ", "def "),
    ("for asyncio,", "for sync,"),
    ("for asyncio.", "for programs without asyncio."),
    ("AsyncClient", "SyncClient"),
)


def twins() -> dict[Path, str]:
    """Return what each twin has to be."""
    found = {}
    for name in NAMES:
        text = (FOLDER / f"asyncio_{name}.pyi").read_text(encoding="utf-8")
        for word, other in _WORDS:
            text = text.replace(word, other)
        path = FOLDER / f"sync_{name}.pyi"
        found[path] = _formatted(text, path)
    return found


def _formatted(text: str, path: Path) -> str:
    """Lay a file out: without the words, lines are shorter."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(path), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    for path, text in twins().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
