"""The data model of a checked schema: what `get_dmmf` calls `datamodel`.

Keys stand in Prisma's order, and what Prisma leaves out is left out. What a client cannot use is
not in it: ignored models and fields, and fields of unsupported types.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from forebay.schema.dmmf.defaults import default_value
from forebay.schema.model import (
    AnyField,
    Enum,
    Index,
    IndexField,
    Model,
    PrimaryKey,
    Raw,
    RelationField,
    ScalarField,
    Schema,
)

Json: TypeAlias = dict[str, Any]


def datamodel(schema: Schema) -> Json:
    """Return the whole data model."""
    models = visible_models(schema)
    return {
        "enums": [_enum(enum) for enum in schema.enums],
        "models": [_model(model) for model in models],
        # Composite types: a valid schema for PostgreSQL has none.
        "types": [],
        "indexes": [index for model in models for index in _indexes(model)],
    }


def visible_models(schema: Schema) -> list[Model]:
    """Return the models that a client has, then the views."""
    return [model for model in (*schema.models, *schema.views) if not model.is_ignored]


def is_visible(field: AnyField) -> bool:
    """Say whether a client has this field."""
    if field.is_ignored:
        return False
    return isinstance(field, RelationField) or field.kind != "unsupported"


def is_whole_key(field: ScalarField) -> bool:
    """Say whether a field is all of its model's primary key."""
    key = field.model.primary_key
    return key is not None and [part.field for part in key.fields] == [field]


def is_unique(field: ScalarField) -> bool:
    """Say whether a unique index that covers every row is over this field alone."""
    return any(
        index.kind == "unique"
        and index.where is None
        and len(index.fields) == 1
        and index.fields[0].field is field
        for index in field.model.indexes
    )


def is_read_only(field: ScalarField) -> bool:
    """Say whether a relation writes this field."""
    return any(field in (relation.fields or ()) for relation in field.model.relations)


def compound_uniques(model: Model) -> list[Index]:
    """Return the unique indexes that are written on the model and cover every row."""
    return [
        index
        for index in model.indexes
        if index.kind == "unique" and index.source is None and index.where is None
    ]


def _with_documentation(found: Json, documentation: str | None) -> Json:
    if documentation is not None:
        found["documentation"] = documentation
    return found


def _enum(enum: Enum) -> Json:
    values = [
        _with_documentation(
            {"name": member.name, "dbName": member.mapped_name}, member.node.documentation
        )
        for member in enum.members
    ]
    found: Json = {"name": enum.name, "values": values, "dbName": enum.mapped_name}
    return _with_documentation(found, enum.node.documentation)


def _model(model: Model) -> Json:
    key = model.primary_key
    uniques = compound_uniques(model)
    names = [[part.name for part in index.fields] for index in uniques]
    found: Json = {
        "name": model.name,
        "dbName": model.mapped_name,
        "schema": model.schema,
        "fields": [_field(field) for field in model.fields if is_visible(field)],
        "primaryKey": None,
        "uniqueFields": names,
        "uniqueIndexes": [
            {"name": index.name, "fields": fields}
            for index, fields in zip(uniques, names, strict=True)
        ],
        "isGenerated": False,
    }
    if key is not None and key.source is None:
        found["primaryKey"] = {"name": key.name, "fields": [part.name for part in key.fields]}
    return _with_documentation(found, model.node.documentation)


def _field(field: AnyField) -> Json:
    if isinstance(field, RelationField):
        return _relation_field(field)
    return _scalar_field(field)


def _scalar_field(field: ScalarField) -> Json:
    is_id = is_whole_key(field)
    found: Json = {"name": field.name}
    if field.mapped_name is not None:
        found["dbName"] = field.mapped_name
    found |= {
        "kind": field.kind,
        "isList": field.arity == "[]",
        "isRequired": field.arity != "?",
        "isUnique": not is_id and is_unique(field),
        "isId": is_id,
        "isReadOnly": is_read_only(field),
        "hasDefaultValue": field.default is not None,
        "type": field.type,
        "nativeType": _native_type(field),
    }
    if field.default is not None:
        found["default"] = default_value(field)
    found |= {"isGenerated": False, "isUpdatedAt": field.is_updated_at}
    return _with_documentation(found, field.node.documentation)


def _native_type(field: ScalarField) -> list[object] | None:
    native = field.native_type
    return None if native is None else [native.name, list(native.arguments)]


def _relation_field(field: RelationField) -> Json:
    found: Json = {
        "name": field.name,
        "kind": "object",
        "isList": field.arity == "[]",
        "isRequired": field.arity != "?",
        "isUnique": False,
        "isId": False,
        "isReadOnly": False,
        "hasDefaultValue": False,
        "type": field.related_model.name,
        "nativeType": None,
        "relationName": field.relation_name,
        "relationFromFields": [one.name for one in field.fields or ()],
        "relationToFields": [one.name for one in field.references or ()],
    }
    if field.on_delete is not None:
        found["relationOnDelete"] = field.on_delete
    if field.on_update is not None:
        found["relationOnUpdate"] = field.on_update
    found |= {"isGenerated": False, "isUpdatedAt": False}
    return _with_documentation(found, field.node.documentation)


def _indexes(model: Model) -> Iterator[Json]:
    if model.primary_key is not None:
        yield _index(model, "id", model.primary_key)
    for index in model.indexes:
        yield _index(model, index.kind, index)


def _index(model: Model, type_: str, index: PrimaryKey | Index) -> Json:
    found: Json = {
        "model": model.name,
        "type": type_,
        "isDefinedOnField": index.source is not None,
    }
    if index.name is not None:
        found["name"] = index.name
    if index.mapped_name is not None:
        found["dbName"] = index.mapped_name
    if isinstance(index, Index) and index.algorithm is not None:
        found["algorithm"] = index.algorithm
    if index.clustered is not None:
        found["clustered"] = index.clustered
    found["fields"] = [_index_field(field) for field in index.fields]
    return found


def _index_field(field: IndexField) -> Json:
    path = [field.field.name, *(part.name for part in field.path)]
    found: Json = {"name": ".".join(path)}
    if field.sort is not None:
        found["sortOrder"] = field.sort.lower()
    if field.length is not None:
        found["length"] = field.length
    if field.ops is not None:
        found["operatorClass"] = field.ops.text if isinstance(field.ops, Raw) else field.ops
    return found
