"""Rules for views, which have no keys and indexes of their own: `@unique` is only a promise."""

from forebay.schema import texts
from forebay.schema.checks.context import Context, shown_attribute
from forebay.schema.model import Index, Model


def check_view(view: Model, context: Context) -> None:
    """The rules for a view as a whole."""
    if "views" not in context.features:
        context.error(texts.VIEW_WITHOUT_FEATURE, view.node)
    if view.primary_key is not None:
        context.error(texts.VIEW_WITH_ID, view.primary_key.node)


def check_view_index(index: Index, context: Context) -> None:
    """The rules for what would be an index on a model."""
    if index.kind != "unique":
        context.error(texts.VIEW_WITH_INDEX, index.node)
        return
    if index.mapped_name is not None:
        context.error(texts.VIEW_UNIQUE_NAMED, index.node)
    if index.clustered is not None:
        context.error(texts.VIEW_UNIQUE_CLUSTERED, index.node)
    if any(one.sort or one.length is not None or one.ops is not None for one in index.fields):
        shown = shown_attribute(index)
        context.error(texts.VIEW_UNIQUE_ARGUMENTS, index.node, attribute=shown)
