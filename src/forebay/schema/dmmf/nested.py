"""Writes to related records inside a write: create, connect, disconnect, update, delete."""

from __future__ import annotations

from forebay.schema.dmmf import create, update
from forebay.schema.dmmf.client import (
    Client,
    capitalized,
    is_list,
    is_many_to_many,
    is_required,
    opposite,
)
from forebay.schema.dmmf.kinds import (
    BOOLEAN,
    InputField,
    InputObject,
    Reference,
    input_object,
    one_or_many,
)
from forebay.schema.dmmf.where import scalar_where_type, where_type, where_unique_type
from forebay.schema.model import RelationField


def create_within(client: Client, field: RelationField, *, unchecked: bool) -> Reference:
    """Return what a relation may be given when its record is created."""
    arity = "NestedMany" if is_list(field) else "NestedOne"
    form = "Unchecked" if unchecked else ""

    def build() -> InputObject:
        fields = [*_creations(client, field, upsert=False), _unique(client, field, "connect")]
        return InputObject(fields, field.related_model.name)

    return input_object(
        f"{field.related_model.name}{form}Create{arity}{_without(field)}Input", build
    )


def update_within(client: Client, field: RelationField, *, unchecked: bool) -> Reference:
    """Return what a relation may be given when its record is updated."""
    single = "OneRequired" if is_required(field) else "One"
    arity = "Many" if is_list(field) else single
    form = "Unchecked" if unchecked else ""

    def build() -> InputObject:
        fields = [
            *_creations(client, field, upsert=True),
            *_removals(client, field),
            _unique(client, field, "connect"),
            _update(client, field),
            *_many(client, field),
        ]
        return InputObject(fields, field.related_model.name)

    return input_object(
        f"{field.related_model.name}{form}Update{arity}{_without(field)}NestedInput", build
    )


def _without(field: RelationField) -> str:
    return f"Without{capitalized(opposite(field).name)}"


def _unique(client: Client, field: RelationField, name: str) -> InputField:
    condition = where_unique_type(client, client.of(field.related_model))
    return InputField(name, one_or_many(condition, many=is_list(field)))


def _creations(client: Client, field: RelationField, *, upsert: bool) -> list[InputField]:
    related = client.of(field.related_model)
    if not related.is_creatable:
        return []
    many = is_list(field)
    types = create.create_types(client, related, field)
    fields = [
        InputField("create", [one for type_ in types for one in one_or_many(type_, many=many)]),
        InputField(
            "connectOrCreate", one_or_many(_connect_or_create(client, field, types), many=many)
        ),
    ]
    if upsert:
        fields.append(InputField("upsert", one_or_many(_upsert(client, field, types), many=many)))
    if many and not is_many_to_many(field):
        fields.append(InputField("createMany", [_create_many(client, field)]))
    return fields


def _connect_or_create(client: Client, field: RelationField, types: list[Reference]) -> Reference:
    related = client.of(field.related_model)

    def build() -> InputObject:
        fields = [
            InputField("where", [where_unique_type(client, related)], is_required=True),
            InputField("create", types, is_required=True),
        ]
        return InputObject(fields, related.name)

    return input_object(f"{related.name}CreateOrConnect{_without(field)}Input", build)


def _create_many(client: Client, field: RelationField) -> Reference:
    related = client.of(field.related_model)
    type_ = create.create_many_type(related, field)

    def build() -> InputObject:
        fields = [
            InputField("data", one_or_many(type_), is_required=True),
            InputField("skipDuplicates", [BOOLEAN]),
        ]
        return InputObject(fields, related.name)

    return input_object(f"{type_.name}Envelope", build)


def _upsert(client: Client, field: RelationField, types: list[Reference]) -> Reference:
    related = client.of(field.related_model)
    updates = update.update_types(client, related, field)

    def build() -> InputObject:
        both = [
            InputField("update", updates, is_required=True),
            InputField("create", types, is_required=True),
        ]
        if is_list(field):
            unique = where_unique_type(client, related)
            fields = [InputField("where", [unique], is_required=True), *both]
        else:
            fields = [*both, InputField("where", [where_type(client, related)])]
        return InputObject(fields, related.name)

    many = "WithWhereUnique" if is_list(field) else ""
    return input_object(f"{related.name}Upsert{many}{_without(field)}Input", build)


def _removals(client: Client, field: RelationField) -> list[InputField]:
    if is_list(field):
        return [_unique(client, field, name) for name in ("set", "disconnect", "delete")]
    if is_required(field):
        return []
    condition = where_type(client, client.of(field.related_model))
    return [InputField(name, [BOOLEAN, condition]) for name in ("disconnect", "delete")]


def _update(client: Client, field: RelationField) -> InputField:
    related = client.of(field.related_model)
    types = update.update_types(client, related, field)
    data = InputField("data", types, is_required=True)

    def one_of_many() -> InputObject:
        unique = where_unique_type(client, related)
        return InputObject([InputField("where", [unique], is_required=True), data], related.name)

    def the_one() -> InputObject:
        return InputObject([InputField("where", [where_type(client, related)]), data], related.name)

    if is_list(field):
        name = f"{related.name}UpdateWithWhereUnique{_without(field)}Input"
        return InputField("update", one_or_many(input_object(name, one_of_many)))
    name = f"{related.name}UpdateToOneWithWhere{_without(field)}Input"
    return InputField("update", [input_object(name, the_one), *types])


def _many(client: Client, field: RelationField) -> list[InputField]:
    if not is_list(field):
        return []
    related = client.of(field.related_model)
    condition = scalar_where_type(client, related)

    def build() -> InputObject:
        fields = [
            InputField("where", [condition], is_required=True),
            InputField("data", update.update_many_types(related, field), is_required=True),
        ]
        return InputObject(fields, related.name)

    name = f"{related.name}UpdateManyWithWhere{_without(field)}Input"
    return [
        InputField("updateMany", one_or_many(input_object(name, build))),
        InputField("deleteMany", one_or_many(condition)),
    ]
