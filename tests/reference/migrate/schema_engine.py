"""Asks Prisma's schema engine, which runs in one Node process for as long as it is needed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from bench.errors import BenchError
from tests.peers.matrix.drivers import NODE

Files = tuple[tuple[str, str], ...]

_NO_FILTERS: dict[str, list[str]] = {"externalTables": [], "externalEnums": []}


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

    def ask(
        self,
        method: str,
        params: Any,
        files: Files = (),
        url: str | None = None,
        first: Sequence[tuple[str, Any]] = (),
    ) -> Any:
        """Return ``{"result"}`` or ``{"error"}``; ``first`` are other questions, asked before."""
        question = {
            "url": url or self.url,
            "schema": files,
            "method": method,
            "params": params,
            "first": first,
        }
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

    def create_migration(
        self, scripts: Mapping[str, str], files: Files, url: str, *, is_draft: bool = False
    ) -> Any:
        """Return the migration that takes what some scripts make to a schema, with its warnings.

        What the database at ``url`` holds is lost. An instance keeps what migrations come to: a
        diagnosis of them, once they are applied, saves it from making a shadow database, which it
        cannot through an adapter.
        """
        listed = migrations(scripts)
        look = {"migrationsList": listed, "optInToShadowDatabase": True, "filters": _NO_FILTERS}
        params = {
            "migrationName": "next",
            "migrationsList": listed,
            "draft": is_draft,
            "schema": {"files": datamodel(files)["files"]},
            "filters": _NO_FILTERS,
        }
        first = (
            ("reset", {"filter": _NO_FILTERS}),
            ("applyMigrations", {"migrationsList": listed, "filters": _NO_FILTERS}),
            ("diagnoseMigrationHistory", look),
        )
        answer = self.ask("createMigration", params, files, url, first)
        return answer["result"]["migrationScript"] if "result" in answer else answer

    def introspect(
        self,
        files: Files,
        url: str | None = None,
        *,
        is_fresh: bool = False,
        schemas: Sequence[str] | None = None,
    ) -> Any:
        """Return the schema that a database asks for: files and warnings; or the error."""
        params = {
            "schema": {"files": datamodel(files)["files"]},
            "baseDirectoryPath": "",
            "force": is_fresh,
            "compositeTypeDepth": -1,
            "namespaces": schemas,
        }
        answer = self.ask("introspect", params, files, url)
        if "error" in answer:
            return answer
        found = answer["result"]
        return {
            "files": sorted([one["path"], one["content"]] for one in found["schema"]["files"]),
            "warnings": found["warnings"],
        }

    def close(self) -> None:
        """End the process; one that keeps a connection alive is not waited for."""
        self._process.kill()
        self._process.communicate()

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


def migrations(scripts: Mapping[str, str]) -> dict[str, Any]:
    """Name the scripts of a migrations folder, each by its migration's name."""
    return {
        "baseDir": "/migrations",
        "lockfile": {"path": "migration_lock.toml", "content": 'provider = "postgresql"\n'},
        "shadowDbInitScript": "",
        "migrationDirectories": [
            {
                "path": name,
                "migrationFile": {
                    "path": "migration.sql",
                    "content": {"tag": "ok", "value": text},
                },
            }
            for name, text in scripts.items()
        ],
    }


def datasource(files: Files) -> dict[str, Any]:
    """Name the database that is asked about as one side of a diff; schemas say what is seen."""
    return {**datamodel(files), "tag": "schemaDatasource", "configDir": "/"}
