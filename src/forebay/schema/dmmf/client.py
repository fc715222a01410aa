"""A checked schema as a client meets it: its models with the fields it may use."""

from __future__ import annotations

from functools import cached_property

from forebay.schema.dmmf.datamodel import (
    is_read_only,
    is_visible,
    is_whole_key,
    visible_models,
)
from forebay.schema.dmmf.kinds import (
    JSON_NULL_INPUT,
    NULLABLE_JSON_NULL_INPUT,
    Reference,
    enum,
    scalar,
)
from forebay.schema.model import Index, Model, PrimaryKey, RelationField, ScalarField, Schema
from forebay.schema.tree import Call

NUMERIC = frozenset({"Int", "BigInt", "Float", "Decimal"})


def capitalized(name: str) -> str:
    """Write the first letter large and leave the rest as it is."""
    return name[:1].upper() + name[1:]


def is_list(field: ScalarField | RelationField) -> bool:
    """Say whether a field holds many."""
    return field.arity == "[]"


def is_required(field: ScalarField | RelationField) -> bool:
    """Say whether a field always holds one."""
    return field.arity == ""


def is_numeric(field: ScalarField) -> bool:
    """Say whether sums and averages of a field can be asked for."""
    return field.kind == "scalar" and field.type in NUMERIC


def is_autoincrement(field: ScalarField) -> bool:
    """Say whether a sequence gives the field its value."""
    value = field.default.value if field.default is not None else None
    return isinstance(value, Call) and value.name == "autoincrement"


def is_criterion(field: ScalarField) -> bool:
    """Say whether a unique index, a partial one even, is over this field alone."""
    return any(
        index.kind == "unique" and [part.field for part in index.fields] == [field]
        for index in field.model.indexes
    )


def is_generated_key(field: ScalarField) -> bool:
    """Say whether a field is an integer key that a sequence fills."""
    return field.type == "Int" and is_whole_key(field) and is_autoincrement(field)


def is_fixed(field: ScalarField) -> bool:
    """Say whether a sequence owns the field's values, so that a checked update leaves it alone."""
    owned = is_whole_key(field) or is_criterion(field)
    return field.type == "Int" and owned and is_autoincrement(field)


def holds_keys(field: RelationField) -> bool:
    """Say whether the foreign key of a relation is on this field's model."""
    return bool(field.fields)


def opposite(field: RelationField) -> RelationField:
    """Return the other side of a relation."""
    relation = field.relation
    other = None
    if relation is not None:
        other = relation.field_b if relation.field_a is field else relation.field_a
    if other is None:
        raise ValueError(f"the relation of {field.model.name}.{field.name} has one side only")
    return other


def is_many_to_many(field: RelationField) -> bool:
    """Say whether both sides of a relation are lists."""
    return is_list(field) and is_list(opposite(field))


def scalar_type(field: ScalarField, *, listed: bool | None = None) -> Reference:
    """Return the type of a field's values; of one of them, where ``listed`` is false."""
    if field.enum is not None:
        type_ = enum(field.enum.name, [member.name for member in field.enum.members], "model")
    else:
        type_ = scalar(field.type)
    return type_.listed() if (is_list(field) if listed is None else listed) else type_


def json_null(field: ScalarField) -> Reference:
    """Return the kinds of null that a Json field may be given."""
    return JSON_NULL_INPUT if is_required(field) else NULLABLE_JSON_NULL_INPUT


def type_name(field: ScalarField) -> str:
    """Name a field's type the way names of filters do."""
    if field.enum is not None:
        return f"Enum{field.enum.name}"
    return "Bool" if field.type == "Boolean" else field.type


class ClientModel:
    """A model with what a client may use of it; scalars stand before relations, as in Prisma."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.name = model.name

    @cached_property
    def scalars(self) -> list[ScalarField]:
        """The fields that hold values."""
        return [field for field in self.model.scalars if is_visible(field)]

    @cached_property
    def relations(self) -> list[RelationField]:
        """The fields that stand for other records."""
        return [field for field in self.model.relations if _is_usable(field)]

    @property
    def fields(self) -> list[ScalarField | RelationField]:
        """All of them."""
        return [*self.scalars, *self.relations]

    @cached_property
    def writable(self) -> list[ScalarField]:
        """The scalars that no relation writes."""
        return [field for field in self.scalars if not is_read_only(field)]

    def unlinked(self, back: RelationField | None) -> list[ScalarField]:
        """The scalars that the relation ``back``, which led here, does not write."""
        linked = (back.fields or []) if back is not None else []
        return [field for field in self.scalars if field not in linked]

    @cached_property
    def is_creatable(self) -> bool:
        """Whether a client can give a new record everything that it needs."""
        return not self.model.is_view and not any(
            field.kind == "unsupported" and field.arity == "" and field.default is None
            for field in self.model.scalars
        )

    @cached_property
    def has_criterion(self) -> bool:
        """Whether something identifies a record."""
        keys: list[PrimaryKey | Index] = [*self.uniques]
        if self.model.primary_key is not None:
            keys.append(self.model.primary_key)
        return any(
            all(is_required(part.field) for part in key.fields)
            and not any(part.field.kind == "unsupported" for part in key.fields)
            for key in keys
        )

    @cached_property
    def uniques(self) -> list[Index]:
        """The unique indexes, partial ones too: a query may name any of them."""
        return [index for index in self.model.indexes if index.kind == "unique"]


def _is_usable(field: RelationField) -> bool:
    """Say whether a client has both sides of a relation, and the fields that hold its key."""
    sides = (field, opposite(field))
    return all(is_visible(side) and all(map(is_visible, side.fields or ())) for side in sides)


def key_name(key: PrimaryKey | Index) -> str:
    """Name a key the way a client gives it: its own name, or its fields'."""
    return key.name or "_".join(part.name for part in key.fields)


class Client:
    """All models, and which features are on."""

    def __init__(self, schema: Schema, prisma: int) -> None:
        self.prisma = prisma
        self.models = [ClientModel(model) for model in visible_models(schema)]
        self._by_model = {id(one.model): one for one in self.models}
        features = schema.preview_features
        self.has_joins = "relationJoins" in features
        self.has_text_search = "fullTextSearchPostgres" in features

    def of(self, model: Model) -> ClientModel:
        """Return what a client may use of a model."""
        return self._by_model[id(model)]
