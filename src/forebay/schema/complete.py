"""What a relation lacks and can be guessed: its other side, its fields, its arguments."""

from dataclasses import dataclass

from forebay.schema.inflection import camel_case, plural
from forebay.schema.model import Model, Relation, RelationField, ScalarField, Schema
from forebay.schema.tree import LIST, OPTIONAL, REQUIRED


@dataclass(slots=True)
class Addition:
    """A text to be inserted at a place in a file."""

    file: int
    position: int
    text: str


@dataclass(slots=True)
class _Guess:
    """A field for a foreign key, as it would be or as it is."""

    name: str
    arity: str
    kind: str
    type: str
    likeness: ScalarField


def additions(schema: Schema, text: str) -> list[Addition]:
    """Return what is missing from every relation, in the order in which Prisma adds it."""
    inline = [one for one in schema.relations if one.kind != "many-to-many"]
    found: list[Addition] = []
    for relation in inline:
        _add_sides(relation, found)
        _add_scalars(relation, text, found)
    for relation in inline:
        if relation.field_a is not None and relation.field_a.attribute is None:
            _add_attribute(relation, relation.field_a, text, found)
    for relation in inline:
        if relation.field_a is not None and relation.field_a.attribute is not None:
            _add_arguments(relation, relation.field_a, found)
    return found


def _at_end(model: Model, text: str) -> Addition:
    return Addition(model.node.file, model.node.end - 1, text)


def _add_sides(relation: Relation, found: list[Addition]) -> None:
    model, related = relation.model_a, relation.model_b
    if relation.field_b is None:
        ignore = "@ignore" if model.is_ignored else ""
        one = relation.kind == "one-to-one"
        name = camel_case(model.name) if one else plural(camel_case(model.name))
        arity = OPTIONAL if one else LIST
        found.append(_at_end(related, f"{name} {model.name}{arity} {ignore}\n"))
    if relation.field_a is None:
        optional = any(guess.arity == OPTIONAL for guess in _guesses(relation))
        name, arity = camel_case(related.name), OPTIONAL if optional else REQUIRED
        arguments = f"{_fields(relation)}, {_references(relation)}"
        found.append(_at_end(model, f"{name} {related.name}{arity} @relation({arguments})\n"))


def _add_scalars(relation: Relation, text: str, found: list[Addition]) -> None:
    field = relation.field_a
    if field is not None and field.fields is not None:
        return
    model = relation.model_a
    for guess in _guesses(relation):
        if any(one.name == guess.name for one in model.scalars):
            continue
        if guess.kind != "scalar":
            return
        native = guess.likeness.native_type
        written = text[native.node.start : native.node.end] if native is not None else ""
        found.append(_at_end(model, f"{guess.name} {guess.type}{guess.arity} {written}\n"))


def _add_attribute(
    relation: Relation, field: RelationField, text: str, found: list[Addition]
) -> None:
    position = field.node.type_end
    while position < len(text) and text[position] in "[]?!":
        position += 1
    written = f" @relation({_fields(relation)}, {_references(relation)})"
    found.append(Addition(field.model.node.file, position, written))


def _add_arguments(relation: Relation, field: RelationField, found: list[Addition]) -> None:
    attribute = field.attribute
    if attribute is None:
        return
    extra = []
    if field.fields is None:
        extra.append(_fields(relation))
    if field.references is None:
        extra.append(_references(relation))
    written = ", ".join(extra)
    file = field.model.node.file
    if attribute.given:
        found.append(Addition(file, attribute.end - 1, f", {written}"))
    else:
        found.append(Addition(file, attribute.end, f"({written})"))


def _fields(relation: Relation) -> str:
    return f"fields: [{', '.join(guess.name for guess in _guesses(relation))}]"


def _references(relation: Relation) -> str:
    return f"references: [{', '.join(one.name for one in referenced_fields(relation))}]"


def referenced_fields(relation: Relation) -> list[ScalarField]:
    """Return the fields that a relation refers to: those written, or the first strict criterion."""
    field = relation.field_a
    if field is not None and field.references is not None:
        return field.references
    for criterion in relation.model_b.unique_criteria:
        if all(
            one.field.arity != OPTIONAL and one.field.kind != "unsupported" for one in criterion
        ):
            return [one.field for one in criterion if not one.path]
    return []


def _guesses(relation: Relation) -> list[_Guess]:
    """Return the foreign key's fields as their names would be: the model's, then the field's."""
    criteria = relation.model_b.unique_criteria
    if not criteria:
        return []
    model, related, field = relation.model_a, relation.model_b, relation.field_a
    arity = field.arity if field is not None else OPTIONAL
    guesses = []
    for one in criteria[0]:
        target = one.field
        prefix, suffix = related.name, target.name
        name = prefix[:1].lower() + prefix[1:] + suffix[:1].upper() + suffix[1:]
        existing = next((own for own in model.scalars if own.name == name), None)
        if existing is None:
            guesses.append(_Guess(name, arity, target.kind, target.type, target))
        else:
            guesses.append(_Guess(name, existing.arity, existing.kind, existing.type, target))
    return guesses
