"""How far a look has come: on a terminal only, and gone when it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console

Progress = Callable[[str, int, int], None]


@contextmanager
def progress_on(stream: TextIO) -> Iterator[Progress | None]:
    """Yield a function that shows which rule is at work, or None where nobody would see it."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    console = Console(file=stream, highlight=False)
    with console.status("reading the repository") as status:

        def show(name: str, done: int, total: int) -> None:
            status.update(f"{name} ({done + 1} of {total})")

        yield show
