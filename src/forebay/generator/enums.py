"""Writes the enums of a schema."""

from __future__ import annotations

from forebay.client.names import class_name, member_names
from forebay.generator.module import Module, docstring, literal
from forebay.schema.model import Enum, Schema


def enums_file(schema: Schema) -> str:
    """Return the file of all enums."""
    module = Module("enums.py", {class_name(enum.name) for enum in schema.enums})
    parts = [_enum(module, enum) for enum in schema.enums]
    names = "".join(f'    "{class_name(enum.name)}",\n' for enum in schema.enums)
    parts.append(f"__all__ = [\n{names}]" if names else "__all__: list[str] = []")
    return module.text("The enums of the schema.", "\n\n\n".join(parts))


def _enum(module: Module, enum: Enum) -> str:
    base = module.use("enum", "StrEnum")
    lines = [f"class {class_name(enum.name)}({base}):"]
    text = docstring(enum.node.documentation)
    if text:
        lines += [*text, ""]
    names = member_names(member.name for member in enum.members)
    for member in enum.members:
        lines.append(f"    {names[member.name]} = {literal(member.name)}")
        lines += docstring(member.node.documentation)
    return "\n".join(lines)
