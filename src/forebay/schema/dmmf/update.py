"""What an existing record is given: values, or operations on the old ones."""

from __future__ import annotations

from forebay.schema.dmmf import nested
from forebay.schema.dmmf.client import (
    Client,
    ClientModel,
    capitalized,
    holds_keys,
    is_fixed,
    is_list,
    is_required,
    json_null,
    opposite,
    scalar_type,
    type_name,
)
from forebay.schema.dmmf.kinds import InputField, InputObject, Reference, input_object
from forebay.schema.model import RelationField, ScalarField

_NUMBERS = frozenset({"Int", "BigInt", "Float", "Decimal"})


def update_types(
    client: Client, model: ClientModel, parent: RelationField | None = None
) -> list[Reference]:
    """Return both forms; inside ``parent``, without the way back to it."""
    back = opposite(parent) if parent is not None else None
    without = f"Without{capitalized(back.name)}" if back is not None else ""

    def checked() -> InputObject:
        fields = [_scalar(field) for field in model.writable if not is_fixed(field)]
        for field in model.relations:
            if not _is_called(field, back):
                fields.append(_relation(client, field, unchecked=False))
        return InputObject(fields, model.name)

    def unchecked() -> InputObject:
        fields = [_scalar(field) for field in model.unlinked(back)]
        for field in model.relations:
            if not _is_called(field, back) and not holds_keys(field):
                fields.append(_relation(client, field, unchecked=True))
        return InputObject(fields, model.name)

    return [
        input_object(f"{model.name}Update{without}Input", checked),
        input_object(f"{model.name}UncheckedUpdate{without}Input", unchecked),
    ]


def update_many_types(model: ClientModel, parent: RelationField | None = None) -> list[Reference]:
    """Return what many records are given at once: their scalars."""
    back = opposite(parent) if parent is not None else None
    without = f"Without{capitalized(back.name)}" if back is not None else ""

    def checked() -> InputObject:
        fields = [_scalar(field) for field in model.writable if not is_fixed(field)]
        return InputObject(fields, model.name)

    def unchecked() -> InputObject:
        return InputObject([_scalar(field) for field in model.unlinked(back)], model.name)

    return [
        input_object(f"{model.name}UpdateManyMutationInput", checked),
        input_object(f"{model.name}UncheckedUpdateMany{without}Input", unchecked),
    ]


def _is_called(field: RelationField, back: RelationField | None) -> bool:
    return back is not None and field.name == back.name


def _scalar(field: ScalarField) -> InputField:
    type_ = scalar_type(field)
    if is_list(field):
        return InputField(field.name, [_list(field), type_])
    if field.kind == "scalar" and field.type == "Json":
        return InputField(field.name, [json_null(field), type_], is_parameterizable=True)
    return InputField(
        field.name,
        [type_, _operations(field, type_)],
        is_nullable=not is_required(field),
        is_parameterizable=True,
    )


def _operations(field: ScalarField, type_: Reference) -> Reference:
    nullable = "" if is_required(field) else "Nullable"

    def build() -> InputObject:
        fields = [InputField("set", [type_], is_nullable=bool(nullable), is_parameterizable=True)]
        if field.kind == "scalar" and field.type in _NUMBERS:
            names = ("increment", "decrement", "multiply", "divide")
            fields += [InputField(name, [type_], is_parameterizable=True) for name in names]
        return InputObject(fields, field.model.name, least=1, most=1)

    return input_object(f"{nullable}{type_name(field)}FieldUpdateOperationsInput", build)


def _list(field: ScalarField) -> Reference:
    single, many = scalar_type(field, listed=False), scalar_type(field)

    def build() -> InputObject:
        fields = [
            InputField("set", [many], is_parameterizable=True),
            InputField("push", [single, many], is_parameterizable=True),
        ]
        return InputObject(fields, field.model.name, least=1, most=1)

    return input_object(f"{field.model.name}Update{field.name}Input", build)


def _relation(client: Client, field: RelationField, *, unchecked: bool) -> InputField:
    return InputField(field.name, [nested.update_within(client, field, unchecked=unchecked)])
