"""YAML with the lines it stands on: values that know where they are written.

A file is a list of documents; a tag of somebody's own (CloudFormation's `!Ref`) is read as what
stands behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 60
# Nodes that aliases may bring again: a person's file has hundreds, nine lines may make billions.
_MOST_REPEATED = 5_000


@dataclass
class Value:
    """A scalar's text, a list's items or a mapping's entries; lines count from 1."""

    line: int
    start: int = 0
    end: int = 0
    text: str | None = None
    items: list[Value] = field(default_factory=list)
    entries: dict[str, Value] = field(default_factory=dict)
    keys: dict[str, int] = field(default_factory=dict)  # the line of each entry's key

    def get(self, *names: str) -> Value | None:
        """Return what stands below these names, or None."""
        found: Value | None = self
        for name in names:
            found = found.entries.get(name) if found is not None else None
        return found

    def say(self, *names: str) -> str:
        """Return the text below these names, or an empty one."""
        found = self.get(*names)
        return found.text or "" if found is not None else ""

    def walk(self) -> Iterator[Value]:
        """Yield this and everything below it."""
        yield self
        for one in (*self.items, *self.entries.values()):
            yield from one.walk()


def read_yaml(text: str) -> list[Value]:
    """Return the documents of a text; those before the place where it cannot be read."""
    found: list[Value] = []
    try:
        for node in yaml.compose_all(text, Loader=_LOADER):
            if node is not None:
                found.append(_Reader().value(node, ()))
    except (yaml.YAMLError, RecursionError, ValueError):
        pass
    return found


class _Reader:
    """Makes one document's values; anchors that multiply, or hold themselves, are cut off."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._repeated = 0

    def value(self, node: yaml.Node, around: tuple[int, ...]) -> Value:
        """Return what a node says; ``around`` are the nodes that it stands in."""
        value = Value(node.start_mark.line + 1, node.start_mark.index, node.end_mark.index)
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if len(around) > _DEEPEST or id(node) in around or self._repeated > _MOST_REPEATED:
            return value
        inside = (*around, id(node))
        if isinstance(node, yaml.ScalarNode):
            value.text = str(node.value)
        elif isinstance(node, yaml.SequenceNode):
            value.items = [self.value(one, inside) for one in node.value]
        elif isinstance(node, yaml.MappingNode):
            for key, one in node.value:
                if isinstance(key, yaml.ScalarNode):
                    value.keys[str(key.value)] = key.start_mark.line + 1
                    below = self.value(one, inside)
                    if key.value == "<<":
                        value.entries = below.entries | value.entries
                    else:
                        value.entries[str(key.value)] = below
        return value
