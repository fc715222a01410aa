"""Asks Prisma's schema engine, which runs in one Node process for as long as it is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
from types import TracebackType
from typing import Any, Self

from bench.errors import BenchError
from tests.peers.matrix.drivers import NODE

Files = tuple[tuple[str, str], ...]

_NO_FILTERS = {"externalTables": [], "externalEnums": []}


class SchemaEngine:
    """Prisma's engine behind a pipe; ``url`` is a database it may look at (it always looks)."""

    def __init__(self, url: str) -> None:
        node = shutil.which("node")
        if node is None:
            raise BenchError("node is not there: the reference is WebAssembly that Node runs")
        self.url = url
        self._process = subprocess.Popen(
            [node, "schema-engine.js"],
            cwd=NODE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def ask(self, method: str, params: Any, files: Files = (), url: str | None = None) -> Any:
        """Return ``{"result"}`` or ``{"error"}``."""
        question = {"url": url or self.url, "schema": files, "method": method, "params": params}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("the reference has ended without an answer")
        return json.loads(line)

    def diff(
        self,
        before: dict[str, Any],
        after: dict[str, Any],
        files: Files = (),
        *,
        script: bool = True,
        url: str | None = None,
    ) -> Any:
        """Return what it takes from one to the other: as SQL, or as a summary."""
        params = {
            "from": before,
            "to": after,
            "script": script,
            "exitCode": None,
            "shadowDatabaseUrl": None,
            "filters": _NO_FILTERS,
        }
        answer = self.ask("diff", params, files, url)
        return answer["result"]["stdout"] if "result" in answer else answer

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


EMPTY: dict[str, Any] = {"tag": "empty"}


def datamodel(files: Files) -> dict[str, Any]:
    """Name schemas as one side of a diff."""
    return {
        "tag": "schemaDatamodel",
        "files": [{"path": path, "content": text} for path, text in files],
    }
