"""What a client of Prisma 6.19.3 sent in one sitting, in its order, on an empty blog."""

import json
from pathlib import Path

from tests.reference.engine.build import Corpus, raw

CORPUS = Corpus("blog")

EMPTY = raw(
    "executeRaw",
    'TRUNCATE "User", "Post", "Profile", "Tag", "_PostToTag" RESTART IDENTITY CASCADE',
)
# Pairs of a name and a request; `start` and `end` are of a transaction over several requests.
SITTING = json.loads((Path(__file__).parent / "captured.json").read_text())
CORPUS.add("the sitting", EMPTY, *(body for _, body in SITTING))
