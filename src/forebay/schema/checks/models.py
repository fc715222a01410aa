"""Rules for models and views as a whole: unique criteria, names, schemas, keys."""

from forebay.schema import texts
from forebay.schema.checks.constraints import ConstraintNames
from forebay.schema.checks.context import Context, shown_attribute
from forebay.schema.checks.fields import is_autoincrement
from forebay.schema.model import IndexField, Model, PrimaryKey


def database_names_are_unique(context: Context) -> None:
    """No two models of a schema of the database have one table."""
    taken: dict[tuple[str | None, str], Model] = {}
    for model in context.models:
        key = (model.schema, model.database_name)
        existing = taken.get(key)
        taken[key] = model
        if existing is None:
            continue
        mapped, other = (model, existing) if model.mapped_name else (existing, model)
        attribute = next((one for one in mapped.node.attributes if one.name == "map"), None)
        if attribute is not None:
            context.error(
                texts.TABLE_TWICE, attribute, table=model.database_name, existing=other.name
            )


def has_unique_criterion(model: Model, context: Context) -> None:
    """Each record can be told from the others by required fields."""
    criteria = model.unique_criteria
    if model.is_ignored or any(all(map(_is_strict, fields)) for fields in criteria):
        return
    loose = "".join(f"\n- {', '.join(one.name for one in fields)}" for fields in criteria)
    text = texts.NO_STRICT_CRITERION if criteria else texts.NO_CRITERION
    context.error(text, model.node, kind=model.keyword, model=model.name, loose=loose)


def _is_strict(one: IndexField) -> bool:
    indexed = one.path[-1] if one.path else one.field
    return indexed.arity != "?" and indexed.kind != "unsupported"


def check_primary_key(model: Model, names: ConstraintNames, context: Context) -> None:
    """The rules for a primary key."""
    key = model.primary_key
    if key is None:
        return
    names.of_primary_key(key, context)
    names.of_client(key, context)
    if not key.fields:
        context.error(texts.ID_EMPTY, key.node, attribute=shown_attribute(key))
    _name_is_no_field(key, context)
    if key.mapped_name is not None and not context.provider.is_postgresql:
        context.error(texts.ID_NAMED, model.node, kind=model.keyword, model=model.name)
    if any(one.length is not None for one in key.fields):
        context.error(texts.ID_LENGTH, key.node, attribute=shown_attribute(key))
    if any(one.sort is not None for one in key.fields):
        context.error(texts.ID_SORT, key.node, attribute=shown_attribute(key))


def _name_is_no_field(key: PrimaryKey, context: Context) -> None:
    model = key.model
    if len(key.fields) < 2:
        return
    name = "_".join(one.name for one in key.fields)
    if any(field.name == name for field in model.scalars):
        context.error(
            texts.ID_NAME_IS_FIELD, key.node, kind=model.keyword, model=model.name, name=name
        )


def check_shard_key(model: Model, context: Context) -> None:
    """PostgreSQL has no shard keys."""
    key = model.shard_key
    if key is None:
        return
    shown = "@shardKey" if key.source else "@@shardKey"
    if not key.fields:
        context.error(texts.SHARD_KEY_EMPTY, key.node, attribute=shown)
    if "shardKeys" not in context.features:
        context.error(texts.SHARD_KEY_WITHOUT_FEATURE, key.node, attribute=shown)
    name = "postgresql" if context.provider.is_postgresql else context.provider.shown
    context.error(texts.SHARD_KEY_NOT_SUPPORTED, key.node, attribute=shown, provider=name)


def clustering_of_key(model: Model, context: Context) -> None:
    """PostgreSQL's keys are not clustered."""
    key = model.primary_key
    if key is not None and key.clustered is not None:
        context.error(texts.CLUSTERED, key.node, attribute=shown_attribute(key))


def check_schema(model: Model, context: Context) -> None:
    """The schema of a model is one of the datasource's, and is named where those are."""
    if not context.provider.is_postgresql:
        if model.schema_node is not None:
            context.error(texts.SCHEMA_NOT_SUPPORTED, model.schema_node)
        return
    source = context.schema.datasource
    if source is None:
        return
    if model.schema_node is not None:
        if model.schema not in (source.schemas or ()):
            context.error(texts.SCHEMA_UNDEFINED, model.schema_node)
    elif source.schemas is not None:
        context.error(texts.MODEL_WITHOUT_SCHEMA, model.node, kind=model.keyword, model=model.name)


def check_enums(context: Context) -> None:
    """The rules for enums, which are those for a model's name and schema."""
    source = context.schema.datasource
    taken: set[tuple[str | None, str]] = set()
    for enum in context.schema.enums:
        key = (enum.schema, enum.database_name)
        if key in taken:
            context.error(texts.ENUM_TABLE_TWICE, enum.node)
        taken.add(key)
    uses_schemas = source is not None and source.schemas is not None
    for enum in context.schema.enums:
        if not context.provider.is_postgresql:
            if enum.schema_node is not None:
                context.error(texts.SCHEMA_NOT_SUPPORTED, enum.schema_node)
        elif enum.schema_node is None:
            if uses_schemas:
                context.error(texts.ENUM_WITHOUT_SCHEMA, enum.node)
        elif source is not None and enum.schema not in (source.schemas or ()):
            context.error(texts.SCHEMA_UNDEFINED, enum.schema_node)


def check_autoincrement(model: Model, context: Context) -> None:
    """Without a provider only one field counts up, and only the id."""
    if context.provider.is_postgresql:
        return
    counting = [field for field in model.scalars if is_autoincrement(field)]
    if len(counting) > 1:
        context.error(texts.AUTOINCREMENT_TWICE, model.node)
    key = model.primary_key
    first = [index.fields[0].field for index in model.indexes if index.fields]
    if key is not None and key.fields:
        first.append(key.fields[0].field)
    for field in counting:
        if key is None or [one.field for one in key.fields] != [field]:
            context.error(texts.AUTOINCREMENT_NOT_ID, field.node)
        if field not in first:
            context.error(texts.AUTOINCREMENT_NOT_INDEXED, field.node)
