"""A schema in its compact form says what the schema says."""

import json
from pathlib import Path
from typing import Any

import pytest

from forebay.schema.compact import from_compact, to_compact
from forebay.schema.dmmf.document import document
from forebay.schema.load import load

# What the form leaves out: nobody reads it who asks a database something.
_LEFT_OUT = ("documentation", "sortOrder", "length", "operatorClass", "algorithm")
_SCHEMAS = Path(__file__).parent.parent
_FILES = [
    "generator/schemas/names.prisma",
    "generator/schemas/blog.prisma",
    "client/schema.prisma",
]


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items() if key not in _LEFT_OUT}
    return [_known(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("file", _FILES)
def test_a_schema_is_the_same_when_it_is_read_again(file):
    schema = load([("schema.prisma", (_SCHEMAS / file).read_text(encoding="utf-8"))])
    again = from_compact(json.loads(json.dumps(to_compact(schema))))
    assert _known(document(again, 6)) == _known(document(schema, 6))
    assert to_compact(again) == to_compact(schema)


def test_another_form_is_refused():
    with pytest.raises(ValueError, match="form 2, and not 1"):
        from_compact({"form": 2})
