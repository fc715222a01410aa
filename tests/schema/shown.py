"""Schemas in a few words, and what is said of them."""

from forebay.schema.check import Checked, Version, check
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.model import Model, RelationField, ScalarField
from forebay.schema.parser import parse
from forebay.schema.source import Source
from forebay.schema.tree import Tree

DATASOURCE = 'datasource db {\n  provider = "postgresql"\n}\n'


def checked(body: str, *, prisma: Version = 7) -> Checked:
    """Check models and enums of a PostgreSQL schema."""
    return check([("schema.prisma", DATASOURCE + body)], prisma)


def messages(body: str, *, prisma: Version = 7) -> list[str]:
    """Return what is wrong with models and enums of a PostgreSQL schema."""
    return [one.message for one in checked(body, prisma=prisma).errors]


def tree_of(text: str) -> tuple[Tree, list[tuple[str, int]]]:
    """Return a file's tree, and what is wrong with its text: each with its line."""
    source = Source([("schema.prisma", text)])
    diagnostics = Diagnostics()
    tree = parse(source, diagnostics)[0]
    found = [(one.message, source.place(one.start).line) for one in diagnostics.errors]
    return tree, found


def model_of(body: str, name: str, *, prisma: Version = 7) -> Model:
    """Return a model of a schema in which nothing is wrong."""
    found = checked(body, prisma=prisma)
    assert [one.message for one in found.errors] == []
    return next(one for one in (*found.schema.models, *found.schema.views) if one.name == name)


def scalar(model: Model, name: str) -> ScalarField:
    """Return a scalar field of a model."""
    field = model.by_name[name]
    assert isinstance(field, ScalarField)
    return field


def relation(model: Model, name: str) -> RelationField:
    """Return a relation field of a model."""
    field = model.by_name[name]
    assert isinstance(field, RelationField)
    return field
