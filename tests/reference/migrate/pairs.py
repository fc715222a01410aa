"""Random schemas that follow each other, as a data model that changes would."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.schema.check import check
from forebay.schema.model import Schema
from tests.reference.cases import for_version
from tests.reference.generate import make_schema

Files = tuple[tuple[str, str], ...]

# What the embedded server has no extension for, or no index of its own.
_ABSENT = (
    (r'Unsupported\("(hstore|geometry[^"]*)"\)', 'Unsupported("point")'),
    (r"@db\.Citext", "@db.Text"),
    (r"@db\.(VarBit|Bit|Xml|Uuid|Inet)(\(\d+\))?", ""),
    (r"extensions\s*=.*", ""),
    (r"type: Hash", "type: BTree"),
)


def schemas(first: int, *, is_live: bool = False) -> Iterator[tuple[int, Files, Schema]]:
    """Yield sound schemas with their seeds; ``is_live`` ones ask for nothing that is absent."""
    seed = first
    while True:
        text = make_schema(seed)
        for pattern, other in _ABSENT if is_live else ():
            text = re.sub(pattern, other, text)
        files = for_version((("schema.prisma", text),), "7")
        checked = check(files, 7)
        if not checked.errors:
            yield seed, files, checked.schema
        seed += 1
