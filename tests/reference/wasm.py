"""Asks Prisma's WebAssembly what schemas are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.reference.node_process import NodeProcess

VERSIONS = ("6", "7")

# A file's name and its text.
Files = tuple[tuple[str, str], ...]


class Wasm(NodeProcess):
    """Both versions behind one pipe."""

    folder = Path(__file__).parent / "node"
    installed = "prisma-7"
    program = ("reference.cjs",)

    def ask(self, version: str, files: Files, questions: Iterable[str]) -> dict[str, Any]:
        """Return an answer for each question: what it gave, ``{"refused"}`` or ``{"panic"}``."""
        return self.put({"version": version, "ask": list(questions), "files": files})
