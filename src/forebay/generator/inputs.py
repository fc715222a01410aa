"""The inputs of a client, as Python has them, gathered from the table of Prisma's types.

Prisma has two forms of what a record is written with: relations, or the keys that relations are
made of. A client in Python takes either in one dictionary, so both forms are one type here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from forebay.client.spelling import PYTHON
from forebay.schema.dmmf.client import Client, ClientModel
from forebay.schema.dmmf.create import create_many_type, create_types
from forebay.schema.dmmf.kinds import EnumValues, InputField, InputObject, Reference
from forebay.schema.dmmf.order import order_type
from forebay.schema.dmmf.update import update_many_types, update_types
from forebay.schema.dmmf.where import scalar_where_type, where_type, where_unique_type

# The names of operators: an object of these alone is none of a model's own.
_OPERATORS = frozenset(
    {
        "equals", "in", "notIn", "lt", "lte", "gt", "gte", "not", "contains", "startsWith",
        "endsWith", "search", "mode", "path", "string_contains", "string_starts_with",
        "string_ends_with", "array_contains", "array_starts_with", "array_ends_with", "has",
        "hasEvery", "hasSome", "isEmpty", "is", "isNot", "some", "every", "none", "_count", "_avg",
        "_sum", "_min", "_max", "create", "createMany", "connect", "connectOrCreate", "set",
        "disconnect", "delete", "update", "updateMany", "deleteMany", "upsert", "data",
        "skipDuplicates", "where",
    }
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """A name in a dictionary, and what it may hold."""

    name: str
    types: list[Reference]
    is_required: bool = False
    is_nullable: bool = False


@dataclass(slots=True)
class Input:
    """A dictionary. Of ``one_of`` one at least must be there. ``model`` is whose it is."""

    name: str
    model: str | None
    entries: list[Entry]
    one_of: tuple[str, ...] = ()


@dataclass(slots=True)
class Inputs:
    """All dictionaries of a client, by name, and the texts that stand for enums of Prisma's."""

    by_name: dict[str, Input] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    # What a type is called here, where it is called otherwise.
    names: dict[str, str] = field(default_factory=dict)

    def of(self, model: str | None) -> list[Input]:
        """Return the dictionaries of a model, or those of none."""
        return [one for one in self.by_name.values() if one.model == model]

    def name_of(self, reference: Reference) -> str:
        """Return what a type is called here."""
        return self.names.get(reference.name, reference.name)


def gather(client: Client) -> Inputs:
    """Return every input that an operation on a model may be given."""
    return _Gathering(client).inputs


class _Gathering:
    def __init__(self, client: Client) -> None:
        self.inputs = Inputs()
        self._models = {model.name.lower(): model.name for model in client.models}
        self._waiting: list[Reference] = []
        self._seen: set[str] = set()
        self._pairs: dict[str, Reference] = {}
        for model in client.models:
            for types in _roots(client, model):
                self._refer(types)
        while self._waiting:
            self._take(self._waiting.pop(0))

    def _refer(self, types: Iterable[Reference]) -> list[Reference]:
        """Note what is referred to, and return it without the second of two forms."""
        kept: list[Reference] = []
        for one in types:
            other = next((first for first in kept if _are_forms(first, one)), None)
            if other is not None:
                self._pairs.setdefault(other.name, one)
                self.inputs.names[one.name] = self.inputs.name_of(other)
                continue
            kept.append(one)
            if one.location == "inputObjectTypes" and one.name not in self._seen:
                self._seen.add(one.name)
                self._waiting.append(one)
                self.inputs.names.setdefault(one.name, _renamed(one.name))
            elif one.location == "enumTypes" and one.namespace == "prisma" and one.build:
                built = one.build()
                if isinstance(built, EnumValues):
                    self.inputs.choices[one.name] = built.values
        return kept

    def _take(self, reference: Reference) -> None:
        built = _object(reference)
        pair = self._pairs.get(reference.name)
        merged = _merged(built, _object(pair)) if pair is not None else built
        is_operators = all(one.name in _OPERATORS for one in merged.fields)
        entries = []
        # Two keys over the same fields have one name.
        for one in {entry.name: entry for entry in merged.fields}.values():
            types = self._refer(one.types)
            name = PYTHON.get(one.name, one.name) if is_operators else one.name
            entries.append(Entry(name, types, one.is_required, one.is_nullable))
        name = self.inputs.name_of(reference)
        model = self._owner(reference.name, built.container)
        self.inputs.by_name[name] = Input(name, model, entries, built.one_of)

    def _owner(self, name: str, container: str | None) -> str | None:
        """Return the model that an input is of: what models share has none of their names."""
        if container is None or not name.lower().startswith(container.lower()):
            return None
        return container


def _roots(client: Client, model: ClientModel) -> list[list[Reference]]:
    found = [
        [where_type(client, model)],
        [order_type(client, model)],
        [order_type(client, model, has_aggregates=True)],
        [scalar_where_type(client, model, has_aggregates=True)],
    ]
    if model.has_criterion:
        found.append([where_unique_type(client, model)])
    if not model.model.is_view:
        found += [update_types(client, model), update_many_types(model)]
        if model.is_creatable:
            found += [create_types(client, model), [create_many_type(model)]]
    return found


def _object(reference: Reference) -> InputObject:
    built = reference.build() if reference.build is not None else None
    if not isinstance(built, InputObject):
        raise TypeError(f"{reference.name} is no dictionary")
    return built


def _are_forms(first: Reference, second: Reference) -> bool:
    """Say whether two types are the two forms of one: `PostCreateInput`, `PostUnchecked…`."""
    if first.is_list != second.is_list or first.name == second.name:
        return False
    # Prisma calls the checked form of what is written into many records a mutation.
    many = "UpdateManyMutationInput"
    if first.name.endswith(many) and second.name.startswith(first.name.removesuffix(many)):
        return True
    word = "Unchecked"
    places = [at for at in range(len(second.name)) if second.name.startswith(word, at)]
    return any(first.name == second.name[:at] + second.name[at + len(word) :] for at in places)


def _merged(first: InputObject, second: InputObject) -> InputObject:
    """Return one form with what the other has besides; what either can do without is optional."""
    others = {one.name: one for one in second.fields}
    fields = []
    for one in first.fields:
        other = others.pop(one.name, None)
        fields.append(one if other is not None else _optional(one))
    fields += [_optional(one) for one in others.values()]
    return InputObject(fields, first.container, one_of=first.one_of)


def _optional(one: InputField) -> InputField:
    return InputField(one.name, one.types, is_nullable=one.is_nullable)


# What Prisma calls `BoolFilter` was a `BooleanFilter` in Python before.
_BOOLEAN = re.compile(r"^((?:Nested)?)Bool((?:Nullable|WithAggregates)*Filter|NullableListFilter)$")

_SHORT = {
    "OrderByWithRelationInput": "OrderByInput",
    "NullableScalarRelationFilter": "NullableRelationFilter",
    "ScalarRelationFilter": "RelationFilter",
}


def _renamed(name: str) -> str:
    """Return a type's name in Python, which is shorter where users write it."""
    for long, short in _SHORT.items():
        if name.endswith(long):
            return name.removesuffix(long) + short
    return _BOOLEAN.sub(r"\1Boolean\2", name)
