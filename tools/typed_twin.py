"""Writes the typed operations for sync, which are those for asyncio without waiting.

`python -m tools.typed_twin` writes the file, and a test says when that has been forgotten.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "forebay" / "client" / "typed"
SOURCE = FOLDER / "asyncio_actions.pyi"
TWIN = FOLDER / "sync_actions.pyi"


def twin() -> str:
    """Return what the twin has to be."""
    text = SOURCE.read_text(encoding="utf-8")
    waiting = {"async def ": "def ", "for asyncio,": "for sync,", "AsyncIterator": "Iterator"}
    for name, other in waiting.items():
        text = text.replace(name, other)
    return text


if __name__ == "__main__":
    TWIN.write_text(twin(), encoding="utf-8")
    print(f"wrote {TWIN}")
