"""Writes the typed operations for sync, which are those for asyncio without waiting.

`python -m tools.typed_twin` writes the file, and a test says when that has been forgotten.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "forebay" / "client" / "typed"
NAMES = ("actions", "client")

_WORDS = (
    ("async def ", "def "),
    ("for asyncio,", "for sync,"),
    ("for asyncio.", "for programs without asyncio."),
    ("AsyncClient", "SyncClient"),
    ("AsyncIterator", "Iterator"),
)


def twins() -> dict[Path, str]:
    """Return what each twin has to be."""
    found = {}
    for name in NAMES:
        text = (FOLDER / f"asyncio_{name}.pyi").read_text(encoding="utf-8")
        for word, other in _WORDS:
            text = text.replace(word, other)
        found[FOLDER / f"sync_{name}.pyi"] = text
    return found


if __name__ == "__main__":
    for path, text in twins().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
