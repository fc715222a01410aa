"""Referential actions that would run in circles, where the client carries them out.

PostgreSQL stops circles of its own foreign keys; with `relationMode = "prisma"` nobody does.
"""

from forebay.schema import texts
from forebay.schema.checks.context import Context
from forebay.schema.diagnostics import Text
from forebay.schema.model import Action, Relation, RelationField
from forebay.schema.tree import REQUIRED

_HARMLESS = ("NoAction", "Restrict")


def check_cycles(relation: Relation, context: Context) -> None:
    """Report a path of actions that leads from a relation's model back to it."""
    if context.relation_mode != "prisma" or not _is_complete(relation):
        return
    visited: set[int] = set()
    waiting: list[tuple[Relation, tuple[Relation, ...]]] = [(relation, (relation,))]
    while waiting:
        following, path = waiting.pop()
        visited.add(id(following))
        if not _modifies(following, context):
            continue
        reached = following.model_b
        if following.model_a is reached:
            _report(texts.SELF_CYCLE, relation, context)
            return
        if reached is relation.model_a:
            shown = " → ".join(
                f"{one.model_a.name}.{one.field_a.name}" for one in path if one.field_a
            )
            _report(texts.CYCLE, relation, context, path=shown)
            return
        waiting.extend(
            (one, (*path, one))
            for one in context.relations_from.get(id(reached), ())
            if _is_complete(one) and id(one) not in visited
        )


def _is_complete(relation: Relation) -> bool:
    return (
        relation.kind != "many-to-many"
        and relation.field_a is not None
        and relation.field_b is not None
    )


def _modifies(relation: Relation, context: Context) -> bool:
    field = relation.field_a
    if field is None:
        return False
    return on_delete(field, context) not in _HARMLESS or on_update(field) not in _HARMLESS


def on_delete(field: RelationField, context: Context) -> Action:
    """Return what happens to a record whose other side is deleted."""
    if field.on_delete is not None:
        return field.on_delete
    required = any(one.arity == REQUIRED for one in field.fields or ())
    if required or field.arity == REQUIRED:
        return "Restrict" if "Restrict" in context.allowed_actions else "NoAction"
    return "SetNull"


def on_update(field: RelationField) -> Action:
    """Return what happens to a record whose other side's key changes."""
    return field.on_update or "Cascade"


def _report(text: Text, relation: Relation, context: Context, **gaps: object) -> None:
    field = relation.field_a
    if field is None:
        return
    implied = []
    if field.on_delete is None and on_delete(field, context) not in _HARMLESS:
        implied.append(f"`onDelete`: `{on_delete(field, context)}`")
    if field.on_update is None and on_update(field) not in _HARMLESS:
        implied.append(f"`onUpdate`: `{on_update(field)}`")
    defaults = f" (Implicit default {', and '.join(implied)})" if implied else ""
    context.error(text, field.node, defaults=defaults, **gaps)
