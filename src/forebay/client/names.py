"""Names in Python for what a schema names: where Python or pydantic own one, `_` goes behind it.

Only attributes are renamed. In the dictionaries that operations take and return, a field always has
the name that the schema gives it.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

# The attribute of a model that holds how many related records there are.
COUNT = "count_"

# What a model class has already: pydantic's own names, and those of `forebay.client.model.Model`.
MODEL_NAMES = frozenset(
    {
        "construct", "copy", "create_partial", "dict", "from_orm", "json", "model_computed_fields",
        "model_config", "model_construct", "model_copy", "model_dump", "model_dump_json",
        "model_extra", "model_fields", "model_fields_set", "model_json_schema",
        "model_parametrized_name", "model_post_init", "model_rebuild", "model_validate",
        "model_validate_json", "model_validate_strings", "parse_file", "parse_obj", "parse_raw",
        "prisma", "schema", "schema_json", "update_forward_refs", "validate",
    }
)  # fmt: skip

_RESERVED = MODEL_NAMES | {COUNT}

# What a client has besides its models.
CLIENT_NAMES = frozenset(
    {
        "batch_", "connect", "disconnect", "execute_raw", "extend", "get_metrics", "health",
        "is_connected", "is_registered", "is_transaction", "on", "package", "query_first",
        "query_raw", "savepoint", "session", "start", "commit", "rollback", "stream", "stream_raw",
        "transaction", "tx", "url",
    }
)  # fmt: skip

# What a member of an enum has: a text's methods, and Enum's own names.
ENUM_NAMES = frozenset({*(name for name in dir(str) if name[0] != "_"), "mro", "name", "value"})

_INSTANCE_NAME = re.compile(r"@Python\(\s*(?:instance_name|name)\s*:\s*['\"]([^'\"]*)['\"]\s*\)")


def class_name(name: str) -> str:
    """Return the name of a model's or an enum's class."""
    return f"{name}_" if keyword.iskeyword(name) else name


def attribute_names(fields: Iterable[str]) -> dict[str, str]:
    """Return the attribute of each field of a model, in their order."""
    return _apart(fields, _RESERVED)


def member_names(members: Iterable[str]) -> dict[str, str]:
    """Return the attribute of each member of an enum, in their order."""
    return _apart(members, ENUM_NAMES)


def instance_names(models: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Return the attribute of a client for each model, by the model's name.

    ``models`` are names with what is written above them: `/// @Python(instance_name: 'people')`
    there gives another name than the model's own in small letters.
    """
    wanted = {name: _instance_name(name, documentation) for name, documentation in models}
    found: dict[str, str] = {}
    taken = set(CLIENT_NAMES)
    for name, attribute in wanted.items():
        while attribute in taken or keyword.iskeyword(attribute):
            attribute += "_"
        taken.add(attribute)
        found[name] = attribute
    return found


def without_directives(documentation: str | None) -> str | None:
    """Return what is written above a model without the words that are meant for a generator."""
    if documentation is None:
        return None
    lines = [_INSTANCE_NAME.sub("", line).rstrip() for line in documentation.splitlines()]
    return "\n".join(lines).strip() or None


def _instance_name(model: str, documentation: str | None) -> str:
    found = _INSTANCE_NAME.search(documentation or "")
    return found[1] if found is not None else model.lower()


def _apart(names: Iterable[str], reserved: frozenset[str]) -> dict[str, str]:
    wanted = list(names)
    taken = {name for name in wanted if name not in reserved and not keyword.iskeyword(name)}
    found: dict[str, str] = {}
    for name in wanted:
        attribute = name
        if name not in taken:
            while attribute in taken or attribute in reserved or keyword.iskeyword(attribute):
                attribute += "_"
            taken.add(attribute)
        found[name] = attribute
    return found
