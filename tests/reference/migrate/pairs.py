"""Random schemas that follow each other, as a data model that changes would."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forebay.schema.check import check
from forebay.schema.model import Schema
from tests.reference.cases import for_version, read_cases
from tests.reference.generate import make_schema

Files = tuple[tuple[str, str], ...]

# What the embedded server has no extension for, or no index of its own.
_ABSENT = (
    (r'Unsupported\("(hstore|geometry[^"]*)"\)', 'Unsupported("point")'),
    (r"@db\.Citext", "@db.Text"),
    (r"@db\.(VarBit|Bit|Xml|Uuid|Inet)(\(\d+\))?", ""),
    (r"extensions\s*=.*", ""),
    (r"type: Hash", "type: BTree"),
    # Prisma's engine takes what is a literal to PostgreSQL for another default than this, for ever.
    (r'dbgenerated\("1"\)', 'dbgenerated("pg_backend_pid()")'),
    (r'dbgenerated\("true"\)', 'dbgenerated("pg_is_in_recovery()")'),
    (r'dbgenerated\("now\(\)"\)', 'dbgenerated("clock_timestamp()")'),
)

_PROVIDERS = frozenset({"postgresql", "postgres"})


def corpus(*, is_live: bool = False) -> Iterator[tuple[str, Files, Schema]]:
    """Yield the sound schemas that people wrote, with their names."""
    for case in read_cases():
        files = for_version(case.files, "7")
        if is_live:
            files = tuple((name, without_the_absent(text)) for name, text in files)
        checked = check(files, 7)
        source = checked.schema.datasource
        if not checked.errors and source is not None and source.provider in _PROVIDERS:
            yield case.id, files, checked.schema


def without_the_absent(text: str) -> str:
    """Return a schema that asks the embedded server for nothing that it has not."""
    for pattern, other in _ABSENT:
        text = re.sub(pattern, other, text)
    return text


def schemas(first: int, *, is_live: bool = False) -> Iterator[tuple[int, Files, Schema]]:
    """Yield sound schemas with their seeds; ``is_live`` ones ask for nothing that is absent."""
    seed = first
    while True:
        text = make_schema(seed)
        if is_live:
            text = without_the_absent(text)
        files = for_version((("schema.prisma", text),), "7")
        checked = check(files, 7)
        if not checked.errors:
            yield seed, files, checked.schema
        seed += 1
