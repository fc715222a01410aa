"""Rules for relations, with both of their sides in view."""

from forebay.schema import texts
from forebay.schema.checks.cascades import check_cycles
from forebay.schema.checks.constraints import ConstraintNames
from forebay.schema.checks.context import Context
from forebay.schema.checks.sides import check_one_to_many, check_one_to_one
from forebay.schema.complete import referenced_fields
from forebay.schema.model import Relation, RelationField
from forebay.schema.tree import REQUIRED


def check_relation(relation: Relation, names: ConstraintNames, context: Context) -> None:
    """The rules for a relation of any kind."""
    if relation.kind == "many-to-many":
        _check_many_to_many(relation, context)
        return
    check_cycles(relation, context)
    field = relation.field_a
    if field is not None:
        _references_unique_fields(relation, field, context)
        _same_number_of_fields(field, context)
        _field_arity(field, context)
        _field_types(relation, field, context)
    names.of_relation(relation, context)
    if field is not None:
        _set_null_needs_optional_fields(field, context)
    if relation.kind == "one-to-one":
        check_one_to_one(relation, context)
    else:
        check_one_to_many(relation, context)


def _references_unique_fields(relation: Relation, field: RelationField, context: Context) -> None:
    if not field.references:
        return
    names = [one.name for one in field.references]
    criteria = [[one.name for one in fields] for fields in relation.model_b.unique_criteria]
    if sorted(names) in map(sorted, criteria):
        if len(names) > 1 and not context.provider.is_postgresql and names not in criteria:
            context.error(
                texts.REFERENCES_ORDER,
                field.node,
                model=relation.model_b.name,
                fields=", ".join(names),
            )
        return
    context.error(
        texts.REFERENCE_NOT_UNIQUE if len(names) == 1 else texts.REFERENCES_NOT_UNIQUE,
        field.node,
        fields=", ".join(names),
        model=relation.model_b.name,
    )


def _same_number_of_fields(field: RelationField, context: Context) -> None:
    if field.fields is None or field.references is None or field.attribute is None:
        return
    if len(field.fields) != len(field.references):
        context.error(texts.NUMBER_OF_FIELDS, field.attribute)


def _field_arity(field: RelationField, context: Context) -> None:
    if field.arity != REQUIRED or field.fields is None:
        return
    if any(one.arity == "?" for one in field.fields):
        names = ", ".join(one.name for one in field.fields)
        context.error(texts.RELATION_MUST_BE_OPTIONAL, field.node, field=field.name, fields=names)


def _field_types(relation: Relation, field: RelationField, context: Context) -> None:
    if field.fields is None:
        return
    for own, other in zip(field.fields, referenced_fields(relation), strict=False):
        if own.kind != other.kind or own.type != other.type:
            context.error(
                texts.RELATION_TYPES,
                field.node,
                field=own.name,
                model=own.model.name,
                other=other.name,
                related=other.model.name,
            )


def _set_null_needs_optional_fields(field: RelationField, context: Context) -> None:
    """A required column cannot be set to null; with foreign keys PostgreSQL only says so later."""
    if field.fields is not None and all(one.arity != REQUIRED for one in field.fields):
        return
    for argument, action in (("onDelete", field.on_delete), ("onUpdate", field.on_update)):
        if action != "SetNull":
            continue
        if context.provider.is_postgresql and context.relation_mode == "foreignKeys":
            context.warning(texts.SET_NULL_WARNING, field.node, argument=argument)
        else:
            context.error(texts.SET_NULL, field.node, argument=argument)


def _check_many_to_many(relation: Relation, context: Context) -> None:
    sides = [side for side in (relation.field_a, relation.field_b) if side is not None]
    if any(side.fields is not None for side in sides):
        for side in sides:
            context.error(texts.MANY_TO_MANY_FIELDS, side.node, provider=context.provider.shown)
        return
    if relation.model_a.is_view or relation.model_b.is_view:
        for side in sides:
            context.error(texts.MANY_TO_MANY_VIEW, side.node)
    for check in (_singular_id, _no_actions, _no_references):
        for side in sides:
            check(side, context)


def _no_actions(side: RelationField, context: Context) -> None:
    for node in (side.on_delete_node, side.on_update_node):
        if node is not None:
            context.error(texts.MANY_TO_MANY_ACTION, node)


def _no_references(side: RelationField, context: Context) -> None:
    if side.references is not None:
        context.error(texts.MANY_TO_MANY_REFERENCES, side.node)


def _singular_id(side: RelationField, context: Context) -> None:
    model, related = side.model, side.related_model
    key = related.primary_key
    if key is None or len(key.fields) != 1:
        context.error(
            texts.MANY_TO_MANY_ID,
            side.node,
            field=side.name,
            kind=model.keyword,
            container=related.keyword,
            model=model.name,
            related=related.name,
        )
        return
    references = side.references
    if references is not None and references != [one.field for one in key.fields]:
        context.error(
            texts.MANY_TO_MANY_NOT_ID,
            side.node,
            related=related.name,
            fields=", ".join(one.name for one in references),
        )
