"""What the engine knows of a schema: tables and columns as SQL, links between tables, keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from forebay.engine.statement import quoted
from forebay.engine.types import TEXT, Type, Write, list_writer, type_of
from forebay.schema.dmmf.client import Client, ClientModel, key_name, opposite
from forebay.schema.model import Model, RelationField, ScalarField, Schema


@dataclass(slots=True, eq=False)
class Column:
    """A scalar field."""

    field: ScalarField
    name: str
    sql: str
    type: Type
    is_list: bool
    is_nullable: bool

    def read(self, alias: str) -> str:
        """Return the expression that is selected."""
        if self.type.as_text:
            return f"{alias}.{self.sql}::text{'[]' if self.is_list else ''}"
        return f"{alias}.{self.sql}"

    @property
    def sql_type(self) -> str:
        """The type for a cast."""
        return f"{self.type.sql}[]" if self.is_list else self.type.sql

    @property
    def write(self) -> Write:
        """How a value of the whole field is written."""
        return list_writer(self.type) if self.is_list else self.type.write


@dataclass(slots=True, eq=False, repr=False)
class Link:
    """A relation seen from one side.

    ``near`` are the columns of this entity and ``far`` those of the other that are equal; in a
    many-to-many relation they are equal to ``near_join`` and ``far_join`` of a table between.
    """

    name: str
    field: RelationField
    entity: Entity
    other: Entity
    near: list[Column]
    far: list[Column]
    is_list: bool
    holds_keys: bool
    join_table: str | None = None
    near_join: str = ""
    far_join: str = ""

    def __repr__(self) -> str:
        # Links lead round in circles; a picture of all that one leads to has no end.
        return f"<Link {self.entity.name}.{self.name}>"

    @property
    def is_required(self) -> bool:
        """Whether there is always one."""
        return self.field.arity == ""

    @property
    def is_many_to_many(self) -> bool:
        """Whether there is a table between."""
        return self.join_table is not None

    @property
    def opposite(self) -> Link:
        """The other side."""
        return self.other.links[opposite(self.field).name]


@dataclass(slots=True, eq=False, repr=False)
class Entity:
    """A model or a view."""

    client: ClientModel
    name: str
    table: str
    columns: dict[str, Column] = field(default_factory=dict)
    all_columns: dict[str, Column] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    keys: dict[str, list[Column]] = field(default_factory=dict)
    identifier: list[Column] = field(default_factory=list)
    default_selection: list[Column] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Entity {self.name}>"

    @property
    def model(self) -> Model:
        """The schema's model."""
        return self.client.model


class Catalog:
    """All entities of a schema."""

    def __init__(self, schema: Schema, prisma: int = 6, default_schema: str | None = None) -> None:
        self.schema = schema
        # Where the tables are of which the schema does not say it; None: where PostgreSQL looks.
        self.default_schema = default_schema
        self.client = Client(schema, prisma)
        self.entities: dict[str, Entity] = {}
        source = schema.datasource
        self.emulates_relations = source is not None and source.relation_mode == "prisma"
        for model in self.client.models:
            self.entities[model.name] = _entity(model, default_schema)
        for entity in self.entities.values():
            for relation in entity.client.relations:
                entity.links[relation.name] = self._link(entity, relation)

    @cached_property
    def json_names(self) -> frozenset[str]:
        """The names of all Json fields."""
        return frozenset(
            column.name
            for entity in self.entities.values()
            for column in entity.columns.values()
            if column.type.family == "json"
        )

    def _link(self, entity: Entity, relation: RelationField) -> Link:
        other = self.entities[relation.related_model.name]
        back = opposite(relation)
        link = Link(
            relation.name,
            relation,
            entity,
            other,
            [],
            [],
            is_list=relation.arity == "[]",
            holds_keys=bool(relation.fields),
        )
        if relation.fields:
            link.near = [entity.all_columns[one.name] for one in relation.fields]
            link.far = [other.all_columns[one.name] for one in relation.references or ()]
        elif back.fields:
            link.near = [entity.all_columns[one.name] for one in back.references or ()]
            link.far = [other.all_columns[one.name] for one in back.fields]
        else:
            self._many_to_many(link)
        return link

    def _many_to_many(self, link: Link) -> None:
        relation = link.field.relation
        if relation is None:
            raise ValueError(f"{link.name} has no relation")
        # The table belongs to the schema of the first model.
        first = relation.model_a
        schema = first.schema or self.default_schema
        prefix = f"{quoted(schema)}." if schema else ""
        link.join_table = f"{prefix}{quoted('_' + relation.name)}"
        link.near = list(link.entity.identifier)
        link.far = list(link.other.identifier)
        is_first = relation.field_a is link.field
        link.near_join, link.far_join = ('"A"', '"B"') if is_first else ('"B"', '"A"')


def _entity(client: ClientModel, default_schema: str | None) -> Entity:
    model = client.model
    schema = model.schema or default_schema
    prefix = f"{quoted(schema)}." if schema else ""
    entity = Entity(client, client.name, prefix + quoted(model.database_name))
    for one in model.scalars:
        column = Column(
            one,
            one.name,
            quoted(one.database_name),
            TEXT if one.kind == "unsupported" else type_of(one, default_schema),
            one.arity == "[]",
            one.arity == "?",
        )
        entity.all_columns[one.name] = column
    for one in client.scalars:
        entity.columns[one.name] = entity.all_columns[one.name]
    entity.default_selection = list(entity.columns.values())
    key = model.primary_key
    if key is not None:
        entity.keys[key_name(key)] = [entity.all_columns[part.field.name] for part in key.fields]
    for index in client.uniques:
        entity.keys[key_name(index)] = [
            entity.all_columns[part.field.name] for part in index.fields
        ]
    entity.identifier = _identifier(entity)
    return entity


def _identifier(entity: Entity) -> list[Column]:
    """Return the columns that name a record: its key, or the first unique index without nulls."""
    if entity.model.primary_key is not None:
        return entity.keys[key_name(entity.model.primary_key)]
    for columns in entity.keys.values():
        if not any(column.is_nullable or column.is_list for column in columns):
            return columns
    return next(iter(entity.keys.values()), [])
