"""The options of connection pools in code: who takes them, and how large they say a pool may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from forebay.doctor.script.builds import pools_built_in
from forebay.doctor.script.nodes import declaration_of, unwrap
from forebay.doctor.script.script import Call, Script, properties, text_of

# What every driver opens at most when it is told nothing.
DEFAULT = 10
_SIZES = ("max", "connectionLimit")


@dataclass(frozen=True, slots=True)
class Pool:
    """A call that makes a pool: ``size`` is the option that limits it, where it is written.

    ``is_known`` is false when the options are somewhere that cannot be read here.
    """

    script: Script
    call: Call
    size: Node | None
    is_known: bool
    is_adapter: bool

    @property
    def number(self) -> int | None:
        """The size as a number, where it is one."""
        text = text_of(self.size).replace("_", "") if self.size is not None else ""
        return int(text) if text.isdigit() else None


def pools_in(script: Script) -> Iterator[Pool]:
    """Yield the pools of drivers and of Prisma's adapter for `pg`."""
    for build in pools_built_in(script):
        yield _pool(script, build.call, is_adapter=False)
    if "PrismaPg" in script.file.text:
        for call in script.calls:
            if call.is_new and call.last == "PrismaPg" and call.arguments:
                if not _is_pool(call):
                    yield _pool(script, call, is_adapter=True)


def _is_pool(call: Call) -> bool:
    """Whether the adapter is given a pool that is made elsewhere."""
    given = unwrap(call.arguments[0])
    if given is None or given.type == "new_expression":
        return True
    if given.type == "identifier":
        found = declaration_of(text_of(given), given)
        value = unwrap(found[1]) if found else None
        return value is None or value.type != "object"
    return given.type != "object"


def _pool(script: Script, call: Call, *, is_adapter: bool) -> Pool:
    size, is_known = None, not call.arguments or bool(call.arguments)
    for given in call.arguments:
        options = unwrap(given)
        if options is not None and options.type == "identifier":
            found = declaration_of(text_of(options), options)
            options = unwrap(found[1]) if found else None
            is_known &= options is not None and options.type in (
                "object",
                "string",
                "member_expression",
            )
        if options is None or options.type != "object":
            continue
        if any(one.type == "spread_element" for one in options.named_children):
            is_known = False
        named = properties(options)
        size = size or next((named[name] for name in _SIZES if name in named), None)
    return Pool(script, call, size, is_known, is_adapter)
