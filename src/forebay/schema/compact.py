"""A checked schema in few characters: written once, read again without parsing or checking.

What only errors and the formatter need is left out: places in the text, and documentation.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from forebay.schema.collection import paused
from forebay.schema.model import (
    AnyField,
    Datasource,
    Default,
    Enum,
    EnumMember,
    EnvironmentOr,
    Generator,
    Index,
    IndexField,
    Model,
    NativeType,
    PrimaryKey,
    Raw,
    RelationField,
    ScalarField,
    Schema,
)
from forebay.schema.relations import infer_relations
from forebay.schema.tree import (
    Argument,
    Arguments,
    Array,
    Attribute,
    Block,
    Call,
    Constant,
    EnumValue,
    Expression,
    Field,
    Number,
    Object,
    String,
)

Json: TypeAlias = Any

# A package says which form its schema is in; another is refused.
FORM = 1


def to_compact(schema: Schema) -> Json:
    """Return a schema as lists of plain values."""
    source = schema.datasource
    written = None
    if source is not None:
        written = [source.name, source.provider, source.relation_mode, source.schemas]
    return {
        "form": FORM,
        "datasource": written,
        "features": sorted(schema.preview_features),
        "enums": [_enum(enum) for enum in schema.enums],
        "models": [_model(model) for model in schema.models],
        "views": [_model(model) for model in schema.views],
    }


def _enum(enum: Enum) -> Json:
    members = [[one.name, one.mapped_name] for one in enum.members]
    return [enum.name, enum.mapped_name, enum.schema, members]


def _model(model: Model) -> Json:
    return [
        model.name,
        model.mapped_name,
        model.schema,
        model.is_ignored,
        [_field(field) for field in model.fields],
        None if model.primary_key is None else _key(model.primary_key),
        [[index.kind, _where(index), *_key(index)] for index in model.indexes],
    ]


def _field(field: AnyField) -> Json:
    if isinstance(field, RelationField):
        ends = [
            None if some is None else [one.name for one in some]
            for some in (field.fields, field.references)
        ]
        actions = [field.on_delete, field.on_update]
        return [
            field.name, field.arity, field.related_model.name, *ends, field.explicit_name,
            *actions, field.mapped_name, field.is_ignored,
        ]  # fmt: skip
    native = field.native_type
    return [
        field.name,
        field.arity,
        field.type,
        field.kind,
        field.mapped_name,
        None if field.default is None else _expression(field.default.value),
        None if native is None else [native.name, *native.arguments],
        int(field.is_ignored) + 2 * int(field.is_updated_at),
    ]


def _key(key: PrimaryKey | Index) -> list[Json]:
    fields = [part.field.name for part in key.fields]
    return [fields, key.source is not None, key.name, key.mapped_name]


def _where(index: Index) -> bool:
    return index.where is not None


def _expression(value: Expression) -> Json:
    if isinstance(value, String):
        return value.value
    if isinstance(value, Array):
        return [_expression(one) for one in value.items]
    if isinstance(value, Number):
        return {"number": value.text}
    if isinstance(value, Constant):
        return {"word": value.text}
    if isinstance(value, Object):
        return {"object": [[name, _expression(one)] for name, one in value.members]}
    given = value.arguments.given
    arguments = [[one.name, _expression(one.value)] for one in given if one.value is not None]
    return {"call": value.name, "arguments": arguments}


@paused()
def from_compact(written: Json) -> Schema:
    """Return the schema again.

    Raises:
        ValueError: it is written in another form.
    """
    if written["form"] != FORM:
        raise ValueError(f"form {written['form']}, and not {FORM}")
    return _Reader(written).schema


_BLOCK = Block("", "", 0, 0)
_NODE = Field("", "", None, "", 0, 0, [], None, None, 0, 0)
_ATTRIBUTE = Attribute("", 0, None, 0, 0)
_VALUE = EnumValue("", [], None, None, 0, 0)


class _Reader:
    def __init__(self, written: Json) -> None:
        self.schema = schema = Schema()
        if written["datasource"] is not None:
            name, provider, mode, schemas = written["datasource"]
            schema.datasource = Datasource(
                _BLOCK, name, provider, relation_mode=mode, schemas=schemas
            )
        provider = EnvironmentOr("forebay")
        schema.generators = [
            Generator(_BLOCK, "client", provider, preview_features=written["features"])
        ]
        schema.enums = [self._enum(one) for one in written["enums"]]
        self._enums = {enum.name: enum for enum in schema.enums}
        schema.models = [_bare(one, is_view=False) for one in written["models"]]
        schema.views = [_bare(one, is_view=True) for one in written["views"]]
        models = [*schema.models, *schema.views]
        self._models = {model.name: model for model in models}
        entries = [*written["models"], *written["views"]]
        for model, one in zip(models, entries, strict=True):
            self._fields(model, one[4])
        for model, one in zip(models, entries, strict=True):
            self._ends(model, one[4])
            self._keys(model, one[5], one[6])
        infer_relations(schema, models)

    def _enum(self, written: Json) -> Enum:
        name, mapped, schema, members = written
        made = [EnumMember(_VALUE, *one) for one in members]
        return Enum(_BLOCK, name, made, mapped, schema)

    def _fields(self, model: Model, written: Json) -> None:
        for one in written:
            name, arity, type_ = one[0], one[1], one[2]
            if len(one) == 10:
                relation = RelationField(_NODE, name, model, self._models[type_], arity)
                relation.explicit_name, relation.on_delete, relation.on_update = one[5:8]
                relation.mapped_name, relation.is_ignored = one[8:]
                model.relations.append(relation)
                found: AnyField = relation
            else:
                scalar = ScalarField(_NODE, name, model, one[3], type_, arity)
                scalar.enum = self._enums[type_] if one[3] == "enum" else None
                _complete(scalar, *one[4:])
                model.scalars.append(scalar)
                found = scalar
            model.fields.append(found)
            model.by_name[name] = found

    def _ends(self, model: Model, written: Json) -> None:
        relations = iter(model.relations)
        for one in written:
            if len(one) == 10:
                relation = next(relations)
                relation.fields = _named(model, one[3])
                relation.references = _named(relation.related_model, one[4])

    def _keys(self, model: Model, key: Json, indexes: Json) -> None:
        if key is not None:
            fields, source = _parts(model, key[0], key[1])
            model.primary_key = PrimaryKey(_ATTRIBUTE, model, fields, source, key[2], key[3])
        for kind, has_where, names, on_field, name, mapped in indexes:
            fields, source = _parts(model, names, on_field)
            index = Index(_ATTRIBUTE, model, kind, fields, source, name, mapped)
            index.where = Raw("") if has_where else None
            model.indexes.append(index)


def _bare(written: Json, *, is_view: bool) -> Model:
    name, mapped, schema, is_ignored, *_ = written
    return Model(_BLOCK, name, is_view, mapped_name=mapped, is_ignored=is_ignored, schema=schema)


def _complete(
    field: ScalarField, mapped: str | None, default: Json, native: Json, flags: int
) -> None:
    field.mapped_name = mapped
    if default is not None:
        field.default = Default(_expression_of(default), None, _ATTRIBUTE)
    if native is not None:
        field.native_type = NativeType("db", native[0], native[1:], _ATTRIBUTE)
    field.is_ignored = bool(flags & 1)
    field.is_updated_at = bool(flags & 2)


def _named(model: Model, names: list[str] | None) -> list[ScalarField] | None:
    if names is None:
        return None
    return [_scalar(model, name) for name in names]


def _scalar(model: Model, name: str) -> ScalarField:
    found = model.by_name[name]
    if not isinstance(found, ScalarField):
        raise ValueError(f"{model.name}.{name} is no scalar")
    return found


def _parts(
    model: Model, names: list[str], on_field: bool
) -> tuple[list[IndexField], ScalarField | None]:
    fields = [_scalar(model, name) for name in names]
    return [IndexField(field) for field in fields], fields[0] if on_field else None


def _expression_of(written: Json) -> Expression:
    if isinstance(written, str):
        return String(written, written, 0, 0)
    if isinstance(written, list):
        return Array([_expression_of(one) for one in written], 0, 0)
    if "number" in written:
        return Number(written["number"], 0, 0)
    if "word" in written:
        return Constant(written["word"], 0, 0)
    if "object" in written:
        return Object([(name, _expression_of(one)) for name, one in written["object"]], 0, 0)
    given = [Argument(name, _expression_of(one), 0, 0) for name, one in written["arguments"]]
    return Call(written["call"], Arguments(given, [], given), 0, 0)
