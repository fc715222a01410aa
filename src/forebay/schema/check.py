"""A schema read and checked: the one way in for everything that works with schemas.

The passes follow one another whatever the one before found, so that all errors are reported
together; only the last, which needs a sound model, waits for a schema without errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from forebay.schema.blocks import read_enum, read_model
from forebay.schema.collection import paused
from forebay.schema.configuration import ConfigurationReader
from forebay.schema.diagnostics import Diagnostic, Diagnostics
from forebay.schema.fields import FieldReader
from forebay.schema.model import Composite, Enum, Model, ScalarField, Schema
from forebay.schema.names import check_names
from forebay.schema.parser import parse
from forebay.schema.relations import infer_relations
from forebay.schema.resolve import Resolver
from forebay.schema.source import Source
from forebay.schema.tree import Tree
from forebay.schema.validate import validate

Version: TypeAlias = Literal[6, 7]


@dataclass(slots=True)
class Checked:
    """What a schema says, and everything that is wrong with it.

    The model of a schema with errors is incomplete; only one without is to be relied on.
    """

    source: Source
    trees: list[Tree]
    schema: Schema
    errors: list[Diagnostic]
    warnings: list[Diagnostic]
    prisma: Version


@paused()
def check(files: Sequence[tuple[str, str]], prisma: Version) -> Checked:
    """Read and check the files of a schema by the rules of a version of Prisma."""
    source = Source(files)
    diagnostics = Diagnostics()
    trees = parse(source, diagnostics, with_objects=prisma >= 7)
    schema, unknown_functions = analyse(trees, diagnostics, prisma)
    reader = ConfigurationReader(diagnostics, prisma)
    for tree in trees:
        reader.read(tree.blocks, schema)
    if not diagnostics.errors:
        validate(schema, unknown_functions, diagnostics, prisma)
    return Checked(source, trees, schema, diagnostics.errors, diagnostics.warnings, prisma)


def analyse(
    trees: list[Tree], diagnostics: Diagnostics, prisma: Version
) -> tuple[Schema, list[ScalarField]]:
    """Build the model: names, types, attributes, relations."""
    blocks = [block for tree in trees for block in tree.blocks]
    types = check_names(blocks, diagnostics)
    schema = Schema()
    resolver = Resolver(types, diagnostics)
    resolver.resolve(blocks, schema)
    made = [resolver.made(block) for block in blocks]
    models = [one for one in made if isinstance(one, Model)]
    reader = FieldReader(diagnostics, prisma)
    for model in models:
        for field in model.relations:
            if field.node.attributes:
                reader.relation(field)
    for one in made:
        if isinstance(one, Model):
            reader.scalars(one)
            read_model(one, diagnostics, prisma)
        elif isinstance(one, Enum):
            read_enum(one, diagnostics)
        elif isinstance(one, Composite):
            reader.composite(one)
    infer_relations(schema, models)
    return schema, reader.unknown_functions
