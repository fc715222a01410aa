"""A data model as the database that it asks for, with the names that Prisma gives things."""

from __future__ import annotations

from collections.abc import Sequence

from forebay.migrate.database import LONGEST_NAME as LIMIT
from forebay.migrate.database import (
    Action,
    Column,
    Database,
    Enum,
    Extension,
    ForeignKey,
    Index,
    IndexColumn,
    PrimaryKey,
    Table,
)
from forebay.migrate.predicate import condition
from forebay.migrate.types import column_of, type_of
from forebay.schema.checks.constraints import foreign_key_name, index_name, primary_key_name
from forebay.schema.model import Index as SchemaIndex
from forebay.schema.model import IndexField, Model, Raw, Relation, RelationField, Schema
from forebay.schema.operators import class_name

DEFAULT_SCHEMA = "public"


def from_schema(schema: Schema, *, default_schema: str = DEFAULT_SCHEMA) -> Database:
    """Return what the database of a data model holds."""
    source = schema.datasource
    has_keys = source is None or source.relation_mode == "foreignKeys"
    owned: dict[int, list[tuple[Relation, RelationField]]] = {}
    for relation in schema.relations:
        if relation.kind != "many-to-many" and (field := _whole(relation)) is not None:
            owned.setdefault(id(relation.model_a), []).append((relation, field))
    tables = [
        _table(model, owned.get(id(model), ()) if has_keys else ())
        for model in schema.models
        if not model.is_view
    ]
    tables += [
        _join_table(relation, has_keys)
        for relation in schema.relations
        if relation.kind == "many-to-many"
    ]
    enums = [
        Enum(one.database_name, tuple(m.database_name for m in one.members), one.schema)
        for one in schema.enums
    ]
    # A schema that nothing is in need not exist.
    used = {table.schema or default_schema for table in tables}
    used |= {enum.schema or default_schema for enum in enums}
    named = source.schemas if source and source.schemas else [default_schema]
    return Database(
        tuple(name for name in named if name in used),
        tuple(tables),
        tuple(enums),
        extensions=tuple(
            {
                one.mapped_name or one.name: Extension(
                    one.mapped_name or one.name, one.schema, one.version
                )
                for one in (source.extensions if source and source.extensions else ())
            }.values()
        ),
        declared=tuple(named),
    )


def _table(model: Model, relations: Sequence[tuple[Relation, RelationField]]) -> Table:
    key = model.primary_key
    return Table(
        model.database_name,
        tuple(column_of(field) for field in model.scalars),
        model.schema,
        None
        if key is None
        else PrimaryKey(
            primary_key_name(key, LIMIT), tuple(one.field.database_name for one in key.fields)
        ),
        tuple(_index(index) for index in model.indexes if index.kind != "fulltext"),
        tuple(_foreign_key(relation, field) for relation, field in relations),
    )


def _whole(relation: Relation) -> RelationField | None:
    """Return the field that holds the foreign key, None where the database has no such key."""
    field = relation.field_a
    if field is None or relation.model_b.is_view or not (field.fields and field.references):
        return None
    return field


def _index(index: SchemaIndex) -> Index:
    return Index(
        index_name(index, LIMIT),
        tuple(_index_column(one) for one in index.fields),
        index.kind == "unique",
        index.algorithm or "BTree",
        condition(index),
    )


def _index_column(one: IndexField) -> IndexColumn:
    ops = one.ops.text if isinstance(one.ops, Raw) else class_name(one.ops) if one.ops else None
    return IndexColumn(one.field.database_name, one.sort, ops)


def _foreign_key(relation: Relation, field: RelationField) -> ForeignKey:
    return ForeignKey(
        foreign_key_name(relation, LIMIT),
        tuple(one.database_name for one in field.fields or ()),
        (relation.model_b.schema, relation.model_b.database_name),
        tuple(one.database_name for one in field.references or ()),
        _on_delete(field),
        field.on_update or "Cascade",
    )


def _on_delete(field: RelationField) -> Action:
    if field.on_delete is not None:
        return field.on_delete
    is_required = not field.arity or any(not one.arity for one in field.fields or ())
    return "Restrict" if is_required else "SetNull"


def _join_table(relation: Relation, has_keys: bool) -> Table:
    """Return the table of a many-to-many relation, whose columns are called A and B."""
    name = "_" + relation.name
    schema = relation.model_a.schema
    sides = (("A", relation.model_a), ("B", relation.model_b))
    columns, keys = [], []
    for letter, model in sides:
        key = model.primary_key
        criterion = key.fields if key else model.unique_criteria[0]
        field = criterion[0].field
        columns.append(Column(letter, type_of(field)))
        keys.append(
            ForeignKey(
                f"{name}_{letter}_fkey"[:LIMIT],
                (letter,),
                (model.schema, model.database_name),
                (field.database_name,),
                "Cascade",
                "Cascade",
            )
        )
    return Table(
        name,
        tuple(columns),
        schema,
        PrimaryKey(f"{name}_AB_pkey", ("A", "B")),
        (Index(f"{name}_B_index", (IndexColumn("B"),)),),
        tuple(keys) if has_keys else (),
    )
