"""What a new record is given: checked (relations as relations) or unchecked (keys as values)."""

from __future__ import annotations

from forebay.schema.dmmf import nested
from forebay.schema.dmmf.client import (
    Client,
    ClientModel,
    capitalized,
    holds_keys,
    is_generated_key,
    is_list,
    is_required,
    json_null,
    opposite,
    scalar_type,
)
from forebay.schema.dmmf.kinds import (
    InputField,
    InputObject,
    Reference,
    input_object,
)
from forebay.schema.model import RelationField, ScalarField


def create_types(
    client: Client, model: ClientModel, parent: RelationField | None = None
) -> list[Reference]:
    """Return both forms; inside ``parent``, without the way back to it."""
    back = opposite(parent) if parent is not None else None
    without = f"Without{capitalized(back.name)}" if back is not None else ""

    def checked() -> InputObject:
        fields = [_scalar(field) for field in model.writable if not is_generated_key(field)]
        for field in model.relations:
            if field is not back:
                fields.append(_relation(client, field, unchecked=False))
        return InputObject(fields, model.name)

    def unchecked() -> InputObject:
        fields = [_scalar(field) for field in model.unlinked(back)]
        for field in model.relations:
            if field is not back and not holds_keys(field):
                fields.append(_relation(client, field, unchecked=True))
        return InputObject(fields, model.name)

    return [
        input_object(f"{model.name}Create{without}Input", checked),
        input_object(f"{model.name}UncheckedCreate{without}Input", unchecked),
    ]


def create_many_type(model: ClientModel, parent: RelationField | None = None) -> Reference:
    """Return what one of many new records is given."""
    back = opposite(parent) if parent is not None else None
    within = capitalized(back.name) if back is not None else ""

    def build() -> InputObject:
        return InputObject([_scalar(field) for field in model.unlinked(back)], model.name)

    return input_object(f"{model.name}CreateMany{within}Input", build)


def _scalar(field: ScalarField) -> InputField:
    type_ = scalar_type(field)
    if is_list(field):
        return InputField(field.name, [_list(field, type_), type_])
    is_given = field.default is not None or field.is_updated_at
    is_needed = is_required(field) and not is_given
    if field.kind == "scalar" and field.type == "Json":
        types = [json_null(field), type_]
        return InputField(field.name, types, is_required=is_needed, is_parameterizable=True)
    return InputField(
        field.name,
        [type_],
        is_required=is_needed,
        is_nullable=not is_required(field),
        is_parameterizable=True,
    )


def _list(field: ScalarField, type_: Reference) -> Reference:
    def build() -> InputObject:
        given = InputField("set", [type_], is_required=True, is_parameterizable=True)
        return InputObject([given], field.model.name, least=1, most=1)

    return input_object(f"{field.model.name}Create{field.name}Input", build)


def _relation(client: Client, field: RelationField, *, unchecked: bool) -> InputField:
    has_defaults = all(one.default is not None for one in field.fields or ())
    return InputField(
        field.name,
        [nested.create_within(client, field, unchecked=unchecked)],
        is_required=is_required(field) and not has_defaults,
    )
