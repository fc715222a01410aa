"""PostgreSQL's extensions in a datasource: `extensions = [postgis(version: "3"), citext]`."""

from forebay.schema import coerce, texts
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.model import Datasource, Extension
from forebay.schema.tree import Argument, Expression, Property

_ARGUMENTS = ("map", "schema", "version")


def read_extensions(
    source: Datasource, given: tuple[Property, Expression] | None, diagnostics: Diagnostics
) -> None:
    """Read the property `extensions` into a datasource."""
    if given is None:
        return
    place, value = given
    entries = coerce.array(value, coerce.call_or_constant, diagnostics)
    if entries is None:
        return
    found = [_extension(name, given, node, diagnostics) for name, given, node in entries]
    found.sort(key=lambda one: one.name)
    source.extensions = found
    source.extensions_node = value
    source.extensions_start = place.start


def _extension(
    name: str, given: list[Argument], node: Expression, diagnostics: Diagnostics
) -> Extension:
    arguments: dict[str, tuple[Argument, str | None]] = {}
    for one in given:
        if one.name is None:
            diagnostics.error(texts.EXTENSION_ARGUMENT_UNNAMED, one.start, one.end)
        elif one.name in arguments:
            diagnostics.error(texts.EXTENSION_ARGUMENT_TWICE, one.start, one.end, name=one.name)
        elif one.value is not None:
            arguments[one.name] = (one, coerce.string(one.value, diagnostics))
    read: dict[str, str | None] = {}
    for known in _ARGUMENTS:
        argument, text = arguments.pop(known, (None, None))
        if argument is not None and text is None:
            diagnostics.error(
                texts.EXTENSION_ARGUMENT_KIND, argument.start, argument.end, name=known
            )
        read[known] = text
    for unknown, (argument, _) in arguments.items():
        diagnostics.error(
            texts.EXTENSION_ARGUMENT_UNKNOWN, argument.start, argument.end, name=unknown
        )
    return Extension(name, node, read["map"], read["schema"], read["version"])
