"""Third pass, blocks: what the attributes of models, views and enums say."""

from forebay.schema import coerce, texts
from forebay.schema.attributes import ArgumentSet, AttributeSet
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.fields import mapped_name
from forebay.schema.index_fields import Wrong, index_fields, scalar_names
from forebay.schema.model import (
    Algorithm,
    Enum,
    Index,
    Model,
    PrimaryKey,
    RelationField,
    ScalarField,
    ShardKey,
)
from forebay.schema.tree import REQUIRED, Expression
from forebay.schema.where import read_where

_ALGORITHMS: dict[str, Algorithm] = {
    "BTree": "BTree",
    "Hash": "Hash",
    "Gist": "Gist",
    "Gin": "Gin",
    "SpGist": "SpGist",
    "Brin": "Brin",
}


def read_enum(enum: Enum, diagnostics: Diagnostics) -> None:
    """Read the attributes of an enum and of its values."""
    for member in enum.members:
        if not member.node.attributes:
            continue
        attributes = AttributeSet(member.node.attributes, diagnostics)
        if (found := attributes.one("map")) is not None:
            member.mapped_name = mapped_name(found)
            found.finish()
        attributes.finish()
    attributes = AttributeSet(enum.node.attributes, diagnostics)
    if (found := attributes.one("map")) is not None:
        enum.mapped_name = mapped_name(found)
        found.finish()
    if (found := attributes.one("schema")) is not None:
        enum.schema, enum.schema_node = _schema(found)
        found.finish()
    attributes.finish()


def read_model(model: Model, diagnostics: Diagnostics, prisma: int) -> None:
    """Read the block attributes of a model or view, whose fields have been read."""
    attributes = AttributeSet(model.node.attributes, diagnostics)
    if (found := attributes.one("ignore")) is not None:
        _ignore(model, found)
        found.finish()
    if (found := attributes.one("id")) is not None:
        _id(model, found)
        found.finish()
    if (found := attributes.one("shardKey")) is not None:
        _shard_key(model, found)
        found.finish()
    if (found := attributes.one("map")) is not None:
        model.mapped_name = mapped_name(found)
        found.finish()
    if (found := attributes.one("schema")) is not None:
        model.schema, model.schema_node = _schema(found)
        found.finish()
    for found in attributes.each("index"):
        _index(model, found, prisma)
        found.finish()
    for found in attributes.each("unique"):
        _unique(model, found, prisma)
        found.finish()
    for found in attributes.each("fulltext"):
        _fulltext(model, found)
        found.finish()
    _keys_are_required(model, diagnostics)
    attributes.finish()


def _schema(arguments: ArgumentSet) -> tuple[str | None, Expression | None]:
    value = arguments.default("map")
    if value is None:
        return None, None
    name = coerce.string(value, arguments.diagnostics)
    return name, None if name is None else value


def _ignore(model: Model, arguments: ArgumentSet) -> None:
    for field in model.scalars:
        if field.is_ignored:
            arguments.report_at(texts.IGNORED_TWICE, field.node)
    model.is_ignored = True


def _id(model: Model, arguments: ArgumentSet) -> None:
    value = arguments.default("fields")
    if value is None:
        return
    fields = index_fields(value, model, arguments, into_composites=False)
    if isinstance(fields, Wrong):
        if fields.unknown:
            listed = _listed(fields.unknown)
            arguments.report_at(texts.ID_UNKNOWN_FIELDS, value, model=model.name, fields=listed)
        if fields.relations:
            listed = _listed(fields.relations)
            arguments.report(texts.ID_OVER_RELATIONS, model=model.name, fields=listed)
        return
    if fields is None:
        return
    loose = [one.field.name for one in fields if one.field.arity != REQUIRED]
    if loose and not model.is_ignored:
        arguments.report(texts.ID_OPTIONAL, model=model.name, fields=_listed(loose))
    if model.primary_key is not None:
        arguments.report_at(texts.TWO_IDS, model.node, model=model.name)
    mapped = arguments.name_of("map", texts.EMPTY_MAP)
    name = _client_name(model, arguments, "@@id")
    clustered = arguments.boolean("clustered")
    model.primary_key = PrimaryKey(
        arguments.attribute, model, fields, None, name, mapped, clustered
    )


def _shard_key(model: Model, arguments: ArgumentSet) -> None:
    value = arguments.default("fields")
    if value is None:
        return
    fields = scalar_names(value, model, arguments)
    if isinstance(fields, Wrong):
        if fields.unknown:
            listed = _listed(fields.unknown)
            arguments.report_at(
                texts.SHARD_KEY_UNKNOWN_FIELDS, value, model=model.name, fields=listed
            )
        if fields.relations:
            listed = _listed(fields.relations)
            arguments.report(texts.SHARD_KEY_OVER_RELATIONS, model=model.name, fields=listed)
        return
    if fields is None:
        return
    loose = [one.name for one in fields if one.arity != REQUIRED]
    if loose and not model.is_ignored:
        arguments.report(texts.SHARD_KEY_OPTIONAL, model=model.name, fields=_listed(loose))
    if model.shard_key is not None:
        arguments.report_at(texts.TWO_SHARD_KEYS, model.node, model=model.name)
    model.shard_key = ShardKey(arguments.attribute, fields, None)


def _listed(names: list[str]) -> str:
    """Name fields in the middle of a sentence."""
    return f"field{'s' if len(names) > 1 else ''} {', '.join(f'`{name}`' for name in names)}"


def _client_name(model: Model, arguments: ArgumentSet, attribute: str) -> str | None:
    name = arguments.name_of("name", texts.EMPTY_NAME)
    if name is not None and not (name.isascii() and name.replace("_", "a").isalnum()):
        arguments.report(texts.WRONG_CLIENT_NAME, block=attribute, model=model.name)
    return name


def _index(model: Model, arguments: ArgumentSet, prisma: int) -> None:
    index = Index(arguments.attribute, model, "normal")
    _fields(index, arguments)
    name = arguments.name_of("name", texts.EMPTY_NAME)
    mapped = arguments.name_of("map", texts.EMPTY_MAP)
    if name is not None and mapped is not None:
        arguments.report(texts.INDEX_NAME_AND_MAP)
    else:
        index.mapped_name = name or mapped
    value = arguments.optional("type")
    algorithm = None if value is None else coerce.constant(value, arguments.diagnostics)
    if algorithm is not None and algorithm not in _ALGORITHMS:
        arguments.report(texts.UNKNOWN_ALGORITHM, type=algorithm)
    index.algorithm = _ALGORITHMS.get(algorithm or "")
    index.clustered = arguments.boolean("clustered")
    if prisma >= 7:
        index.where = read_where(model, arguments)
    model.indexes.append(index)


def _unique(model: Model, arguments: ArgumentSet, prisma: int) -> None:
    index = Index(arguments.attribute, model, "unique")
    _fields(index, arguments)
    name = arguments.name_of("name", texts.EMPTY_NAME)
    index.mapped_name = arguments.name_of("map", texts.EMPTY_MAP)
    if name is not None and not (name.isascii() and name.replace("_", "a").isalnum()):
        arguments.report(texts.WRONG_CLIENT_NAME, block="@@unique", model=model.name)
    index.name = name
    index.clustered = arguments.boolean("clustered")
    if prisma >= 7:
        index.where = read_where(model, arguments)
    model.indexes.append(index)


def _fulltext(model: Model, arguments: ArgumentSet) -> None:
    index = Index(arguments.attribute, model, "fulltext")
    _fields(index, arguments)
    index.mapped_name = arguments.name_of("map", texts.EMPTY_MAP)
    model.indexes.append(index)


def _fields(index: Index, arguments: ArgumentSet) -> None:
    value = arguments.default("fields")
    if value is None:
        return
    model = index.model
    found = index_fields(value, model, arguments, into_composites=True)
    if not isinstance(found, Wrong):
        index.fields = found or []
        return
    unique = "unique " if index.kind == "unique" else ""
    if found.unknown:
        names = ", ".join(found.unknown)
        arguments.report(texts.INDEX_UNKNOWN_FIELDS, model=model.name, unique=unique, fields=names)
    if found.relations:
        meant = _scalars_behind(model, found.relations)
        attribute = "unique" if unique else "index"
        arguments.report(
            texts.INDEX_OVER_RELATIONS,
            model=model.name,
            unique=unique,
            fields=", ".join(found.relations),
            meant=f" Did you mean `@@{attribute}([{', '.join(meant)}])`?" if meant else "",
        )


def _scalars_behind(model: Model, names: list[str]) -> list[str]:
    found: list[ScalarField] = []
    for name in names:
        field = model.by_name.get(name)
        if isinstance(field, RelationField):
            found.extend(field.fields or ())
    return [field.name for field in found]


def _keys_are_required(model: Model, diagnostics: Diagnostics) -> None:
    if model.is_ignored:
        return
    key = model.primary_key
    if key is not None and key.source is not None and key.source.arity != REQUIRED:
        diagnostics.error(texts.ID_NOT_REQUIRED, key.node.start, key.node.end)
    shard = model.shard_key
    if shard is not None and shard.source is not None and shard.source.arity != REQUIRED:
        diagnostics.error(texts.SHARD_KEY_NOT_REQUIRED, shard.node.start, shard.node.end)
