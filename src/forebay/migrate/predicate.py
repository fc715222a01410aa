"""The condition of a partial index as SQL: it is written as SQL, or as an object of comparisons."""

from __future__ import annotations

import re

from forebay.schema.model import Index, Raw, RelationField, ScalarField
from forebay.schema.tree import Constant, Expression, Number, Object, String


def condition(index: Index) -> str | None:
    """Return the condition of an index, None where it has none."""
    where = index.where
    if where is None:
        return None
    if isinstance(where, Raw):
        return where.text
    members = where.members if isinstance(where, Object) else ()
    parts = [_comparison(index.model.by_name[name], value) for name, value in members]
    return " AND ".join(parts)


def _comparison(field: ScalarField | RelationField | None, value: Expression) -> str:
    # The check of a schema lets only scalars in.
    name = field.database_name if isinstance(field, ScalarField) else ""
    column = '"' + name.replace('"', '""') + '"'
    is_not = isinstance(value, Object)
    if isinstance(value, Object):
        value = value.members[0][1]
    if isinstance(value, Constant) and value.text == "null":
        return f"{column} IS {'NOT ' if is_not else ''}NULL"
    return f"{column} {'!=' if is_not else '='} {_written(value)}"


def _written(value: Expression) -> str:
    if isinstance(value, String):
        return "'" + value.value.replace("'", "''") + "'"
    return value.text if isinstance(value, Number | Constant) else ""


_WORDS = r"'(?:[^']|'')*'::character varying"
_ARRAY = re.compile(rf"\(ARRAY\[({_WORDS}(?:, {_WORDS})*)\]\)::text\[\]")
_WORD = re.compile(_WORDS)


def settled(where: str | None) -> str | None:
    """Return a condition as PostgreSQL prints it once it has read it again.

    A list of words that is cast to texts is then a list of words that are cast to a text each.
    """
    if where is None:
        return None
    return _ARRAY.sub(
        lambda found: "ARRAY[" + _WORD.sub(lambda word: f"({word[0]})::text", found[1]) + "]",
        where,
    )


def in_brackets(where: str) -> str:
    """Return a condition in brackets, if it has none around all of it."""
    return where if _is_in_brackets(where) else f"({where})"


def _is_in_brackets(text: str) -> bool:
    """Say whether the first bracket of a text is closed by its last sign."""
    depth, quote = 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
        if depth == 0 and not quote:
            return place == len(text) - 1 and char == ")"
    return False
