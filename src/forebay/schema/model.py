"""The checked data model: what a schema means, with every name resolved.

Order is the file's everywhere: of models, of fields, of indexes. Each part keeps its node of the
syntax tree, so that whoever reads the model can say where something is written.
"""

from dataclasses import dataclass
from dataclasses import field as made
from typing import Literal, TypeAlias

from forebay.schema.tree import Attribute, Block, EnumValue, Expression, Field

SCALAR_TYPES = (
    "Int",
    "BigInt",
    "Float",
    "Boolean",
    "String",
    "DateTime",
    "Json",
    "Bytes",
    "Decimal",
)

TypeKind: TypeAlias = Literal["scalar", "enum", "composite", "unsupported"]
IndexKind: TypeAlias = Literal["normal", "unique", "fulltext"]
Algorithm: TypeAlias = Literal["BTree", "Hash", "Gist", "Gin", "SpGist", "Brin"]
Action: TypeAlias = Literal["Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"]
RelationKind: TypeAlias = Literal["one-to-one", "one-to-many", "many-to-many"]
RelationMode: TypeAlias = Literal["foreignKeys", "prisma"]


class Mapped:
    """What may have another name in the database than in the schema."""

    __slots__ = ()

    name: str
    mapped_name: str | None

    @property
    def database_name(self) -> str:
        """Its name in the database."""
        return self.mapped_name or self.name


@dataclass(slots=True, eq=False)
class EnumMember(Mapped):
    """A value of an enum."""

    node: EnumValue
    name: str
    mapped_name: str | None = None

    @property
    def database_name(self) -> str:
        """Its name in the database, which for a value may be the empty text."""
        return self.name if self.mapped_name is None else self.mapped_name


@dataclass(slots=True, eq=False)
class Enum(Mapped):
    """An enum."""

    node: Block
    name: str
    members: list[EnumMember]
    mapped_name: str | None = None
    schema: str | None = None
    schema_node: Expression | None = None


@dataclass(slots=True, eq=False)
class NativeType:
    """`@db.VarChar(255)`: the datasource's name, the type and its arguments as they are written."""

    scope: str
    name: str
    arguments: list[str]
    node: Attribute


@dataclass(slots=True, eq=False)
class Default:
    """`@default(…)`: `value` is the expression, a literal, a list or a call such as `now()`."""

    value: Expression
    mapped_name: str | None
    node: Attribute


@dataclass(slots=True, eq=False)
class ScalarField(Mapped):
    """A field with a value of its own: a scalar, an enum or `Unsupported("…")`.

    `type` is the scalar's name, the enum's name, or the text in `Unsupported`.
    """

    node: Field
    name: str
    model: "Model"
    kind: TypeKind
    type: str
    arity: str
    enum: Enum | None = None
    composite: "Composite | None" = None
    mapped_name: str | None = None
    default: Default | None = None
    native_type: NativeType | None = None
    is_ignored: bool = False
    is_updated_at: bool = False


@dataclass(slots=True, eq=False)
class RelationField:
    """A field that stands for other records. What is None was not written."""

    node: Field
    name: str
    model: "Model"
    related_model: "Model"
    arity: str
    attribute: Attribute | None = None
    fields: list[ScalarField] | None = None
    references: list[ScalarField] | None = None
    explicit_name: str | None = None
    on_delete: Action | None = None
    on_update: Action | None = None
    on_delete_node: Expression | None = None
    on_update_node: Expression | None = None
    mapped_name: str | None = None
    is_ignored: bool = False
    relation: "Relation | None" = None

    @property
    def relation_name(self) -> str:
        """The name its relation has, given or made from the models' names."""
        if self.explicit_name is not None:
            return self.explicit_name
        return "To".join(sorted((self.model.name, self.related_model.name)))


@dataclass(slots=True, eq=False)
class Raw:
    """`raw("…")`: SQL to be taken as it is."""

    text: str


@dataclass(slots=True, eq=False)
class IndexField:
    """A field in an index or key; `path` leads on into composite types."""

    field: ScalarField
    sort: Literal["Asc", "Desc"] | None = None
    length: int | None = None
    ops: str | Raw | None = None
    path: "list[CompositeField]" = made(default_factory=list)

    @property
    def name(self) -> str:
        """The indexed field's own name."""
        return self.path[-1].name if self.path else self.field.name


@dataclass(slots=True, eq=False)
class PrimaryKey:
    """`@id` or `@@id`; `source` is the field where it is written on one."""

    node: Attribute
    model: "Model"
    fields: list[IndexField]
    source: ScalarField | None
    name: str | None = None
    mapped_name: str | None = None
    clustered: bool | None = None


@dataclass(slots=True, eq=False)
class Index:
    """`@unique`, `@@unique`, `@@index` or `@@fulltext`; `source` as in `PrimaryKey`.

    `where` is the condition of a partial index: SQL, or an object expression (Prisma 7).
    """

    node: Attribute
    model: "Model"
    kind: IndexKind
    fields: list[IndexField] = made(default_factory=list)
    source: ScalarField | None = None
    name: str | None = None
    mapped_name: str | None = None
    algorithm: Algorithm | None = None
    clustered: bool | None = None
    where: Raw | Expression | None = None


@dataclass(slots=True, eq=False)
class ShardKey:
    """`@shardKey` or `@@shardKey`, which PostgreSQL does not have."""

    node: Attribute
    fields: list[ScalarField]
    source: ScalarField | None


AnyField: TypeAlias = ScalarField | RelationField


@dataclass(slots=True, eq=False)
class Model(Mapped):
    """A model or a view. `fields` is all in order; `scalars` and `relations` are a part each."""

    node: Block
    name: str
    is_view: bool
    fields: list[AnyField] = made(default_factory=list)
    scalars: list[ScalarField] = made(default_factory=list)
    relations: list[RelationField] = made(default_factory=list)
    # As written, the last of two alike: None if its type is unknown, and then it is in no list.
    by_name: dict[str, AnyField | None] = made(default_factory=dict)
    primary_key: PrimaryKey | None = None
    shard_key: ShardKey | None = None
    indexes: list[Index] = made(default_factory=list)
    mapped_name: str | None = None
    is_ignored: bool = False
    schema: str | None = None
    schema_node: Expression | None = None

    @property
    def keyword(self) -> str:
        """`model` or `view`."""
        return "view" if self.is_view else "model"

    @property
    def unique_criteria(self) -> list[list[IndexField]]:
        """The fields of the primary key, then those of each unique index."""
        found = [index.fields for index in self.indexes if index.kind == "unique"]
        return [self.primary_key.fields, *found] if self.primary_key else found


@dataclass(slots=True, eq=False)
class CompositeField:
    """A field of a composite type."""

    node: Field
    name: str
    kind: TypeKind
    type: str
    arity: str
    enum: Enum | None = None
    composite: "Composite | None" = None
    mapped_name: str | None = None
    default: Default | None = None
    native_type: NativeType | None = None


@dataclass(slots=True, eq=False)
class Composite:
    """A composite type, which PostgreSQL's connector does not have: it is read, and refused."""

    node: Block
    name: str
    fields: dict[str, CompositeField] = made(default_factory=dict)


@dataclass(slots=True, eq=False)
class Relation:
    """A relation between two models.

    One-to-one and one-to-many: `model_a` holds the foreign key (`field_a`), `model_b` is referred
    to (`field_b`). Many-to-many: in the order of the models' names, then of the fields' names. A
    side that is not written is None; only an invalid schema lacks one.
    """

    kind: RelationKind
    model_a: Model
    model_b: Model
    field_a: RelationField | None
    field_b: RelationField | None
    explicit_name: str | None

    @property
    def name(self) -> str:
        """Its name, given or made from the models' names."""
        if self.explicit_name is not None:
            return self.explicit_name
        return "To".join(sorted((self.model_a.name, self.model_b.name)))

    @property
    def is_self_relation(self) -> bool:
        """Whether both sides are the same model."""
        return self.model_a is self.model_b


@dataclass(slots=True, frozen=True)
class EnvironmentOr:
    """A string, or the name of the environment variable that holds it."""

    value: str | None = None
    variable: str | None = None


@dataclass(slots=True, eq=False)
class Extension:
    """A PostgreSQL extension of a datasource."""

    name: str
    node: Expression
    mapped_name: str | None = None
    schema: str | None = None
    version: str | None = None


@dataclass(slots=True, eq=False)
class Datasource:
    """A datasource. `schemas` is sorted, and None where it is not written."""

    node: Block
    name: str
    provider: str
    url: EnvironmentOr | None = None
    direct_url: EnvironmentOr | None = None
    shadow_database_url: EnvironmentOr | None = None
    relation_mode: RelationMode = "foreignKeys"
    schemas: list[str] | None = None
    schemas_node: Expression | None = None
    extensions: list[Extension] | None = None
    extensions_node: Expression | None = None
    extensions_start: int = 0


ConfigValue: TypeAlias = "str | EnvironmentOr | list[ConfigValue] | dict[str, ConfigValue]"


@dataclass(slots=True, eq=False)
class Generator:
    """A generator; what it means is its own affair, so `config` holds every other option."""

    node: Block
    name: str
    provider: EnvironmentOr
    output: EnvironmentOr | None = None
    binary_targets: list[EnvironmentOr] = made(default_factory=list)
    preview_features: list[str] | None = None
    config: dict[str, ConfigValue] = made(default_factory=dict)


@dataclass(slots=True, eq=False)
class Schema:
    """Everything a schema says. `datasource` is the first; a valid schema has one at most."""

    models: list[Model] = made(default_factory=list)
    views: list[Model] = made(default_factory=list)
    enums: list[Enum] = made(default_factory=list)
    composites: list[Composite] = made(default_factory=list)
    relations: list[Relation] = made(default_factory=list)
    datasource: Datasource | None = None
    generators: list[Generator] = made(default_factory=list)

    @property
    def preview_features(self) -> frozenset[str]:
        """The preview features of all generators."""
        return frozenset(
            name for generator in self.generators for name in generator.preview_features or ()
        )
