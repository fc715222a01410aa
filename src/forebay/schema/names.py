"""First pass: every name is sound, and no two things in one place share one."""

from forebay.schema import texts
from forebay.schema.diagnostics import Diagnostics, Text
from forebay.schema.model import SCALAR_TYPES
from forebay.schema.tree import Attribute, Block

RESERVED = frozenset(
    "PrismaClient async await break case catch class const continue debugger default delete do "
    "else enum export extends false finally for function if implements import in instanceof "
    "interface let new null package private protected public return super switch this throw true "
    "try typeof using var void while with yield".split()
)
_TYPES = {
    "model": "model",
    "view": "view",
    "enum": "enum",
    "type": "composite type",
    "datasource": "source",
    "generator": "generator",
}
_SCALARS = frozenset(SCALAR_TYPES)


def check_names(blocks: list[Block], diagnostics: Diagnostics) -> dict[str, Block]:
    """Check all names, and return the blocks that a field's type can name; the last one wins."""
    types: dict[str, Block] = {}
    sources: dict[str, Block] = {}
    generators: dict[str, Block] = {}
    for block in blocks:
        if block.name in _SCALARS:
            _report_block(texts.RESERVED_SCALAR, block, diagnostics)
        if block.kind == "enum":
            _enum(block, diagnostics)
        elif block.kind in ("model", "view"):
            _model(block, diagnostics)
        elif block.kind == "type":
            _identifier(block.name, block.name_start, "Composite type", diagnostics)
            _fields(block, "composite type", diagnostics)
        else:
            _properties(block, diagnostics)
        space = {"datasource": sources, "generator": generators}.get(block.kind, types)
        existing = space.get(block.name)
        space[block.name] = block
        if existing is not None:
            _report_block(
                texts.BLOCK_TWICE,
                block,
                diagnostics,
                kind=_TYPES[block.kind],
                existing=_TYPES[existing.kind],
            )
    return types


def _report_block(text: Text, block: Block, diagnostics: Diagnostics, **gaps: object) -> None:
    end = block.name_start + len(block.name)
    diagnostics.error(text, block.name_start, end, name=block.name, **gaps)


def _enum(block: Block, diagnostics: Diagnostics) -> None:
    _identifier(block.name, block.name_start, "Enum", diagnostics)
    if block.name in RESERVED:
        diagnostics.error(texts.RESERVED_ENUM, block.start, block.end, name=block.name)
    _attributes(block.attributes, diagnostics)
    seen = set()
    for value in block.values:
        _identifier(value.name, value.start, "Enum Value", diagnostics)
        _attributes(value.attributes, diagnostics)
        if value.name in seen:
            diagnostics.error(
                texts.VALUE_TWICE, value.start, value.end, enum=block.name, name=value.name
            )
        seen.add(value.name)


def _model(block: Block, diagnostics: Diagnostics) -> None:
    what, of_field = ("Model", "Field") if block.kind == "model" else ("view", "field")
    _identifier(block.name, block.name_start, what, diagnostics)
    if block.name in RESERVED:
        diagnostics.error(
            texts.RESERVED_MODEL, block.start, block.end, kind=block.kind, name=block.name
        )
    _attributes(block.attributes, diagnostics)
    seen = set()
    for field in block.fields:
        name = field.name
        if name[0].isdigit() or "-" in name:
            _identifier(name, field.start, of_field, diagnostics)
        if field.attributes:
            _attributes(field.attributes, diagnostics)
        if name in seen:
            _field_twice(block, name, field.start, block.kind, diagnostics)
        seen.add(name)


def _fields(block: Block, container: str, diagnostics: Diagnostics) -> None:
    seen = set()
    for field in block.fields:
        if field.name in seen:
            _field_twice(block, field.name, field.start, container, diagnostics)
        seen.add(field.name)


def _field_twice(
    block: Block, name: str, start: int, container: str, diagnostics: Diagnostics
) -> None:
    diagnostics.error(
        texts.FIELD_TWICE,
        start,
        start + len(name),
        name=name,
        container=container,
        model=block.name,
    )


def _properties(block: Block, diagnostics: Diagnostics) -> None:
    seen = set()
    for one in block.properties:
        if one.name in seen:
            diagnostics.error(
                texts.PROPERTY_TWICE,
                one.start,
                one.start + len(one.name),
                name=one.name,
                block=f'{_TYPES[block.kind]} "{block.name}"',
            )
        seen.add(one.name)


def _attributes(attributes: list[Attribute], diagnostics: Diagnostics) -> None:
    for attribute in attributes:
        name = attribute.name
        if name[0].isdigit() or "-" in name:
            _identifier(name, attribute.name_start, "Attribute", diagnostics)


def _identifier(name: str, start: int, what: str, diagnostics: Diagnostics) -> None:
    if name[0].isdigit():
        diagnostics.error(texts.NAME_BEGINS_WITH_NUMBER, start, start + len(name), what=what)
    elif "-" in name:
        diagnostics.error(texts.NAME_WITH_DASH, start, start + len(name), what=what)
