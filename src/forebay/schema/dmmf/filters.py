"""The filters of scalar fields: which operators each type has."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forebay.schema.dmmf.client import Client, is_list, is_required, scalar_type, type_name
from forebay.schema.dmmf.kinds import (
    BOOLEAN,
    JSON,
    JSON_NULL_FILTER,
    NULL,
    QUERY_MODE,
    STRING,
    InputField,
    InputObject,
    Reference,
    input_object,
    scalar,
    with_field_reference,
)
from forebay.schema.model import ScalarField

_COMPARED = frozenset({"String", "Int", "BigInt", "Float", "DateTime", "Decimal"})
_ONLY_EQUAL = frozenset({"Boolean", "Json"})
_AVERAGED_AS_FLOAT = frozenset({"Int", "BigInt", "Float"})


@dataclass(frozen=True, slots=True)
class _Filter:
    """Which filter: of what type, and where it stands."""

    type: Reference
    name: str
    is_nullable: bool
    is_nested: bool = False
    has_aggregates: bool = False

    @property
    def title(self) -> str:
        """Its own name."""
        nested = "Nested" if self.is_nested else ""
        nullable = "Nullable" if self.is_nullable else ""
        aggregates = "WithAggregates" if self.has_aggregates else ""
        return f"{nested}{self.name}{nullable}{aggregates}Filter"


def filter_types(
    client: Client, field: ScalarField, *, has_aggregates: bool = False
) -> list[Reference]:
    """Return what a field may be compared with: a filter, or a value of its own."""
    if is_list(field):
        return [_list_filter(field)]
    name = type_name(field)
    native = field.native_type
    if native is not None and native.name.lower() == "uuid":
        name = "Uuid"
    found = _Filter(scalar_type(field), name, not is_required(field), has_aggregates=has_aggregates)
    types = [_reference(client, found)]
    if field.type != "Json" or field.enum is not None:
        types.append(scalar_type(field))
    return types


def _nullable(types: list[Reference], is_nullable: bool) -> list[Reference]:
    return [*types, NULL] if is_nullable else types


def _operator(name: str, types: list[Reference], *, is_nullable: bool = False) -> InputField:
    return InputField(name, types, is_nullable=is_nullable, is_parameterizable=True)


def _list_filter(field: ScalarField) -> Reference:
    single, many = scalar_type(field, listed=False), scalar_type(field, listed=True)

    def build() -> InputObject:
        fields = [
            _operator("equals", with_field_reference(many), is_nullable=True),
            _operator("has", with_field_reference(single), is_nullable=True),
            _operator("hasEvery", with_field_reference(many)),
            _operator("hasSome", with_field_reference(many)),
            InputField("isEmpty", [BOOLEAN]),
        ]
        return InputObject(fields, field.model.name, least=1, most=1)

    return input_object(f"{type_name(field)}NullableListFilter", build)


def _reference(client: Client, wanted: _Filter) -> Reference:
    return input_object(wanted.title, lambda: InputObject(_operators(client, wanted)))


def _operators(client: Client, wanted: _Filter) -> list[InputField]:
    kind = wanted.type.name if wanted.type.location == "scalar" else "enum"
    if kind == "Json":
        fields = _json_operators(wanted)
    else:
        fields = [
            _operator("equals", with_field_reference(wanted.type), is_nullable=wanted.is_nullable)
        ]
        if kind not in _ONLY_EQUAL:
            fields += _inclusions(wanted)
        if kind in _COMPARED:
            fields += _comparisons(wanted.type)
        if kind == "String":
            fields += _text_operators(client, wanted)
        inner = _reference(client, replace(wanted, is_nested=True))
        fields.append(_operator("not", [wanted.type, inner], is_nullable=wanted.is_nullable))
    if wanted.has_aggregates:
        fields += _aggregates(client, wanted, kind)
    return fields


def _inclusions(wanted: _Filter) -> list[InputField]:
    types = with_field_reference(wanted.type.listed())
    return [_operator(name, types, is_nullable=wanted.is_nullable) for name in ("in", "notIn")]


def _comparisons(type_: Reference) -> list[InputField]:
    types = with_field_reference(type_)
    return [_operator(name, types) for name in ("lt", "lte", "gt", "gte")]


def _text_operators(client: Client, wanted: _Filter) -> list[InputField]:
    types = with_field_reference(wanted.type)
    names = () if wanted.name == "Uuid" else ("contains", "startsWith", "endsWith")
    fields = [_operator(name, types) for name in names]
    if client.has_text_search:
        fields.append(_operator("search", [wanted.type]))
    if not wanted.is_nested:
        fields.append(InputField("mode", [QUERY_MODE]))
    return fields


def _json_operators(wanted: _Filter) -> list[InputField]:
    values = with_field_reference(JSON)
    texts = with_field_reference(STRING)
    equality = [*with_field_reference(wanted.type), JSON_NULL_FILTER]
    fields = [
        _operator("equals", equality),
        InputField("path", [STRING.listed()]),
        InputField("mode", with_field_reference(QUERY_MODE)),
    ]
    names = ("string_contains", "string_starts_with", "string_ends_with")
    fields += [_operator(name, texts) for name in names]
    names = ("array_starts_with", "array_ends_with", "array_contains")
    fields += [_operator(name, values, is_nullable=True) for name in names]
    return [*fields, *_comparisons(wanted.type), _operator("not", equality)]


def _aggregates(client: Client, wanted: _Filter, kind: str) -> list[InputField]:
    def inner(name: str, of: str) -> InputField:
        filter_ = _Filter(scalar(of), of, wanted.is_nullable, is_nested=True)
        return InputField(name, [_reference(client, filter_)])

    own = _Filter(wanted.type, wanted.name, wanted.is_nullable, is_nested=True)
    if wanted.name == "Uuid":
        own = replace(own, name="String")
    same = [_reference(client, own)]
    fields = [inner("_count", "Int")]
    if kind in _AVERAGED_AS_FLOAT or kind == "Decimal":
        fields.append(inner("_avg", "Float" if kind in _AVERAGED_AS_FLOAT else kind))
        fields.append(InputField("_sum", same))
    return [*fields, InputField("_min", same), InputField("_max", same)]
