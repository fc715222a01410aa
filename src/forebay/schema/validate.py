"""The last pass: rules that need a sound model, in the order in which Prisma reports them."""

from forebay.schema import texts
from forebay.schema.checks import fields, indexes, models, postgresql, relation_fields, views
from forebay.schema.checks.composites import check_composites
from forebay.schema.checks.constraints import ConstraintNames
from forebay.schema.checks.context import Context
from forebay.schema.checks.relations import check_relation
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.model import Model, ScalarField, Schema
from forebay.schema.tree import Call


def validate(
    schema: Schema, unknown_functions: list[ScalarField], diagnostics: Diagnostics, prisma: int
) -> None:
    """Check the whole model of a schema in which nothing has been found wrong so far."""
    context = Context(schema, diagnostics, prisma)
    names = ConstraintNames(context)
    check_composites(context)
    for field in unknown_functions:
        value = field.default.value if field.default else None
        if isinstance(value, Call):
            context.error(texts.UNKNOWN_FUNCTION, value, function=value.name)
    postgresql.check_extensions(context)
    models.database_names_are_unique(context)
    groups = relation_fields.by_relation_name(context)
    for model in context.models:
        if not _check_model(model, names, groups, context):
            # Of an ambiguous relation nothing else can be said.
            return
    models.check_enums(context)
    for relation in schema.relations:
        check_relation(relation, names, context)


def _check_model(
    model: Model,
    names: ConstraintNames,
    groups: relation_fields.RelationFields,
    context: Context,
) -> bool:
    if model.is_view:
        views.check_view(model, context)
        models.check_schema(model, context)
    else:
        models.has_unique_criterion(model, context)
        models.check_primary_key(model, names, context)
        models.check_shard_key(model, context)
        models.check_schema(model, context)
        postgresql.check_columns(model, context)
        models.check_autoincrement(model, context)
        models.clustering_of_key(model, context)
    taken = fields.taken_names(model)
    for field in model.scalars:
        fields.check_scalar(field, taken, context)
    for relation in model.relations:
        if relation_fields.is_ambiguous(relation, groups, context):
            return False
        fields.check_client_name(relation, taken, context)
        relation_fields.check_relation_field(relation, context)
    for index in model.indexes:
        if model.is_view:
            views.check_view_index(index, context)
        else:
            indexes.check_index(index, names, context)
    return True
