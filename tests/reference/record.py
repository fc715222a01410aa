"""Writes down what both versions of Prisma answer to the corpus.

``python -m tests.reference.record``: one file a topic. Prisma 7's answers stand beside Prisma 6's
only where they differ, and the table of input types, which is long, only as a digest.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.reference.cases import Case, read_cases
from tests.reference.wasm import VERSIONS, Wasm

FOLDER = Path(__file__).parent / "answers"
QUESTIONS = ("validate", "lint", "format", "dmmf")


def digest(value: object) -> str:
    """Name a value by what is in it, keeping the order of its keys."""
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()[:16]


def diagnostics_of(lint: list[dict[str, Any]]) -> list[list[Any]]:
    """Keep of each diagnostic its kind, where it is (in UTF-16 units) and its text."""
    return [
        [
            "warning" if found["is_warning"] else "error",
            found["file_name"],
            found["start"],
            found["end"],
            found["text"],
        ]
        for found in lint
    ]


def answers_of(wasm: Wasm, case: Case, version: str) -> dict[str, Any]:
    """Ask everything of one case and keep what is compared."""
    given = case.for_version(version)
    said = wasm.ask(version, given, QUESTIONS)
    kept: dict[str, Any] = {}
    refused = said["validate"]
    kept["errors"] = None if refused is None else refused.get("refused", refused)
    kept["diagnostics"] = diagnostics_of(said["lint"])
    kept["formatted"] = (
        said["format"] if isinstance(said["format"], dict) else [text for _, text in said["format"]]
    )
    if refused is None:
        kept["datamodel"] = said["dmmf"]["datamodel"]
        kept["schema"] = digest(said["dmmf"]["schema"])
        kept["mappings"] = digest(said["dmmf"]["mappings"])
    return kept


def _packed(text: str) -> str:
    """Put what is deep in the answers on one line each."""
    return re.sub(r"\n {5,}\s*|\n {4}(?=[\]}])", " ", text)


def main() -> None:
    """Record all of it."""
    FOLDER.mkdir(exist_ok=True)
    topics: dict[str, dict[str, Any]] = {}
    with Wasm() as wasm:
        for case in read_cases():
            six, seven = (answers_of(wasm, case, version) for version in VERSIONS)
            differing = {key: value for key, value in seven.items() if six.get(key) != value}
            missing = [key for key in six if key not in seven]
            answers = {"6": six, "7": differing | dict.fromkeys(missing)}
            topic = topics.setdefault(case.topic, {})
            if case.name in topic:
                sys.exit(f"two cases are called {case.id}")
            topic[case.name] = answers
    for name, cases in topics.items():
        text = json.dumps(cases, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(_packed(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
