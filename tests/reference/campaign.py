"""Asks Forebay and both WebAssemblies about the corpus and about random schemas.

``python -m tests.reference.campaign --seeds 500 --write FILE`` lists every class of difference.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.reference import ours
from tests.reference.cases import for_version, read_cases
from tests.reference.compare import Difference, Score, compare
from tests.reference.damage import damaged
from tests.reference.generate import make_schema
from tests.reference.record import diagnostics_of
from tests.reference.wasm import VERSIONS, Files, Wasm

Named = tuple[str, Files]


def corpus() -> Iterator[Named]:
    """Return the schemas that people wrote for this."""
    for case in read_cases():
        yield case.id, case.files


def generated(first: int, count: int) -> Iterator[Named]:
    """Return random schemas; every second one is damaged, half of those from the corpus."""
    cases = list(read_cases())
    for seed in range(first, first + count):
        if seed % 4 == 3:
            case = random.Random(seed).choice(cases)
            files = tuple(
                (name, damaged(seed + number, text))
                for number, (name, text) in enumerate(case.files)
            )
            yield f"seed {seed} ({case.id})", files
            continue
        text = make_schema(seed)
        if seed % 2:
            text = damaged(seed, text)
        yield f"seed {seed}", _split(text) if seed % 10 > 7 else (("schema.prisma", text),)


def _split(text: str) -> Files:
    """Put the second half of the blocks into a file of their own."""
    blocks = re.split(r"^(?=\w+ +\w+ +\{)", text, flags=re.MULTILINE)
    half = len(blocks) // 2
    return (("a.prisma", "".join(blocks[:half])), ("b/c.prisma", "".join(blocks[half:])))


def theirs(wasm: Wasm, version: str, files: Files, *, with_types: bool) -> dict[str, Any] | None:
    """Return the reference's answers, None where it broke down over the schema."""
    said = wasm.ask(version, files, ["validate", "lint", "format"])
    refused = said["validate"]
    if refused is not None and "panic" in refused:
        return None
    kept: dict[str, Any] = {
        "errors": None if refused is None else refused["refused"],
        "diagnostics": diagnostics_of(said["lint"]),
        "formatted": said["format"]
        if isinstance(said["format"], dict)
        else [text for _, text in said["format"]],
    }
    if refused is None:
        whole = wasm.ask(version, files, ["dmmf" if with_types else "datamodel"])
        kept |= whole["dmmf"] if with_types else {"datamodel": whole["datamodel"]}
    return kept


def run(wasm: Wasm, version: str, schemas: Iterable[Named], *, with_types: bool = True) -> Score:
    """Compare all answers of one version."""
    score = Score()
    for name, files in schemas:
        given = for_version(files, version)
        expected = theirs(wasm, version, given, with_types=with_types)
        if expected is None:
            score.add(name, {"the reference broke down"}, [])
            continue
        try:
            found = compare(ours.answers_of(given, version, with_types=with_types), expected)
        except Exception as error:  # a crash is a finding, and the campaign goes on
            title = f"crash: {type(error).__name__}: {error}"[:120]
            difference = Difference("valid or not", title, name)
            found = ({"valid or not"}, [difference])
        score.add(name, *found)
    return score


def main() -> None:
    """Run a campaign and write down what differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.campaign")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--types", action="store_true", help="compare the table of types too")
    given = parser.parse_args()
    lines: list[str] = []
    with Wasm() as wasm:
        for version in VERSIONS:
            lines.append(f"# Prisma {version}, corpus")
            lines += run(wasm, version, corpus()).lines()
            if given.seeds:
                lines.append(f"# Prisma {version}, generated")
                lines += run(
                    wasm, version, generated(given.first, given.seeds), with_types=given.types
                ).lines()
    text = "\n".join(lines) + "\n"
    if given.write is not None:
        given.write.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
