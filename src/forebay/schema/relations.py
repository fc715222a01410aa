"""Fourth pass: which relation fields belong together, and what kind of relation they make."""

from forebay.schema.model import Index, Model, Relation, RelationField, RelationKind, Schema
from forebay.schema.tree import LIST, OPTIONAL, REQUIRED


def infer_relations(schema: Schema, models: list[Model]) -> None:
    """Find every relation of a schema once, in the order its first field is written."""
    by_relation: dict[tuple[int, int, str | None], list[RelationField]] = {}
    for model in models:
        for field in model.relations:
            key = (id(model), id(field.related_model), field.explicit_name)
            by_relation.setdefault(key, []).append(field)
    for model in models:
        for field in model.relations:
            key = (id(field.related_model), id(model), field.explicit_name)
            others = by_relation.get(key, ())
            opposite = next((other for other in others if other is not field), None)
            relation = _relation(field, opposite)
            if relation is None:
                continue
            schema.relations.append(relation)
            for side in (relation.field_a, relation.field_b):
                if side is not None and side.relation is None:
                    side.relation = relation


def _relation(field: RelationField, opposite: RelationField | None) -> Relation | None:
    """Return the relation that a field makes, or None where its opposite makes it."""
    if opposite is None:
        return _one_sided(field)
    kind = _kind(field, opposite)
    if kind is None:
        return None
    return Relation(kind, field.model, field.related_model, field, opposite, field.explicit_name)


def _one_sided(field: RelationField) -> Relation:
    model, related, name = field.model, field.related_model, field.explicit_name
    if field.arity == LIST:
        return Relation("one-to-many", related, model, None, field, name)
    unique = field.fields is not None and any(
        _covers(index, field) for index in model.indexes if index.kind == "unique"
    )
    kind: RelationKind = "one-to-one" if unique else "one-to-many"
    return Relation(kind, model, related, field, None, name)


def _covers(index: Index, field: RelationField) -> bool:
    return (
        not any(one.path for one in index.fields)
        and [one.field for one in index.fields] == field.fields
    )


def _kind(field: RelationField, opposite: RelationField) -> RelationKind | None:
    if field.arity == LIST:
        if opposite.arity != LIST:
            return None
        after = field.model.name > opposite.model.name or (
            field.model is opposite.model and field.name > opposite.name
        )
        return None if after else "many-to-many"
    if opposite.arity == LIST:
        return "one-to-many"
    return "one-to-one" if _is_forward(field, opposite) else None


def _is_forward(field: RelationField, opposite: RelationField) -> bool:
    """Say which of two single sides is taken for the one with the foreign key."""
    if field.arity != opposite.arity:
        return field.arity == REQUIRED
    if field.arity == OPTIONAL:
        if field.fields is not None:
            return True
        if opposite.fields is not None:
            return False
    mine = (field.model.name, field.name)
    return mine <= (opposite.model.name, opposite.name)
