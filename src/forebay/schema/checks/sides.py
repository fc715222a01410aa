"""Rules for which side of a relation says what."""

from forebay.schema import texts
from forebay.schema.checks.context import Context
from forebay.schema.diagnostics import Text
from forebay.schema.model import Relation, RelationField, ScalarField
from forebay.schema.tree import REQUIRED


def check_one_to_many(relation: Relation, context: Context) -> None:
    """The side with one record has the fields, the other side only the list."""
    forward, back = relation.field_a, relation.field_b
    if forward is None or back is None:
        for alone in (forward, back):
            if alone is not None:
                _report_missing_side(alone, context)
        return
    if not forward.fields:
        _report(texts.FIELDS_MISSING, forward, back, context)
    if not forward.references:
        _report(texts.REFERENCES_MISSING, forward, back, context)
    if back.fields or back.references:
        _report(texts.FIELDS_ON_LIST, back, forward, context)
    if back.on_delete or back.on_update:
        _report(texts.ACTIONS_ON_LIST, back, forward, context)


def check_one_to_one(relation: Relation, context: Context) -> None:
    """One side has the fields and is unique; the other has nothing, and is optional."""
    forward, back = relation.field_a, relation.field_b
    if forward is None:
        return
    if back is None:
        _report_missing_side(forward, context)
    else:
        _fields_on_one_side(forward, back, context)
        _actions_on_one_side(forward, back, context)
    _fields_are_unique(forward, context)
    if back is None:
        return
    # The next three are not worth saying while anything else is wrong.
    if not context.diagnostics.errors:
        _fields_and_references_together(forward, back, context)
    if not context.diagnostics.errors and back.arity == REQUIRED:
        _report(texts.BACK_REQUIRED, back, forward, context)
    if not context.diagnostics.errors and forward.arity == REQUIRED:
        if back.fields is not None or back.references is not None:
            _report(texts.FIELDS_ON_WRONG_SIDE, back, forward, context)


def _fields_on_one_side(forward: RelationField, back: RelationField, context: Context) -> None:
    if not forward.fields and not back.fields:
        _report(texts.NO_FIELDS, forward, back, context)
        _report(texts.NO_FIELDS, back, forward, context)
    if not forward.references and not back.references:
        _report(texts.NO_REFERENCES, forward, back, context)
        _report(texts.NO_REFERENCES, back, forward, context)
    if forward.references and back.references:
        _report(texts.REFERENCES_TWICE, forward, back, context)
        _report(texts.REFERENCES_TWICE, forward, back, context, place=back)
    if forward.fields and back.fields:
        _report(texts.FIELDS_TWICE, forward, back, context)
        _report(texts.FIELDS_TWICE, forward, back, context, place=back)


def _actions_on_one_side(forward: RelationField, back: RelationField, context: Context) -> None:
    if not (back.on_delete or back.on_update):
        return
    if forward.on_delete or forward.on_update:
        _report(texts.ACTIONS_TWICE, back, forward, context)
        _report(texts.ACTIONS_TWICE, forward, back, context)
    else:
        _report(texts.ACTIONS_ON_BACK, back, forward, context)


def _fields_are_unique(forward: RelationField, context: Context) -> None:
    fields = forward.fields
    if fields is None:
        return
    for criterion in forward.model.unique_criteria:
        own: list[ScalarField] = [one.field for one in criterion if not one.path]
        if own == fields:
            return
    names = ", ".join(one.name for one in fields)
    text = texts.ONE_TO_ONE_FIELD if len(fields) == 1 else texts.ONE_TO_ONE_FIELDS
    context.error(text, forward.node, fields=names)


def _fields_and_references_together(
    forward: RelationField, back: RelationField, context: Context
) -> None:
    if forward.fields and back.references:
        _report(texts.REFERENCES_ELSEWHERE, forward, back, context)
        _report(texts.REFERENCES_ELSEWHERE, forward, back, context, place=back)
    if forward.references and back.fields:
        _report(texts.FIELDS_ELSEWHERE, forward, back, context)


def _report_missing_side(field: RelationField, context: Context) -> None:
    context.error(
        texts.OPPOSITE_MISSING,
        field.node,
        field=field.name,
        kind=field.model.keyword,
        model=field.model.name,
        related=field.related_model.name,
    )


def _report(
    text: Text,
    field: RelationField,
    other: RelationField,
    context: Context,
    *,
    place: RelationField | None = None,
) -> None:
    context.error(
        text,
        (place or field).node,
        field=field.name,
        model=field.model.name,
        other=other.name,
        related=other.model.name,
    )
