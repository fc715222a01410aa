"""Conditions: on any field, on the scalars alone, and on what identifies one record."""

from __future__ import annotations

from collections.abc import Callable

from forebay.schema.dmmf.client import (
    Client,
    ClientModel,
    capitalized,
    is_criterion,
    is_list,
    is_required,
    key_name,
    scalar_type,
)
from forebay.schema.dmmf.datamodel import is_whole_key
from forebay.schema.dmmf.filters import filter_types
from forebay.schema.dmmf.kinds import InputField, InputObject, Reference, input_object
from forebay.schema.model import Index, PrimaryKey, RelationField, ScalarField


def where_type(client: Client, model: ClientModel) -> Reference:
    """Return the condition on all fields of a model."""

    def build() -> InputObject:
        fields = _connectives(where_type(client, model))
        fields += [filter_field(client, field) for field in model.fields]
        return InputObject(fields, model.name, model.name)

    return input_object(f"{model.name}WhereInput", build)


def scalar_where_type(
    client: Client, model: ClientModel, *, has_aggregates: bool = False
) -> Reference:
    """Return the condition on the scalars of a model."""
    suffix = "WithAggregates" if has_aggregates else ""

    def build() -> InputObject:
        itself = scalar_where_type(client, model, has_aggregates=has_aggregates)
        fields = _connectives(itself)
        fields += [
            filter_field(client, field, has_aggregates=has_aggregates) for field in model.scalars
        ]
        return InputObject(fields, model.name, model.name)

    return input_object(f"{model.name}ScalarWhere{suffix}Input", build)


def where_unique_type(client: Client, model: ClientModel) -> Reference:
    """Return the condition that finds one record."""

    def build() -> InputObject:
        keys: list[PrimaryKey | Index] = [*model.uniques]
        if model.model.primary_key is not None:
            keys.insert(0, model.model.primary_key)
        own = [field for field in model.scalars if is_criterion(field) or is_whole_key(field)]
        fields = [_value(field, is_required=False) for field in own]
        # Prisma writes the compound key behind the other compound criteria.
        compound = [*keys[1:], *keys[:1]] if model.model.primary_key is not None else keys
        fields += [_compound(model, key) for key in compound if _is_compound(key)]
        fields += _connectives(where_type(client, model))
        others: list[ScalarField | RelationField] = [
            field for field in model.scalars if field not in own
        ]
        fields += [filter_field(client, field) for field in [*others, *model.relations]]
        names = tuple(key_name(key) for key in keys)
        return InputObject(fields, model.name, model.name, least=1, one_of=names)

    return input_object(f"{model.name}WhereUniqueInput", build)


def filter_field(
    client: Client, field: ScalarField | RelationField, *, has_aggregates: bool = False
) -> InputField:
    """Return the condition on one field."""
    if isinstance(field, RelationField):
        types = _relation_types(client, field)
        is_nullable = not is_list(field) and not is_required(field)
        return InputField(field.name, types, is_nullable=is_nullable)
    is_json = field.kind == "scalar" and field.type == "Json"
    return InputField(
        field.name,
        filter_types(client, field, has_aggregates=has_aggregates),
        is_nullable=field.arity == "?" and not is_json,
        is_parameterizable=not is_list(field) and not is_json,
    )


def _connectives(condition: Reference) -> list[InputField]:
    return [
        InputField("AND", [condition, condition.listed()]),
        InputField("OR", [condition.listed()]),
        InputField("NOT", [condition, condition.listed()]),
    ]


def _value(field: ScalarField, *, is_required: bool) -> InputField:
    return InputField(
        field.name, [scalar_type(field)], is_required=is_required, is_parameterizable=True
    )


def _is_compound(key: PrimaryKey | Index) -> bool:
    return len(key.fields) > 1 and all(part.field.kind != "unsupported" for part in key.fields)


def _compound(model: ClientModel, key: PrimaryKey | Index) -> InputField:
    names = [capitalized(part.name) for part in key.fields]
    title = capitalized(key.name) if key.name else "".join(names)

    def build() -> InputObject:
        fields = [_value(part.field, is_required=True) for part in key.fields]
        return InputObject(fields, model.name)

    return InputField(
        key_name(key), [input_object(f"{model.name}{title}CompoundUniqueInput", build)]
    )


def _relation_types(client: Client, field: RelationField) -> list[Reference]:
    related = client.of(field.related_model)
    condition = where_type(client, related)
    if is_list(field):
        name = f"{capitalized(related.name)}ListRelationFilter"
        return [input_object(name, _envelope(related, condition, ("every", "some", "none"), False))]
    nullable = "" if is_required(field) else "Nullable"
    name = f"{capitalized(related.name)}{nullable}ScalarRelationFilter"
    build = _envelope(related, condition, ("is", "isNot"), not is_required(field))
    return [input_object(name, build), condition]


def _envelope(
    related: ClientModel, condition: Reference, names: tuple[str, ...], is_nullable: bool
) -> Callable[[], InputObject]:
    return lambda: InputObject(
        [InputField(name, [condition], is_nullable=is_nullable) for name in names], related.name
    )
