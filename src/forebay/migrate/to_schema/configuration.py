"""Generators and the datasource: the user's text, with no more changed than has to be."""

from __future__ import annotations

from collections.abc import Sequence

from forebay.migrate.database import Database, Extension
from forebay.migrate.introspect.scope import PARTIAL
from forebay.migrate.to_schema.names import quoted, sanitised
from forebay.schema.model import Datasource
from forebay.schema.tree import Array, Block, Property

EXTENSIONS = "postgresqlExtensions"
# The extensions that a first pull takes up, as Prisma does.
_TAKEN_UP = frozenset({"citext", "postgis", "pg_crypto", "uuid-ossp"})


def generator_text(block: Block, text: str, *, has_partial: bool) -> str:
    """Return a generator's text, cut from all files'; partial indexes need a preview feature."""
    own = text[block.start : block.end]
    if not has_partial:
        return own
    features = _property(block, "previewFeatures")
    feature = quoted(PARTIAL)
    if features is None:
        last = _property(block, "output") or _property(block, "provider")
        end = (last.end if last is not None else block.end - 1) - block.start
        return f"{own[:end]}\npreviewFeatures = [{feature}]{own[end:]}"
    value = features.value
    if not isinstance(value, Array) or feature in own:
        return own
    end = value.end - 1 - block.start
    return f"{own[:end]}{', ' if value.items else ''}{feature}{own[end:]}"


def datasource_text(
    block: Block,
    text: str,
    *,
    schemas: Sequence[str] | None,
    extensions: Sequence[str] | None,
) -> str:
    """Return the datasource's text; lists that are None stay as they are written."""
    own = text[block.start : block.end]
    for name, listed in (("schemas", schemas), ("extensions", extensions)):
        if listed is not None:
            own = _with(block, own, name, f"[{', '.join(listed)}]")
    return own


def extensions_of(found: Database, source: Datasource) -> list[str] | None:
    """Return the extensions as a datasource lists them, None where there is nothing to say."""
    known = {one.mapped_name or one.name: one for one in source.extensions or ()}
    out = []
    for one in found.extensions:
        before = known.get(one.name)
        if before is None and one.name not in _TAKEN_UP:
            continue
        name = sanitised(one.name)
        arguments = [] if name == one.name else [f"map: {quoted(one.name)}"]
        if before is not None and before.version is not None:
            arguments.append(f"version: {quoted(one.version or before.version)}")
        arguments += _schema_of(one, is_new=before is None, is_said=bool(before and before.schema))
        out.append(f"{name}({', '.join(arguments)})" if arguments else name)
    return out or None


def _schema_of(one: Extension, *, is_new: bool, is_said: bool) -> list[str]:
    return [f"schema: {quoted(one.schema)}"] if one.schema and (is_new or is_said) else []


def _with(block: Block, own: str, name: str, value: str) -> str:
    """Return a block's text with a property of some value."""
    # An earlier change may have moved what follows it, so the end is looked for from behind.
    moved = len(own) - (block.end - block.start)
    found = _property(block, name)
    if found is not None and found.value is not None:
        first = found.value.start - block.start
        last = found.value.end - block.start
        if moved and name == "extensions":
            first, last = first + moved, last + moved
        return own[:first] + value + own[last:]
    end = own.rindex("}")
    return f"{own[:end]}{name} = {value}\n{own[end:]}"


def _property(block: Block, name: str) -> Property | None:
    return next((one for one in block.properties if one.name == name), None)
