"""All requests of ours."""

from tests.reference.engine.build import Case, Corpus
from tests.reference.engine.corpus import (
    captures,
    filters,
    invalid,
    keys,
    loose,
    rare,
    reads,
    shop,
    summaries,
    types,
    writes,
)

CORPORA: dict[str, Corpus] = {
    module.__name__.rpartition(".")[2]: module.CORPUS
    for module in (reads, filters, summaries, writes, invalid, types, shop, keys, loose, captures)
}


# Needs a PostgreSQL with citext and XML, which the embedded one is not.
RARE = {"rare": rare.CORPUS}
ALL = {**CORPORA, **RARE}


def cases() -> list[Case]:
    """List every case of every corpus."""
    return [case for corpus in CORPORA.values() for case in corpus.cases]
