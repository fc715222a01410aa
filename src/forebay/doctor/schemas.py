"""What the rules about schema.prisma ask: sound schemas, and what their indexes cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from forebay.doctor.finding import Edit
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.prisma import PrismaProject
from forebay.doctor.repository.repository import Repository
from forebay.schema.model import Index, IndexField, Model, RelationField


def sound_projects(repository: Repository) -> Iterator[PrismaProject]:
    """Yield the PostgreSQL schemas that have no errors and are the application's own."""
    for project in repository.prisma:
        if project.is_postgresql and not project.checked.errors:
            if project.files[0].role not in (Role.TEST, Role.EXAMPLE):
                yield project


def keys_of(model: Model) -> Iterator[list[str]]:
    """Yield the columns of what serves a search: primary key, uniques, B-trees and hashes."""
    if model.primary_key is not None:
        yield names(model.primary_key.fields)
    for index in model.indexes:
        if is_plain(index) or (index.algorithm == "Hash" and index.where is None):
            yield names(index.fields)


def names(fields: Sequence[IndexField]) -> list[str]:
    """Return the names of an index's fields."""
    return [field.name for field in fields]


def is_plain(index: Index) -> bool:
    """Whether an index is a B-tree over whole columns of all rows, which any query may use."""
    return (
        index.kind != "fulltext"
        and index.algorithm in (None, "BTree")
        and index.where is None
        and all(field.ops is None and not field.path for field in index.fields)
    )


def is_covered(model: Model, columns: Sequence[str]) -> bool:
    """Whether an index begins with these columns in any order; of several, one is enough."""
    wanted = set(columns)
    return any(
        set(key[: len(wanted)]) == wanted or (len(wanted) > 1 and key[0] in wanted)
        for key in keys_of(model)
        if key
    )


def uncovered(model: Model) -> list[tuple[RelationField, list[str]]]:
    """Return the foreign keys of a model that no index serves, each set of columns once."""
    found: dict[tuple[str, ...], RelationField] = {}
    for field, columns in foreign_keys(model):
        if not is_covered(model, columns):
            found.setdefault(tuple(columns), field)
    return [(field, list(columns)) for columns, field in found.items()]


def foreign_keys(model: Model) -> Iterator[tuple[RelationField, list[str]]]:
    """Yield the relation fields that hold a foreign key, with its columns."""
    for field in model.relations:
        if field.fields:
            yield field, [one.name for one in field.fields]


def index_edit(project: PrismaProject, model: Model, keys: Sequence[Sequence[str]]) -> Edit:
    """Return the edit that adds an `@@index` for each of these to a model."""
    node = model.node
    file, shift = project.file_at(node.start)
    body = file.text[node.start - shift : node.end - shift]
    indent = "  "
    for line in body.split("\n")[1:]:
        if line.strip():
            indent = line[: len(line) - len(line.lstrip())] or "  "
            break
    close = node.start + body.rindex("}")
    ending = "\r\n" if "\r\n" in body else "\n"
    # The blank line that separates attributes from fields, where the model has none yet.
    gap = "" if any(line.lstrip().startswith("@@") for line in body.split("\n")) else ending
    lines = "".join(f"{indent}@@index([{', '.join(columns)}]){ending}" for columns in keys)
    return project.insertion(close, gap + lines)
