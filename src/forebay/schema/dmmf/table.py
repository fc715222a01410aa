"""The table of all types a client may write and read: what `get_dmmf` calls `schema`.

Types are written in the order in which they are first referred to, breadth first from the
operations, as Prisma writes them.
"""

from __future__ import annotations

from collections import deque
from typing import Any, TypeAlias

from forebay.schema.dmmf.client import Client
from forebay.schema.dmmf.kinds import (
    ISOLATION_LEVEL,
    NULL,
    STRING,
    Built,
    EnumValues,
    FieldReference,
    InputField,
    InputObject,
    OutputField,
    OutputObject,
    Reference,
)
from forebay.schema.dmmf.outputs import mutation_type, query_type

Json: TypeAlias = dict[str, Any]


class Table:
    """Builds the types that can be reached, each once."""

    def __init__(self, client: Client) -> None:
        # Prisma 7 says of each field whether its value may be a parameter of a cached plan.
        self._has_parameters = client.prisma >= 7
        self._waiting: deque[Reference] = deque()
        self._seen: set[tuple[str | None, str]] = set()
        self.types: dict[str, dict[str, list[Json]]] = {
            "inputObjectTypes": {},
            "outputObjectTypes": {},
            "enumTypes": {},
            "fieldRefTypes": {},
        }
        self.operations: dict[str, Json] = {}
        self.raw_operations: list[str] = []
        for start in (ISOLATION_LEVEL, query_type(client), mutation_type(client)):
            self._reference(start)
        while self._waiting:
            self._write(self._waiting.popleft())

    def _reference(self, type_: Reference) -> Json:
        key = (type_.namespace, type_.name)
        if type_.build is not None and key not in self._seen:
            self._seen.add(key)
            self._waiting.append(type_)
        found: Json = {"type": type_.name}
        if type_.namespace is not None:
            found["namespace"] = type_.namespace
        found["location"] = type_.location
        found["isList"] = type_.is_list
        return found

    def _write(self, type_: Reference) -> None:
        if type_.build is None or type_.namespace is None:
            return
        written = {"name": type_.name, **self._body(type_.build())}
        self.types[type_.location].setdefault(type_.namespace, []).append(written)

    def _body(self, built: Built) -> Json:
        if isinstance(built, InputObject):
            return self._input_object(built)
        if isinstance(built, OutputObject):
            return {"fields": [self._output_field(field) for field in built.fields]}
        if isinstance(built, EnumValues):
            return {"values": built.values}
        return self._field_reference(built)

    def _input_object(self, built: InputObject) -> Json:
        found: Json = {}
        if built.container is not None:
            source = {} if built.source is None else {"source": built.source}
            found["meta"] = {**source, "grouping": built.container}
        found["constraints"] = {"maxNumFields": built.most, "minNumFields": built.least}
        if built.one_of:
            found["constraints"]["fields"] = list(built.one_of)
        found["fields"] = [self._input_field(field) for field in built.fields]
        return found

    def _input_field(self, field: InputField) -> Json:
        types = [self._reference(type_) for type_ in field.types]
        if field.is_nullable:
            types.append(self._reference(NULL))
        found: Json = {
            "name": field.name,
            "isRequired": field.is_required,
            "isNullable": field.is_nullable,
            "inputTypes": types,
        }
        if self._has_parameters:
            found["isParameterizable"] = field.is_parameterizable
        if field.requires:
            found["requiresOtherFields"] = list(field.requires)
        return found

    def _output_field(self, field: OutputField) -> Json:
        if field.operation is not None:
            self._note(*field.operation, field.name)
        return {
            "name": field.name,
            "args": [self._input_field(argument) for argument in field.arguments],
            "isNullable": field.is_nullable,
            "outputType": self._reference(field.type),
        }

    def _note(self, model: str | None, kind: str, name: str) -> None:
        if model is None:
            self.raw_operations.append(kind)
        else:
            self.operations.setdefault(model, {"model": model})[kind] = name

    def _field_reference(self, built: FieldReference) -> Json:
        names = ("_ref", "_container")
        fields = [InputField(name, [STRING], is_required=True) for name in names]
        return {
            "allowTypes": [self._reference(built.allowed)],
            "fields": [self._input_field(field) for field in fields],
        }

    @property
    def mappings(self) -> Json:
        """Which operation of a model has which name: what `get_dmmf` calls `mappings`."""
        operations = [
            {"model": one["model"], **dict(sorted(_without_model(one).items()))}
            for one in self.operations.values()
        ]
        return {
            "modelOperations": operations,
            "otherOperations": {"read": [], "write": self.raw_operations},
        }


def _without_model(operations: Json) -> Json:
    return {kind: name for kind, name in operations.items() if kind != "model"}
