"""Our engine answers every request of the corpus as Prisma's does, and leaves the same rows."""

import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.reference.engine.corpus import CORPORA, cases
from tests.reference.engine.judge import judge


@pytest.mark.parametrize("name", list(CORPORA))
def test_answers(name: str, embedded: EmbeddedServer) -> None:
    found = [
        f"{one.case.name}: {one.kind} at {one.place}"
        for case in judge(name, embedded.url)
        for one in case
        if one.excuse is None
    ]
    assert not found, "\n".join(found)


def test_the_corpus_is_large_enough() -> None:
    assert len(cases()) >= 400
    assert len({case.schema for case in cases()}) == 5
