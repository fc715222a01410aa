"""Our engine answers every request of the corpus as Prisma's does, and leaves the same rows."""

import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.reference.engine.corpus import CORPORA, RARE, cases
from tests.reference.engine.judge import judge
from tests.reference.engine.whole import start_whole


@pytest.mark.parametrize("name", list(CORPORA))
def test_answers(name: str, embedded: EmbeddedServer) -> None:
    found = [
        f"{one.case.name}: {one.kind} at {one.place}"
        for case in judge(name, embedded.url)
        for one in case
        if one.excuse is None
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", list(RARE))
def test_answers_of_rare_types(name: str) -> None:
    with start_whole() as server:
        found = [
            f"{one.case.name}: {one.kind} at {one.place}"
            for case in judge(name, server.url)
            for one in case
            if one.excuse is None
        ]
    assert not found, "\n".join(found)


def test_the_corpus_is_large_enough() -> None:
    assert len(cases()) >= 400
    assert len({case.schema for case in cases()}) == 5
