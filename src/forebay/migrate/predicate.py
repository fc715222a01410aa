"""The condition of a partial index as SQL: it is written as SQL, or as an object of comparisons."""

from __future__ import annotations

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
