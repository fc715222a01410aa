"""What the values of a schema's types are in Python, read and given."""

from __future__ import annotations

from forebay.client.names import class_name
from forebay.generator.layout import Layout
from forebay.generator.module import Module, literal
from forebay.schema.dmmf.kinds import Reference
from forebay.schema.model import Enum

# Where the types come from that are given and read.
FIELDS = "forebay.client.fields"
TYPED = "forebay.client.typed.values"

_PLAIN = {"String": "str", "Int": "int", "BigInt": "int", "Float": "float", "Boolean": "bool"}


def read_type(module: Module, layout: Layout, reference: Reference) -> str:
    """Return the type of a value that is read."""
    written = _read_one(module, layout, reference)
    return f"{module.built_in('list')}[{written}]" if reference.is_list else written


def _read_one(module: Module, layout: Layout, reference: Reference) -> str:
    if reference.location == "enumTypes":
        return module.use(layout.from_here(module.path, "enums"), class_name(reference.name))
    name = reference.name
    if name in _PLAIN:
        return module.built_in(_PLAIN[name])
    if name == "DateTime":
        return module.use("datetime", "datetime")
    if name == "Decimal":
        return module.use("decimal", "Decimal")
    if name == "Bytes":
        return module.use(FIELDS, "Base64")
    return module.use("typing", "Any")


def given_types(module: Module, reference: Reference) -> list[str]:
    """Return the types of what may be given for a scalar, the members of a union."""
    name = reference.name
    if name in _PLAIN:
        return [module.built_in(_PLAIN[name])]
    if name == "DateTime":
        return [module.use("datetime", "datetime", typing_only=True)]
    if name == "Decimal":
        return [
            module.use("decimal", "Decimal", typing_only=True),
            module.built_in("int"),
        ]
    if name == "Bytes":
        return [module.use(FIELDS, "Base64", typing_only=True), module.built_in("bytes")]
    if name == "Json":
        return [module.use(TYPED, "JsonInput", typing_only=True)]
    if name == "Null":
        return ["None"]
    raise ValueError(f"no type of Python's is known for {name}")


def enum_value(enum: Enum) -> str:
    """Name what may be given for an enum: a member, or its text."""
    return f"{enum.name}Value"


def texts(module: Module, values: list[str]) -> str:
    """Return the type of a few texts."""
    listed = ", ".join(literal(value) for value in values)
    return f"{module.use('typing', 'Literal')}[{listed}]"
