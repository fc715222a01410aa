"""Records found by a list of keys, each with its place in the list."""

from __future__ import annotations

from collections.abc import Callable

from forebay.engine.catalog import Column
from forebay.engine.scope import Source
from forebay.engine.statement import Encode

# What a record's place in the list is selected as; the first is 1.
PLACE = '"k"."n"'


def by_keys(key: object, columns: list[Column], encode: Encode) -> Callable[[Source], str]:
    """Return the restriction to the keys found under ``(key, number of the column)``."""

    def restriction(source: Source) -> str:
        arrays, names, ties = [], [], []
        for i, column in enumerate(columns):
            found = source.builder.found((key, i), encode)
            arrays.append(f"{found}::{column.type.sql}[]")
            names.append(f'"k{i}"')
            ties.append(f'{source.sql(column)} = "k"."k{i}"')
        source.joins.insert(
            0,
            f" JOIN unnest({', '.join(arrays)}) WITH ORDINALITY"
            f' AS "k"({", ".join(names)}, "n") ON {" AND ".join(ties)}',
        )
        return "TRUE"

    return restriction
