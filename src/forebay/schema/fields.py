"""Third pass, fields: what their attributes say, each on its own."""

from forebay.schema import coerce, texts
from forebay.schema.attributes import ArgumentSet, AttributeSet
from forebay.schema.defaults import composite_default, model_default
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.index_fields import Sort, Wrong, scalar_names
from forebay.schema.model import (
    Action,
    Composite,
    CompositeField,
    Index,
    IndexField,
    Model,
    NativeType,
    PrimaryKey,
    RelationField,
    ScalarField,
    ShardKey,
)
from forebay.schema.show import show
from forebay.schema.tree import LIST, Attribute, Expression
from forebay.schema.where import read_where

_ACTIONS: dict[str, Action] = {
    "Cascade": "Cascade",
    "Restrict": "Restrict",
    "NoAction": "NoAction",
    "SetNull": "SetNull",
    "SetDefault": "SetDefault",
}
_SORTS: dict[str, Sort] = {"Asc": "Asc", "Desc": "Desc"}


class FieldReader:
    """Reads the attributes of fields; keeps what only the whole model can judge."""

    def __init__(self, diagnostics: Diagnostics, prisma: int) -> None:
        """Read by the rules of a version of Prisma."""
        self._diagnostics = diagnostics
        self._prisma = prisma
        # Fields whose default calls a function that is none of Prisma's.
        self.unknown_functions: list[ScalarField] = []

    def scalars(self, model: Model) -> None:
        """Read every scalar field of a model."""
        mapped: set[str] = set()
        for field in model.scalars:
            if field.node.attributes:
                self._scalar(field, mapped)

    def _scalar(self, field: ScalarField, mapped: set[str]) -> None:
        attributes = AttributeSet(field.node.attributes, self._diagnostics)
        if (found := attributes.one("map")) is not None:
            self._map(field, found, mapped)
        for name, read in _SIMPLE:
            if (found := attributes.one(name)) is not None:
                read(field, found)
                found.finish()
        if (found := attributes.one("default")) is not None:
            if model_default(field, found):
                self.unknown_functions.append(field)
            found.finish()
        if field.kind == "scalar":
            field.native_type = _native(attributes.scoped())
        if (found := attributes.one("unique")) is not None:
            _unique(field, found, self._prisma)
            found.finish()
        attributes.finish()

    def _map(self, field: ScalarField, arguments: ArgumentSet, mapped: set[str]) -> None:
        name = mapped_name(arguments)
        if name is not None:
            field.mapped_name = name
            if name in mapped:
                self._twice(field)
            mapped.add(name)
            other = field.model.by_name.get(name)
            if (
                isinstance(other, ScalarField)
                and other is not field
                and other.mapped_name in (None, name)
            ):
                self._twice(field)
        arguments.finish()

    def _twice(self, field: ScalarField) -> None:
        model = field.model
        self._diagnostics.error(
            texts.FIELD_TWICE,
            field.node.start,
            field.node.end,
            name=field.name,
            container=model.keyword,
            model=model.name,
        )

    def relation(self, field: RelationField) -> None:
        """Read a relation field."""
        attributes = AttributeSet(field.node.attributes, self._diagnostics)
        if (found := attributes.one("relation")) is not None:
            self._relation(field, found)
            found.finish()
        if (found := attributes.one("id")) is not None:
            found.report(texts.RELATION_ID, field=field.name)
        if (found := attributes.one("ignore")) is not None:
            field.is_ignored = True
            found.finish()
        if (found := attributes.one("default")) is not None:
            found.report(texts.RELATION_DEFAULT)
        if (found := attributes.one("map")) is not None:
            found.report(texts.RELATION_MAP)
            found.default("name")
        if (found := attributes.one("unique")) is not None:
            names = [one.name for one in field.fields or ()]
            meant = ""
            if len(names) == 1:
                meant = f" Did you mean to put it on `{names[0]}`?"
            elif names:
                meant = f" Did you mean to provide `@@unique([{', '.join(names)}])`?"
            found.report(texts.RELATION_UNIQUE, field=field.name, meant=meant)
        attributes.finish()

    def _relation(self, field: RelationField, arguments: ArgumentSet) -> None:
        field.attribute = arguments.attribute
        given = arguments.optional("fields")
        if given is not None:
            field.fields = _own_fields(field, given, arguments)
        given = arguments.optional("references")
        if given is not None:
            field.references = _references(field, given, arguments)
        given = arguments.default_if_any("name")
        if given is not None:
            name = coerce.string(given, self._diagnostics)
            if name == "":
                arguments.report(texts.RELATION_NAME_EMPTY)
            field.explicit_name = name or None
        given = arguments.optional("onDelete")
        if given is not None:
            field.on_delete = _action(given, self._diagnostics)
            field.on_delete_node = given if field.on_delete else None
        given = arguments.optional("onUpdate")
        if given is not None:
            field.on_update = _action(given, self._diagnostics)
            field.on_update_node = given if field.on_update else None
        field.mapped_name = arguments.name_of("map", texts.EMPTY_MAP)

    def composite(self, composite: Composite) -> None:
        """Read every field of a composite type."""
        mapped: set[str] = set()
        for field in composite.fields.values():
            attributes = AttributeSet(field.node.attributes, self._diagnostics)
            if field.kind == "scalar":
                field.native_type = _native(attributes.scoped())
            if (found := attributes.one("map")) is not None:
                name = mapped_name(found)
                if name is not None:
                    self._composite_map(composite, field, name, mapped)
                found.finish()
            if (found := attributes.one("default")) is not None:
                composite_default(field, found)
                found.finish()
            attributes.finish()

    def _composite_map(
        self, composite: Composite, field: CompositeField, name: str, mapped: set[str]
    ) -> None:
        field.mapped_name = name
        twice = [name] if name in mapped else []
        mapped.add(name)
        other = composite.fields.get(name)
        if other is not None and other.mapped_name is None:
            twice.append(field.name)
        for shown in twice:
            self._diagnostics.error(
                texts.FIELD_TWICE,
                field.node.start,
                field.node.end,
                name=shown,
                container="composite type",
                model=composite.name,
            )


def mapped_name(arguments: ArgumentSet) -> str | None:
    """Take the name of `@map` or `@@map`."""
    value = arguments.default("name")
    return None if value is None else coerce.string(value, arguments.diagnostics)


def sort_argument(arguments: ArgumentSet) -> Sort | None:
    """Take the argument `sort`."""
    value = arguments.optional("sort")
    name = None if value is None else coerce.constant(value, arguments.diagnostics)
    if name is not None and name not in _SORTS:
        arguments.report(texts.WRONG_SORT, value=name)
    return _SORTS.get(name or "")


def _ignore(field: ScalarField, arguments: ArgumentSet) -> None:
    if field.kind == "unsupported":
        arguments.report(texts.IGNORED_UNSUPPORTED)
    else:
        field.is_ignored = True


def _not_a_relation(_: ScalarField, arguments: ArgumentSet) -> None:
    arguments.report(texts.NOT_A_RELATION)


def _updated_at(field: ScalarField, arguments: ArgumentSet) -> None:
    if field.kind != "scalar" or field.type != "DateTime":
        arguments.report(texts.UPDATED_AT_TYPE)
    if field.arity == LIST:
        arguments.report(texts.UPDATED_AT_LIST)
    field.is_updated_at = True


def _id(field: ScalarField, arguments: ArgumentSet) -> None:
    model = field.model
    if model.primary_key is not None:
        arguments.report_at(texts.SECOND_ID, model.node, model=model.name)
    else:
        mapped = arguments.name_of("map", texts.EMPTY_MAP)
        length = arguments.integer("length")
        sort = sort_argument(arguments)
        clustered = arguments.boolean("clustered")
        entry = IndexField(field, sort, length)
        model.primary_key = PrimaryKey(
            arguments.attribute, model, [entry], field, None, mapped, clustered
        )


def _shard_key(field: ScalarField, arguments: ArgumentSet) -> None:
    model = field.model
    if model.shard_key is not None:
        arguments.report_at(texts.SECOND_SHARD_KEY, model.node, model=model.name)
    else:
        model.shard_key = ShardKey(arguments.attribute, [field], field)


_SIMPLE = (
    ("ignore", _ignore),
    ("relation", _not_a_relation),
    ("id", _id),
    ("shardKey", _shard_key),
    ("updatedAt", _updated_at),
)


def _unique(field: ScalarField, arguments: ArgumentSet, prisma: int) -> None:
    mapped = arguments.name_of("map", texts.EMPTY_MAP)
    length = arguments.integer("length")
    sort = sort_argument(arguments)
    clustered = arguments.boolean("clustered")
    index = Index(arguments.attribute, field.model, "unique", [IndexField(field, sort, length)])
    index.source, index.mapped_name, index.clustered = field, mapped, clustered
    if prisma >= 7:
        index.where = read_where(field.model, arguments)
    field.model.indexes.append(index)


def _native(attribute: Attribute | None) -> NativeType | None:
    if attribute is None:
        return None
    scope, _, name = attribute.name.partition(".")
    arguments = [show(one.value) for one in attribute.given if one.value is not None]
    return NativeType(scope, name, arguments, attribute)


def _own_fields(
    field: RelationField, value: Expression, arguments: ArgumentSet
) -> list[ScalarField]:
    found = scalar_names(value, field.model, arguments)
    if not isinstance(found, Wrong):
        return found or []
    if found.unknown:
        arguments.report_at(texts.RELATION_UNKNOWN_FIELDS, value, fields=", ".join(found.unknown))
    if found.relations:
        names = ", ".join(found.relations)
        arguments.report_at(texts.RELATION_OVER_RELATIONS, value, fields=names)
    return []


def _references(
    field: RelationField, value: Expression, arguments: ArgumentSet
) -> list[ScalarField]:
    model = field.related_model
    found = scalar_names(value, model, arguments)
    if not isinstance(found, Wrong):
        return found or []
    if found.unknown:
        names = ", ".join(found.unknown)
        arguments.report(texts.UNKNOWN_REFERENCES, model=model.name, fields=names)
    if found.relations:
        names = ", ".join(found.relations)
        arguments.report(texts.REFERENCES_TO_RELATIONS, model=model.name, fields=names)
    return []


def _action(value: Expression, diagnostics: Diagnostics) -> Action | None:
    name = coerce.constant(value, diagnostics)
    if name is not None and name not in _ACTIONS:
        diagnostics.error(texts.UNKNOWN_ACTION, value.start, value.end, action=name)
    return _ACTIONS.get(name or "")
