"""Composite types, which PostgreSQL's connector does not have."""

from forebay.schema import texts
from forebay.schema.checks.context import Context
from forebay.schema.diagnostics import Text
from forebay.schema.model import Composite, CompositeField
from forebay.schema.tree import REQUIRED

_Step = tuple[Composite, CompositeField, tuple[str, ...] | None]


def check_composites(context: Context) -> None:
    """Report composite types, and first those that contain themselves."""
    _check_cycles(context)
    for composite in context.schema.composites:
        context.error(
            texts.COMPOSITES_NOT_SUPPORTED, composite.node, provider=context.provider.shown
        )


def _check_cycles(context: Context) -> None:
    order = {id(one): number for number, one in enumerate(context.schema.composites)}
    problems: list[tuple[int, Text, Composite, CompositeField, str]] = []
    visited: list[Composite] = []
    waiting: list[_Step] = [
        (composite, field, None)
        for composite in context.schema.composites
        for field in composite.fields.values()
        if field.arity == REQUIRED
    ]
    while waiting:
        composite, field, path = waiting.pop()
        if path is None:
            visited.clear()
            path = (composite.name,)
        inner = field.composite
        if inner is None:
            continue
        if inner is composite:
            found = texts.COMPOSITE_IN_ITSELF
        elif visited and visited[0] is inner:
            found = texts.COMPOSITE_CYCLE
        else:
            visited.append(inner)
            waiting.extend(
                (inner, one, (*path, inner.name))
                for one in inner.fields.values()
                if one.arity == REQUIRED
            )
            continue
        shown = " → ".join(f"`{name}`" for name in reversed(path))
        problems.append((order[id(inner)], found, composite, field, shown))
    problems.sort(key=lambda one: one[0])
    for _, text, composite, field, shown in problems:
        context.error(text, field.node, field=field.name, composite=composite.name, path=shown)
