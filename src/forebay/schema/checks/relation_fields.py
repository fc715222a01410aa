"""Rules for relation fields, each looked at from its own side."""

from forebay.schema import texts
from forebay.schema.checks.constraints import check_length
from forebay.schema.checks.context import Context, argument_of
from forebay.schema.model import Action, RelationField
from forebay.schema.tree import Attribute

RelationFields = dict[tuple[int, int, str], list[RelationField]]


def by_relation_name(context: Context) -> RelationFields:
    """Group the relation fields of each model by the other model and the relation's name."""
    found: RelationFields = {}
    for model in context.models:
        for field in model.relations:
            key = (id(model), id(field.related_model), field.relation_name)
            found.setdefault(key, []).append(field)
    return found


def is_ambiguous(field: RelationField, groups: RelationFields, context: Context) -> bool:
    """Report fields of which nobody can say which relation they belong to."""
    model, related = field.model, field.related_model
    group = groups[id(model), id(related), field.relation_name]
    if len(group) < 2:
        return False
    is_self, is_named = model is related, field.explicit_name is not None
    if is_self and is_named and len(group) == 2:
        return False
    if is_self and len(group) == 2:
        text = texts.AMBIGUOUS_SELF_RELATION
    elif is_self:
        text = texts.SELF_RELATION_NAMES if is_named else texts.UNNAMED_SELF_RELATION
    else:
        text = texts.RELATION_NAMES if is_named else texts.AMBIGUOUS_RELATION
    names = [f"`{one.name}`" for one in group]
    listed = ", ".join(names[:-1]) + f" and {names[-1]}"
    context.error(
        text,
        field.node,
        kind=model.keyword,
        model=model.name,
        related=related.name,
        fields=listed,
    )
    return True


def check_relation_field(field: RelationField, context: Context) -> None:
    """The rules for a relation field that concern it alone."""
    if field.related_model.is_ignored and not field.is_ignored and not field.model.is_ignored:
        context.error(
            texts.RELATION_TO_IGNORED,
            field.node,
            field=field.name,
            model=field.model.name,
            related=field.related_model.name,
        )
    if field.attribute is not None:
        _check_action(field, field.attribute, "onDelete", field.on_delete, context)
        _check_action(field, field.attribute, "onUpdate", field.on_update, context)
        _check_name(field, field.attribute, context)
    if context.relation_mode == "prisma" and field.fields is not None:
        _suggest_index(field, context)


def _check_action(
    field: RelationField,
    attribute: Attribute,
    argument: str,
    action: Action | None,
    context: Context,
) -> None:
    allowed = context.allowed_actions
    if action is None or action in allowed:
        return
    instead = action == "NoAction" and context.relation_mode == "prisma"
    context.error(
        texts.ACTION_INSTEAD if instead else texts.ACTION_NOT_ALLOWED,
        argument_of(attribute, argument) or field.node,
        action=action,
        allowed=", ".join(f"`{one}`" for one in allowed),
    )


def _check_name(field: RelationField, attribute: Attribute, context: Context) -> None:
    if field.mapped_name is None:
        return
    if not context.provider.is_postgresql:
        context.error(texts.FOREIGN_KEY_NAMED, attribute)
        return
    check_length(field.model, attribute, field.mapped_name, context, is_block=False)


def _suggest_index(field: RelationField, context: Context) -> None:
    """Without foreign keys nobody but the schema's author thinks of the index."""
    model = field.model
    own = field.fields or []
    keys = [one.fields for one in model.indexes]
    if model.primary_key is not None:
        keys.append(model.primary_key.fields)
    if any([one.field for one in key[: len(own)]] == own for key in keys):
        return
    if field.attribute is not None:
        context.warning(texts.RELATION_WITHOUT_INDEX, field.attribute)
