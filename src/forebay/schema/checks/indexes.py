"""Rules for indexes and unique constraints."""

from forebay.schema import texts
from forebay.schema.checks.constraints import ConstraintNames, check_length
from forebay.schema.checks.context import Context, argument_of, shown_attribute
from forebay.schema.model import Index


def check_index(index: Index, names: ConstraintNames, context: Context) -> None:
    """The rules for an index that need no look at its columns' types."""
    shown = shown_attribute(index)
    node = index.node
    if not index.fields:
        context.error(texts.INDEX_EMPTY, node, attribute=shown)
    names.of_index(index, context)
    _name_is_no_field(index, context)
    names.of_client(index, context)
    if any(one.length is not None for one in index.fields):
        context.error(texts.INDEX_LENGTH, node, attribute=shown)
    if not context.provider.is_postgresql and index.algorithm not in (None, "BTree"):
        place = argument_of(node, "type") or node
        context.error(texts.INDEX_TYPE_NOT_SUPPORTED, place, attribute=shown)
    if (
        context.provider.is_postgresql
        and index.algorithm == "Hash"
        and any(one.sort is not None for one in index.fields)
    ):
        context.error(texts.HASH_SORT, node, attribute=shown)
    if index.kind == "fulltext":
        context.error(texts.FULLTEXT_NOT_SUPPORTED, node, attribute=shown)
    check_length(index.model, node, index.mapped_name, context, is_block=index.source is None)
    if index.clustered is not None:
        context.error(texts.CLUSTERED, node, attribute=shown)
    if index.kind != "normal" and any(one.ops is not None for one in index.fields):
        context.error(texts.OPERATOR_CLASS_PLACE, node, attribute=shown)
    if index.where is not None and "partialIndexes" not in context.features:
        place = argument_of(node, "where") or node
        context.error(texts.PARTIAL_WITHOUT_FEATURE, place, attribute=shown)


def _name_is_no_field(index: Index, context: Context) -> None:
    if index.kind != "unique" or len(index.fields) < 2:
        return
    model = index.model
    name = "_".join(
        "_".join([one.field.name, *(step.name for step in one.path)]) for one in index.fields
    )
    if any(field.name == name for field in model.scalars):
        context.error(
            texts.UNIQUE_NAME_IS_FIELD,
            index.node,
            kind=model.keyword,
            model=model.name,
            name=name,
            shown=shown_attribute(index),
        )
