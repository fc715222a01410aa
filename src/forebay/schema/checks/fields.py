"""Rules for scalar fields: what the provider stores, names, native types and defaults."""

from forebay.schema import texts
from forebay.schema.checks.constraints import check_length
from forebay.schema.checks.context import Context
from forebay.schema.checks.literals import check_literal
from forebay.schema.checks.native_types import check_native_type, check_unsupported
from forebay.schema.model import AnyField, Model, ScalarField
from forebay.schema.tree import LIST, Call


def is_autoincrement(field: ScalarField) -> bool:
    """Say whether a field's default is `autoincrement()`."""
    default = field.default
    return (
        default is not None
        and isinstance(default.value, Call)
        and default.value.name == "autoincrement"
    )


def taken_names(model: Model) -> dict[str, list[str]]:
    """Return the client's names of a model's keys, each with the attributes that give it."""
    found: dict[str, list[str]] = {}
    for index in model.indexes:
        if index.name is not None and "@@unique" not in found.setdefault(index.name, []):
            found[index.name].append("@@unique")
    key = model.primary_key
    if key is not None and key.name is not None:
        found.setdefault(key.name, []).append("@@id")
    return found


def check_client_name(field: AnyField, taken: dict[str, list[str]], context: Context) -> None:
    """A field and a key of a model cannot share a name of the client's."""
    model = field.model
    for attribute in taken.get(field.name, ()):
        context.error(
            texts.CLIENT_NAME_IS_FIELD,
            model.node,
            kind=model.keyword,
            model=model.name,
            name=field.name,
            shown=attribute,
        )


def check_scalar(field: ScalarField, taken: dict[str, list[str]], context: Context) -> None:
    """The rules for a scalar field; `taken` are the client's names of the model's keys."""
    if not context.provider.is_postgresql:
        _check_storable(field, context)
    if taken:
        check_client_name(field, taken, context)
    if field.native_type is not None:
        check_native_type(field, context)
    if field.default is not None:
        check_default(field, context)
    if field.kind == "unsupported":
        check_unsupported(field, context)


def _check_storable(field: ScalarField, context: Context) -> None:
    """Without a datasource there are no lists and no decimals."""
    gaps = {"field": field.name, "kind": field.model.keyword, "model": field.model.name}
    if field.kind == "scalar" and field.type == "Json" and field.arity == LIST:
        context.error(texts.NO_JSON_LISTS, field.node, **gaps)
    if field.kind == "scalar" and field.type == "Decimal":
        context.error(texts.NO_DECIMALS, field.node, **gaps)
    if field.arity == LIST:
        context.error(texts.NO_LISTS, field.node, **gaps)


def check_default(field: ScalarField, context: Context) -> None:
    """The rules for `@default` that need the provider."""
    default = field.default
    if default is None:
        return
    if default.mapped_name is not None:
        context.error(texts.DEFAULT_NAMED, default.node)
        check_length(field.model, default.node, default.mapped_name, context, is_block=False)
    if field.kind == "scalar":
        check_literal(field.type, default.value, context)
    if isinstance(default.value, Call) and default.value.name == "auto":
        context.error(texts.AUTO_NOT_SUPPORTED, default.value)
