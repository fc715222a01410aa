"""Breaks schemas at random: a character, a word, a line, or what a word means."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tests.reference import words

_WORD = re.compile(r"\w+|[^\w\s]|\s+")
_SCALAR = re.compile(rf"\b(?:{'|'.join(words.SCALARS)})\b")
CHARACTERS = "{}()[]@@@??!:=,.\"\\/-#\n\n\t &ü🎉'0A_;*+$`"
OTHER_WORDS = (
    "model", "enum", "view", "type", "datasource", "generator", "@id", "@unique", "@default(1)",
    '@default("x")', "@db.Text", "@@id([id])", "@@unique([id])", "@relation", "@updatedAt",
    "@ignore", "@@ignore", '@map("id")', "@db.VarChar(3)", "Nothing", "[]", "?", "true", "3",
    "-1.5", '"text"', "[1, 2]", 'env("X")', "autoincrement()", "now()", "onDelete: SetNull",
    "fields: [id]", "@unknown", "references: [id]", 'map: "x"', 'name: "x"', "sort: Desc",
    "type: Gin", "//", "///", "id", "null",
)  # fmt: skip

Damage = Callable[[random.Random, str], str]


def drop_character(chance: random.Random, text: str) -> str:
    """Leave one character out."""
    place = chance.randrange(len(text))
    return text[:place] + text[place + 1 :]


def add_character(chance: random.Random, text: str) -> str:
    """Put one character in."""
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice(CHARACTERS) + text[place:]


def change_word(chance: random.Random, text: str) -> str:
    """Drop, double or exchange one word."""
    parts = _WORD.findall(text)
    place = chance.randrange(len(parts))
    other = chance.choice((parts[chance.randrange(len(parts))], chance.choice(OTHER_WORDS)))
    parts[place] = chance.choice(("", parts[place] * 2, other, f"{parts[place]} {other}"))
    return "".join(parts)


def change_line(chance: random.Random, text: str) -> str:
    """Drop, double, move or join a line."""
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    action = chance.randrange(4)
    if action == 0:
        del lines[place]
    elif action == 1:
        lines.insert(place, lines[place])
    elif action == 2:
        lines.insert(chance.randrange(len(lines)), lines.pop(place))
    elif place + 1 < len(lines):
        lines[place] += lines.pop(place + 1)
    return "\n".join(lines)


def _change_match(chance: random.Random, text: str, found: list[re.Match[str]], other: str) -> str:
    if not found:
        return text
    match = chance.choice(found)
    return text[: match.start()] + other + text[match.end() :]


def change_type(chance: random.Random, text: str) -> str:
    """Give a field another type, perhaps another arity."""
    other = chance.choice((*words.SCALARS, *words.SINGULAR)) + chance.choice(("", "", "?", "[]"))
    return _change_match(chance, text, list(_SCALAR.finditer(text)), other)


def change_arity(chance: random.Random, text: str) -> str:
    """Make a field optional, a list, or neither."""
    found = list(re.finditer(r"(?<=\w)(?:\?|\[\])(?=\s)", text))
    return _change_match(chance, text, found, chance.choice(("", "?", "[]", "!", "?[]", "[]?")))


def drop_attribute(chance: random.Random, text: str) -> str:
    """Leave an attribute out, or repeat it."""
    found = list(re.finditer(r"[ \t]@@?[\w.]+(?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\))?", text))
    if not found:
        return text
    match = chance.choice(found)
    other = chance.choice(("", match[0] * 2, f" {chance.choice(OTHER_WORDS)}"))
    return text[: match.start()] + other + text[match.end() :]


def change_argument(chance: random.Random, text: str) -> str:
    """Exchange what stands in brackets."""
    found = list(re.finditer(r"(?<=[(\[,:])[^()\[\],:\n]+(?=[)\],])", text))
    other = chance.choice((*OTHER_WORDS, *words.FIELDS, *words.ACTIONS, *words.OPERATORS))
    return _change_match(chance, text, found, f" {other}")


def rename(chance: random.Random, text: str) -> str:
    """Call something by another name, where it stands once."""
    found = list(re.finditer(r"\b[A-Za-z_]\w+\b", text))
    other = chance.choice((*words.SINGULAR, *words.FIELDS, "PrismaClient", "String", "R1"))
    return _change_match(chance, text, found, other)


KINDS: tuple[Damage, ...] = (
    drop_character,
    add_character,
    change_word,
    change_line,
    change_type,
    change_type,
    change_arity,
    drop_attribute,
    drop_attribute,
    change_argument,
    rename,
)


def damaged(seed: int, text: str) -> str:
    """Break a schema in one to three ways."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if text:
            text = chance.choice(KINDS)(chance, text)
    return text
