"""How results may be ordered: by fields, by related records, by aggregates, by relevance."""

from __future__ import annotations

from forebay.schema.dmmf.client import (
    Client,
    ClientModel,
    is_list,
    is_numeric,
)
from forebay.schema.dmmf.kinds import (
    NULLS_ORDER,
    SORT_ORDER,
    STRING,
    InputField,
    InputObject,
    Reference,
    enum,
    input_object,
    one_or_many,
)
from forebay.schema.model import RelationField, ScalarField


def order_type(client: Client, model: ClientModel, *, has_aggregates: bool = False) -> Reference:
    """Return the order of a model's records, or of groups of them."""
    suffix = "Aggregation" if has_aggregates else "Relation"

    def build() -> InputObject:
        fields = [_scalar(field) for field in model.scalars]
        if has_aggregates:
            fields += _aggregates(model)
        else:
            fields += [_relation(client, field) for field in model.relations]
            fields += _relevance(client, model)
        return InputObject(fields, model.name, least=0, most=1)

    return input_object(f"{model.name}OrderByWith{suffix}Input", build)


def ordered_by_value(model: ClientModel) -> list[ScalarField]:
    """Return the fields that have a least and a greatest value."""
    return [
        field
        for field in model.scalars
        if not is_list(field) and (field.enum is not None or field.type != "Json")
    ]


def numbers(model: ClientModel) -> list[ScalarField]:
    """Return the fields that hold numbers, in lists too."""
    return [field for field in model.scalars if is_numeric(field)]


def _scalar(field: ScalarField) -> InputField:
    types = [SORT_ORDER]
    if field.arity == "?":
        types.append(input_object("SortOrderInput", _sort_and_nulls))
    return InputField(field.name, types)


def _sort_and_nulls() -> InputObject:
    return InputObject(
        [InputField("sort", [SORT_ORDER], is_required=True), InputField("nulls", [NULLS_ORDER])]
    )


def _relation(client: Client, field: RelationField) -> InputField:
    related = client.of(field.related_model)
    if not is_list(field):
        return InputField(field.name, [order_type(client, related)])

    def build() -> InputObject:
        return InputObject([InputField("_count", [SORT_ORDER])], related.name, least=1, most=1)

    return InputField(
        field.name, [input_object(f"{related.name}OrderByRelationAggregateInput", build)]
    )


def _aggregates(model: ClientModel) -> list[InputField]:
    found: list[tuple[str, list[ScalarField]]] = [
        ("count", model.scalars),
        ("avg", numbers(model)),
        ("max", ordered_by_value(model)),
        ("min", ordered_by_value(model)),
        ("sum", numbers(model)),
    ]
    return [_aggregate(model, name, fields) for name, fields in found if fields]


def _aggregate(model: ClientModel, name: str, fields: list[ScalarField]) -> InputField:
    def build() -> InputObject:
        parts = [InputField(field.name, [SORT_ORDER]) for field in fields]
        return InputObject(parts, model.name, least=1, most=1)

    type_ = input_object(f"{model.name}{name.capitalize()}OrderByAggregateInput", build)
    return InputField(f"_{name}", [type_])


def _relevance(client: Client, model: ClientModel) -> list[InputField]:
    texts = [field.name for field in model.scalars if field.type == "String" and not field.enum]
    if not client.has_text_search or not texts:
        return []
    names = enum(f"{model.name}OrderByRelevanceFieldEnum", texts)

    def build() -> InputObject:
        fields = [
            InputField("fields", one_or_many(names), is_required=True),
            InputField("sort", [SORT_ORDER], is_required=True),
            InputField("search", [STRING], is_required=True, is_parameterizable=True),
        ]
        return InputObject(fields, model.name)

    return [InputField("_relevance", [input_object(f"{model.name}OrderByRelevanceInput", build)])]
