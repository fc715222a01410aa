"""The table of messages: every one is used, and can be filled in."""

import re
import string
from pathlib import Path

from forebay.schema import texts
from forebay.schema.diagnostics import Text

_SOURCES = Path(texts.__file__).parent.parent
_TEXTS = {name: one for name, one in vars(texts).items() if isinstance(one, Text)}


def test_every_message_is_said_somewhere():
    source = "\n".join(
        path.read_text() for path in _SOURCES.rglob("*.py") if path.parent.name != "texts"
    )
    used = set(re.findall(r"\btexts\.([A-Z][A-Z0-9_]*)\b", source))
    assert sorted(_TEXTS.keys() - used) == []


def test_no_message_is_said_twice():
    messages = [one.message for one in _TEXTS.values()]
    assert len(set(messages)) == len(messages)


def test_a_hint_needs_nothing_that_its_message_does_not_have():
    for name, one in _TEXTS.items():
        # A hint that is made where the error is found is the whole line.
        if one.hint is not None and one.hint != "{hint}":
            assert _gaps(one.hint) <= _gaps(one.message), name


def _gaps(text: str) -> set[str]:
    return {gap for _, gap, _, _ in string.Formatter().parse(text) if gap}
