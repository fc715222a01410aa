"""Asks Prisma's WebAssembly, which runs in one Node process for as long as it is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.errors import BenchError
from bench.processes import find_tool, run

FOLDER = Path(__file__).parent / "node"
VERSIONS = ("6", "7")

# A file's name and its text.
Files = tuple[tuple[str, str], ...]


def install() -> None:
    """Install the pinned packages, unless they are there."""
    if (FOLDER / "node_modules" / "prisma-7").is_dir():
        return
    npm = find_tool("npm", "the reference comes from its registry")
    arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(FOLDER))
    run([str(npm), *arguments], awaited="npm ci")


class Wasm:
    """Both versions behind one pipe: a question is a line, and so is its answer."""

    def __init__(self) -> None:
        install()
        node = shutil.which("node")
        if node is None:
            raise BenchError("node is not there: the reference is WebAssembly that Node runs")
        self._process = subprocess.Popen(
            [node, "reference.cjs"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # A file may hold any line end; none of them is changed on the way.
            bufsize=-1,
        )

    def ask(self, version: str, files: Files, questions: Iterable[str]) -> dict[str, Any]:
        """Return an answer for each question: what it gave, ``{"refused"}`` or ``{"panic"}``."""
        question = {"version": version, "ask": list(questions), "files": files}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("the reference has ended without an answer")
        answers: dict[str, Any] = json.loads(line)
        return answers

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self.close()
