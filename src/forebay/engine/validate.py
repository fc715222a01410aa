"""Checks a request against the types of its schema, the way Prisma's engine reads one.

What fits goes on to a plan, which then relies on names, kinds of values and numbers of fields; what
does not is refused with its path. A type is built once, when a request first reaches it.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from forebay.engine.failures import RequestError, input_error
from forebay.engine.literals import check_tags, enum_text, kind_of, read_scalar, title_of
from forebay.engine.refusals import (
    REFERENCE_FIELDS,
    Path,
    Refusal,
    empty_selection,
    missing,
    nearest,
    selection_of_scalar,
    type_title,
    union,
    unknown_argument,
    unknown_field,
    unknown_selection,
    wrong_count,
    wrong_type,
    wrong_value,
)
from forebay.engine.shape import MOST_DEPTH, SCOPE, too_deep
from forebay.schema.dmmf.client import Client, scalar_type
from forebay.schema.dmmf.kinds import (
    NULL,
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

Json: TypeAlias = Any

_SHORTHANDS = ("$scalars", "$composites")


class Validator:
    """The types of one schema."""

    def __init__(self, client: Client) -> None:
        self._built: dict[tuple[str | None, str], Built] = {}
        self._inputs: dict[tuple[str | None, str], dict[str, InputField]] = {}
        self._outputs: dict[tuple[str | None, str], dict[str, OutputField]] = {}
        self._operations: dict[tuple[str | None, str], OutputField] = {}
        self._fields = {
            (model.name, field.name): scalar_type(field)
            for model in client.models
            for field in model.scalars
        }
        for root in (query_type(client), mutation_type(client)):
            for field in self.result(root).fields:
                if field.operation is not None:
                    self._operations[field.operation] = field

    def build(self, type_: Reference) -> Built:
        """Build a type, or return what was built before."""
        key = (type_.namespace, type_.name)
        built = self._built.get(key)
        if built is None:
            if type_.build is None:
                raise ValueError(f"{type_.name} is a scalar, which has nothing to build")
            built = self._built[key] = type_.build()
        return built

    def result(self, type_: Reference) -> OutputObject:
        """Build an object that is answered."""
        built = self.build(type_)
        if not isinstance(built, OutputObject):
            raise ValueError(f"{type_.name} is no object of an answer")
        return built

    def inputs(self, type_: Reference) -> dict[str, InputField]:
        """Return the fields of an input by their names."""
        key = (type_.namespace, type_.name)
        found = self._inputs.get(key)
        if found is None:
            built = self.build(type_)
            fields = built.fields if isinstance(built, InputObject) else REFERENCE_FIELDS
            found = self._inputs[key] = {field.name: field for field in fields}
        return found

    def outputs(self, type_: Reference) -> dict[str, OutputField]:
        """Return the fields of a result by their names."""
        key = (type_.namespace, type_.name)
        found = self._outputs.get(key)
        if found is None:
            found = self._outputs[key] = {field.name: field for field in self.result(type_).fields}
        return found

    def check(self, request: Json) -> None:
        """Check one request.

        Raises:
            RequestError: it does not fit the schema; the first thing that does not is named.
        """
        query = request.get("query") if isinstance(request, dict) else None
        if not isinstance(query, dict) or not isinstance(request.get("action"), str):
            raise RequestError(
                "P2009",
                "A request is an object with `action`, `query` and, but for raw SQL, `modelName`.",
            )
        model, action = request.get("modelName"), request["action"]
        operation = None
        if model is None or isinstance(model, str):
            operation = self._operations.get((model, action))
        if operation is None:
            raise self._unknown(model, action)
        check_depth(query)
        check_all_tags(query)
        reading = _Reading(self)
        reading.field((), operation, query)
        for type_, value in reading.referred:
            self._check_reference(type_, value)

    def _unknown(self, model: Json, action: str) -> RequestError:
        error = RequestError(
            "",
            f"Operation '{action}' for model '{'None' if model is None else model}' "
            "does not match any query.",
        )
        models = {str(one) for one, _ in self._operations if one is not None}
        if str(model) in models:
            error.hint = nearest(action, [name for one, name in self._operations if one == model])
        else:
            error.hint = nearest(str(model), models)
        return error

    def _check_reference(self, type_: Reference, value: Json) -> None:
        """Check that a field that is referred to has the type that is compared with."""
        built = self.build(type_)
        model, name = value.get("_container"), value.get("_ref")
        if not isinstance(model, str) or not isinstance(name, str):
            raise input_error(
                "A reference to a field names it in `_ref`, its model in `_container`."
            )
        one = self._fields.get((model, name))
        if one is None or not isinstance(built, FieldReference):
            return  # the model is not the one that is asked about, which the plan sees
        wanted = built.allowed
        if (one.name, one.is_list) != (wanted.name, wanted.is_list):
            raise input_error(
                f"Expected a referenced scalar field of type {type_title(wanted)} but found "
                f"{model}.{name} of type {type_title(one)}."
            )


def check_depth(value: Json, depth: int = 0) -> None:
    """Refuse what is nested too deeply, before anything follows it down."""
    if depth > MOST_DEPTH:
        raise too_deep()
    items = value.values() if isinstance(value, dict) else value
    for item in items:
        if isinstance(item, dict | list):
            check_depth(item, depth + 1)


def check_all_tags(query: dict[str, Json]) -> None:
    """Check the tagged values of a query's arguments, and of all that it selects."""
    check_tags(query.get("arguments"))
    selection = query.get("selection")
    if isinstance(selection, dict):
        for part in selection.values():
            if isinstance(part, dict):
                check_all_tags(part)


class _Reading:
    """One request. What was read of a value for a type is kept: unions ask for it again."""

    def __init__(self, types: Validator) -> None:
        self._types = types
        self._read: dict[tuple[int, str, bool], Refusal | None] = {}
        self.referred: list[tuple[Reference, Json]] = []

    def field(self, above: Path, field: OutputField, query: dict[str, Json]) -> None:
        """Check an operation, or a field of a result, with its arguments."""
        selection = (*above, field.name)
        arguments = query.get("arguments")
        self._arguments(selection, field, {} if arguments is None else arguments)
        parts = query.get("selection")
        parts = parts if isinstance(parts, dict) else {}
        if field.type.location != "outputObjectTypes":
            if any(part is not False and name not in _SHORTHANDS for name, part in parts.items()):
                raise selection_of_scalar(selection).error()
            return
        self._selection(selection, field.type, parts)

    def _selection(self, selection: Path, type_: Reference, parts: dict[str, Json]) -> None:
        fields = self._types.outputs(type_)
        built = self._types.result(type_)
        is_empty = True
        for name, part in parts.items():
            if part is False:
                continue
            if part is True and name in _SHORTHANDS:
                is_empty = is_empty and (name != "$scalars" or not _has_scalars(built, parts))
                continue
            is_empty = False
            field = fields.get(name)
            if field is None:
                raise unknown_selection((*selection, name), type_.name, built).error()
            if isinstance(part, dict):
                self.field(selection, field, part)
            elif part is not True:
                raise RequestError(
                    "P2009",
                    f"`{'.'.join([*selection, name])}` is selected by true, false or an object.",
                )
        if is_empty:
            raise empty_selection(selection, type_.name, built).error()

    def _arguments(self, selection: Path, field: OutputField, given: Json) -> None:
        if not isinstance(given, dict):
            raise RequestError("P2009", f"The arguments of `{'.'.join(selection)}` are an object.")
        known = {argument.name for argument in field.arguments}
        for name in given:
            # What is put there below the request has no type in the schema.
            if name not in known and name != SCOPE:
                raise unknown_argument(selection, (name,), field.arguments).error()
        for argument in field.arguments:
            path = (argument.name,)
            if argument.name in given:
                refusal = self._value(selection, path, given[argument.name], argument)
            elif argument.is_required:
                refusal = missing(selection, path, all_types(argument), self._types.build)
            else:
                continue
            if refusal is not None:
                raise refusal.error()

    def _value(self, selection: Path, path: Path, value: Json, field: InputField) -> Refusal | None:
        """Say why a value fits none of a field's types, or None if one of them takes it."""
        causes: list[Refusal] = []
        for type_ in all_types(field):
            refusal = self._typed(selection, path, value, type_)
            if refusal is None:
                return None
            causes.append(refusal)
        return union(causes)

    def _typed(self, selection: Path, path: Path, value: Json, type_: Reference) -> Refusal | None:
        if not isinstance(value, dict | list):
            return self._fresh(selection, path, value, type_)
        key = (id(value), type_.name, type_.is_list)
        if key not in self._read:
            self._read[key] = self._fresh(selection, path, value, type_)
        return self._read[key]

    def _fresh(self, selection: Path, path: Path, value: Json, type_: Reference) -> Refusal | None:
        if type_.is_list and isinstance(value, list):
            return self._items(selection, path, value, type_)
        if type_.name == "Json" and type_.location == "scalar" and not type_.is_list:
            return self._json(selection, path, value, type_)
        if value is None and type_.name != "Null":
            return missing(selection, path, [type_], self._types.build)
        if not type_.is_list:
            kind = kind_of(value)
            if type_.location == "scalar":
                return read_scalar(selection, path, value, type_)
            if type_.location == "enumTypes":
                if kind in ("String", "Enum", "Boolean"):
                    return self._enum(selection, path, value, type_)
            elif kind == "Object":
                return self._object(selection, path, value, type_)
            elif kind == "FieldRef":
                return self._referred(selection, path, value["value"], type_)
        return wrong_type(selection, path, type_, title_of(value))

    def _referred(
        self, selection: Path, path: Path, value: Json, type_: Reference
    ) -> Refusal | None:
        refusal = self._object(selection, path, value, type_)
        if refusal is None:
            self.referred.append((type_, value))
        return refusal

    def _json(self, selection: Path, path: Path, value: Json, type_: Reference) -> Refusal | None:
        if path == ("parameters",) and isinstance(value, str):
            # The values of raw SQL come as one text.
            is_fit, why = is_json_text(value)
            return None if is_fit else wrong_value(selection, path, value, "JSON String", why)
        return read_scalar(selection, path, value, type_)

    def _items(
        self, selection: Path, path: Path, values: list[Json], type_: Reference
    ) -> Refusal | None:
        item_type = Reference(type_.name, type_.location, type_.namespace, False, type_.build)
        for item in values:
            refusal = self._typed(selection, path, item, item_type)
            if refusal is not None:
                return refusal
        return None

    def _enum(self, selection: Path, path: Path, value: Json, type_: Reference) -> Refusal | None:
        built = self._types.build(type_)
        if isinstance(value, bool):
            text = "true" if value else "false"
        else:
            text = value if isinstance(value, str) else enum_text(value)
        if isinstance(built, EnumValues) and text in built.values:
            return None
        known = built.values if isinstance(built, EnumValues) else ()
        return wrong_value(selection, path, text, type_.name, known=known)

    def _object(
        self, selection: Path, path: Path, given: dict[str, Json], type_: Reference
    ) -> Refusal | None:
        fields = self._types.inputs(type_)
        build = self._types.build
        for name, field in fields.items():
            if field.is_required and name not in given:
                return missing(selection, (*path, name), all_types(field), build)
        for name, value in given.items():
            known = fields.get(name)
            if known is None:
                return unknown_field(selection, (*path, name), type_, build)
            refusal = self._value(selection, (*path, name), value, known)
            if refusal is not None:
                return refusal
        built = build(type_)
        counted = built.one_of if isinstance(built, InputObject) and built.one_of else given
        number = sum(name in given for name in counted)
        return wrong_count(selection, path, type_, build, number)


def all_types(field: InputField) -> list[Reference]:
    """List the types of a field, null with them where it may be."""
    return [*field.types, NULL] if field.is_nullable else field.types


def _has_scalars(built: OutputObject, parts: dict[str, Json]) -> bool:
    """Say whether anything is left of the values that `$scalars` stands for."""
    return any(
        field.type.location != "outputObjectTypes" and parts.get(field.name) is not False
        for field in built.fields
    )


def is_json_text(text: str) -> tuple[bool, str | None]:
    """Say whether a text is JSON, and why not."""
    try:
        json.loads(text)
    except ValueError as error:
        return False, str(error)
    return True, None
