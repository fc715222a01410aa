"""Says where two answers to one schema differ, and sorts the differences into classes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_BLOCK = re.compile(r"^(?=error: )", re.MULTILINE)
_NAMED = re.compile(r'`[^`\n]*`|"[^"\n]*"|\d+')

Answers = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One way in which two answers differ: its kind, its class, and what shows it."""

    kind: str
    title: str
    detail: str


@dataclass
class Score:
    """How often what agreed, over many schemas."""

    asked: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def add(self, name: str, asked: set[str], found: list[Difference]) -> None:
        """Count the answers to one schema."""
        self.asked.update(asked)
        self.missed.update({one.kind for one in found})
        for one in found:
            key = (one.kind, one.title)
            self.classes[key] += 1
            self.examples.setdefault(key, (name, one.detail))

    def join(self, other: Score) -> None:
        """Add what was counted elsewhere."""
        self.asked += other.asked
        self.missed += other.missed
        self.classes += other.classes
        self.examples = other.examples | self.examples

    def share(self, kind: str) -> float:
        """Return the share of schemas that agreed, 1 where none was asked."""
        asked = self.asked[kind]
        return 1.0 if not asked else 1 - self.missed[kind] / asked

    def lines(self) -> list[str]:
        """Describe the shares and every class of difference."""
        shares = [
            f"{kind}: {self.asked[kind] - self.missed[kind]:,} of {self.asked[kind]:,}"
            f" ({self.share(kind):.3%})"
            for kind in sorted(self.asked)
        ]
        classes = [
            f"{count} times {kind}: {title}\n    e.g. {': '.join(self.examples[kind, title])}"
            for (kind, title), count in self.classes.most_common()
        ]
        return shares + classes


def blocks(message: str | None) -> list[str]:
    """Take the errors of a refusal apart; Prisma's own order is random where a table is read."""
    if message is None:
        return []
    body = message.split("\nValidation Error Count:")[0]
    return sorted(block.rstrip("\n") for block in _BLOCK.split(body) if block.strip())


def _without_names(text: str) -> str:
    return _NAMED.sub("…", text.split("\n")[0])[:160]


def _title(ours: list[str], theirs: list[str]) -> str:
    missing = Counter(theirs) - Counter(ours)
    added = Counter(ours) - Counter(theirs)
    parts = [f"not said: {_without_names(one)}" for one in list(missing)[:1]]
    parts += [f"said: {_without_names(one)}" for one in list(added)[:1]]
    return " | ".join(parts)


def _first_difference(ours: str, theirs: str) -> str:
    for number, (here, there) in enumerate(
        zip(ours.split("\n"), theirs.split("\n"), strict=False), 1
    ):
        if here != there:
            return f"line {number}: ours {here!r}, theirs {there!r}"
    return "one is longer"


def _texts(ours: Answers, theirs: Answers) -> list[Difference]:
    here, there = blocks(ours["errors"]), blocks(theirs["errors"])
    if here == there:
        return []
    title = _title(here, there)
    return [Difference("error texts", title, str(there[:3]))]


def _places(kind: str, ours: Answers, theirs: Answers) -> list[Difference]:
    here, there = sorted(ours["diagnostics"]), sorted(theirs["diagnostics"])
    if here == there:
        return []
    texts = [[str(one[-1]) for one in each] for each in (here, there)]
    detail = f"ours {[one for one in here if one not in there][:2]}"
    detail += f", theirs {[one for one in there if one not in here][:2]}"
    return [Difference(kind, _title(*texts), detail)]


def _data(kind: str, ours: Answers, theirs: Answers) -> list[Difference]:
    if ours[kind] == theirs[kind]:
        return []
    return [Difference(kind, "differs", "")]


def _format(kind: str, ours: Answers, theirs: Answers) -> list[Difference]:
    here, there = ours["formatted"], theirs["formatted"]
    if here == there:
        return []
    detail = _first_difference("\0\n".join(here), "\0\n".join(there))
    return [Difference(kind, _NAMED.sub("…", detail)[:120], detail)]


def compare(ours: Answers, theirs: Answers) -> tuple[set[str], list[Difference]]:
    """Return what could be compared, and how it differs."""
    asked = {"valid or not"}
    is_valid = theirs["errors"] is None
    found: list[Difference] = []
    if (ours["errors"] is None) != is_valid:
        title = _title(blocks(ours["errors"]), blocks(theirs["errors"]))
        found.append(Difference("valid or not", title, str(theirs["errors"])[:300]))
        return asked, found
    if isinstance(theirs["formatted"], list):
        kind = "format of valid" if is_valid else "format of invalid"
        asked.add(kind)
        found += _format(kind, ours, theirs)
    if not is_valid:
        texts = _texts(ours, theirs)
        # Where the texts differ the places do as well, and would only be told twice.
        places = [] if texts else _places("error places", ours, theirs)
        return asked | {"error texts", "error places"}, found + texts + places
    found += _places("warnings", ours, theirs)
    asked.add("warnings")
    for kind in ("datamodel", "schema", "mappings"):
        if kind in theirs and kind in ours:
            asked.add(kind)
            found += _data(kind, ours, theirs)
    return asked, found
