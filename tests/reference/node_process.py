"""A reference that Node runs in one process: a question is a line, and so is its answer."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from bench.errors import BenchError
from bench.processes import find_tool, run


class NodeProcess:
    """The process, which runs for as long as it is needed."""

    # Where its pinned packages are, the one that is there once they are installed, and what runs.
    folder: ClassVar[Path]
    installed: ClassVar[str]
    program: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        self.install()
        node = shutil.which("node")
        if node is None:
            raise BenchError("node is not there: the reference is WebAssembly that Node runs")
        self._process = subprocess.Popen(
            [node, *self.program],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @classmethod
    def install(cls) -> None:
        """Install the pinned packages, unless they are there."""
        if (cls.folder / "node_modules" / cls.installed).is_dir():
            return
        npm = find_tool("npm", "the reference comes from its registry")
        arguments = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix")
        run([str(npm), *arguments, str(cls.folder)], awaited="npm ci")

    def put(self, question: object) -> dict[str, Any]:
        """Put one question, and return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("the reference has ended without an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=120)

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
