"""Every schema of the corpus is answered as both versions of Prisma answer it."""

import json
from functools import cache
from typing import Any

import pytest

from tests.reference import ours
from tests.reference.cases import Case, read_cases
from tests.reference.compare import compare
from tests.reference.record import FOLDER, digest
from tests.reference.wasm import VERSIONS

CASES = list(read_cases())

# Without a datasource Prisma's table of types is that of no database in particular.
UNLIKE = {("07-datasource/no datasource", "schema"), ("07-datasource/no datasource", "mappings")}


@cache
def _recorded(topic: str) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((FOLDER / f"{topic}.json").read_text(encoding="utf-8"))
    return recorded


def _answers(case: Case, version: str) -> dict[str, Any]:
    """Return what a version said: Prisma 7's answers are kept where they differ from 6's."""
    both = _recorded(case.topic)[case.name]
    return {**both["6"], **(both["7"] if version == "7" else {})}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_schema_is_answered_as_prisma_answers_it(case: Case, version: str) -> None:
    said = ours.answers_of(case.for_version(version), version)
    for part in ("schema", "mappings"):
        if part in said:
            said[part] = digest(said[part])
    _, found = compare(said, _answers(case, version))
    assert [one for one in found if (case.id, one.kind) not in UNLIKE] == []


def test_the_corpus_is_whole() -> None:
    assert len(CASES) >= 400
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names)
    for topic in {case.topic for case in CASES}:
        assert list(_recorded(topic)) == [case.name for case in CASES if case.topic == topic]


def test_the_corpus_holds_what_either_version_takes_and_refuses() -> None:
    verdicts = {
        (version, _answers(case, version)["errors"] is None)
        for case in CASES
        for version in VERSIONS
    }
    assert len(verdicts) == 4


def test_the_datamodel_keeps_the_order_of_prismas_keys() -> None:
    for case in CASES:
        recorded = _answers(case, "6")
        if recorded["errors"] is None:
            said = ours.answers_of(case.files, "6", with_types=False)
            assert json.dumps(said["datamodel"]) == json.dumps(recorded["datamodel"]), case.id
