"""Names of keys, indexes and foreign keys: the ones PostgreSQL would make, and where they clash."""

from collections import Counter

from forebay.schema import texts
from forebay.schema.checks.context import Context, argument_of, shown_attribute
from forebay.schema.model import Index, Model, PrimaryKey, Relation
from forebay.schema.tree import Attribute, Placed

_GLOBAL = "global for primary key, indexes and unique constraints"
_LOCAL = "on model `{model}` for primary key, indexes, unique constraints and foreign keys"


def primary_key_name(key: PrimaryKey, limit: float) -> str:
    """Return the name of a primary key's constraint."""
    return key.mapped_name or cut(key.model.database_name, "_pkey", limit)


def index_name(index: Index, limit: float) -> str:
    """Return the name of an index."""
    if index.mapped_name:
        return index.mapped_name
    columns = "_".join(
        "_".join([one.field.database_name, *(step.mapped_name or step.name for step in one.path)])
        for one in index.fields
    )
    suffix = "_key" if index.kind == "unique" else "_idx"
    return cut(f"{index.model.database_name}_{columns}", suffix, limit)


def foreign_key_name(relation: Relation, limit: float) -> str:
    """Return the name of a relation's foreign key."""
    field = relation.field_a
    if field is not None and field.mapped_name:
        return field.mapped_name
    fields = (field.fields or []) if field is not None else []
    columns = "_".join(one.database_name for one in fields)
    return cut(f"{relation.model_a.database_name}_{columns}", "_fkey", limit)


def cut(name: str, suffix: str, limit: float) -> str:
    """Shorten a name so that it fits with its suffix, counted in bytes of UTF-8."""
    room = limit - len(suffix)
    raw = name.encode()
    if len(raw) >= room:
        name = raw[: int(room)].decode(errors="ignore")
    return name + suffix


class ConstraintNames:
    """How often each name is used in the whole schema and in each model."""

    def __init__(self, context: Context) -> None:
        """Count the names of every model, view and relation."""
        limit = context.provider.longest_name
        self._limit = limit
        self._global: Counter[tuple[str | None, str]] = Counter()
        self._local: Counter[tuple[int, str]] = Counter()
        self._custom: Counter[tuple[int, str]] = Counter()
        self._is_checked = context.provider.is_postgresql
        for model in context.models:
            self._count(model)
        if self._is_checked:
            for relation in context.schema.relations:
                # Prisma counts a relation of which only the list is written with the list's model.
                owner = relation.model_b if relation.field_a is None else relation.model_a
                if relation.kind != "many-to-many" and not owner.is_view:
                    self._local[id(owner), foreign_key_name(relation, limit)] += 1

    def _count(self, model: Model) -> None:
        key = model.primary_key
        if key is not None and key.name is not None:
            self._custom[id(model), key.name] += 1
        for index in model.indexes:
            if index.name is not None:
                self._custom[id(model), index.name] += 1
        if not self._is_checked:
            return
        names = [index_name(index, self._limit) for index in model.indexes]
        if key is not None:
            names.append(primary_key_name(key, self._limit))
        for name in names:
            self._global[model.schema, name] += 1
            self._local[id(model), name] += 1

    def of_primary_key(self, key: PrimaryKey, context: Context) -> None:
        """Report a primary key's name that is too long or taken."""
        if not self._is_checked:
            return
        name = primary_key_name(key, self._limit)
        check_length(key.model, key.node, name, context, is_block=key.source is None)
        place = argument_of(key.node, "map") or key.node
        spaces = [*self._globally(key.model, name), *self._locally(key.model, name)]
        _taken(context, place, shown_attribute(key), name, spaces)

    def of_index(self, index: Index, context: Context) -> None:
        """Report an index's name that is taken."""
        name = index_name(index, self._limit)
        node = index.node
        place = argument_of(node, "map") or argument_of(node, "name") or node
        _taken(context, place, shown_attribute(index), name, self._globally(index.model, name))

    def of_relation(self, relation: Relation, context: Context) -> None:
        """Report a foreign key's name that is taken."""
        name = foreign_key_name(relation, self._limit)
        field = relation.field_a
        place: Placed = relation.model_b.node
        if field is not None:
            named = argument_of(field.attribute, "map") if field.attribute else None
            place = named or field.node
        _taken(context, place, "@relation", name, self._locally(relation.model_a, name))

    def of_client(self, one: Index | PrimaryKey, context: Context) -> None:
        """Report a name of the client's that two keys of a model share."""
        name = one.name
        if name is None or self._custom[id(one.model), name] < 2:
            return
        place = argument_of(one.node, "name") or one.node
        context.error(texts.CLIENT_NAME_TWICE, place, attribute=shown_attribute(one), name=name)

    def _globally(self, model: Model, name: str) -> list[str]:
        return [_GLOBAL] if self._global[model.schema, name] > 1 else []

    def _locally(self, model: Model, name: str) -> list[str]:
        taken = self._local[id(model), name] > 1
        return [_LOCAL.format(model=model.name)] if taken else []


def _taken(context: Context, place: Placed, attribute: str, name: str, spaces: list[str]) -> None:
    """Report that a name is taken, in each of the spaces in which it is."""
    for space in spaces:
        context.error(
            texts.CONSTRAINT_NAME_TAKEN, place, attribute=attribute, name=name, space=space
        )


def check_length(
    model: Model, attribute: Attribute, name: str | None, context: Context, *, is_block: bool
) -> None:
    """Report a name that is longer than PostgreSQL keeps."""
    limit = context.provider.longest_name
    if name is not None and len(name) * 4 > limit and len(name.encode()) > limit:
        shown = f"{'@@' if is_block else '@'}{attribute.name}"
        context.error(
            texts.NAME_TOO_LONG, attribute, model=model.name, name=name, shown=shown, limit=limit
        )
