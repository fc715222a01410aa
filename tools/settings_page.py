"""Writes docs/settings.md from the registry of settings: `python -m tools.settings_page`.

The page is never edited by hand; a test fails while the committed one says something else.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from forebay.serve.settings import Database, Settings, User

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

_HEAD = """\
# Settings

<!-- Written by `python -m tools.settings_page` from src/forebay/serve/settings.py. -->

Names, meanings and defaults are PgBouncer's. A setting stands at the top level of `forebay.toml`,
which `forebay up --config forebay.toml` reads; an unknown name is an error that names the file, the
line and the nearest known name. A [short example](../README.md#settings) is in the README.

`forebay up` starts from other defaults in three places, because it is for trying a transaction
pooler: `pool_mode = "transaction"`, `auth_type = "scram-sha-256"`, and `max_client_conn = 10000`,
or as many as the limit on open files has room for.

A **duration** is a number of seconds or a text with a unit: `30`, `"30s"`, `"500ms"`, `"5min"`,
`"1h"`; where a limit may be switched off, `0` does it. A **mode** is octal: `"0700"` or `0o700`.

## The gateway

Nothing is read again while the gateway runs yet: a change takes effect with the next start. The
last column says which settings will be able to change without one.
"""

_DATABASES = """\
## `[databases.NAME]`

A table for each database that clients may name; `[databases."*"]` stands for every name that has no
table. Without any, `forebay up` puts the gateway before an embedded PostgreSQL or `--database-url`.
"""

_USERS = """\
## `[users.NAME]`

A table for each user who may come in, beside those of `auth_file`. Without `user` and `password` in
the database's table, the gateway logs in to PostgreSQL as the client's own user with what stands
here: a plain password answers SCRAM, MD5 and clear text, an MD5 form answers MD5 only, and a SCRAM
verifier, from which no password can be had, admits the client and opens no server.
"""

# What a field's annotation says to pydantic, in words for whoever writes a file.
_KINDS = {
    "Duration": "duration",
    "Addresses": "text or list",
    "Mode": "mode",
    "str": "text",
    "int": "number",
    "bool": "true or false",
    "Path": "path",
    "Secret": "text",
}


def page() -> str:
    """Return the whole page."""
    own = {
        name: field
        for name, field in Settings.model_fields.items()
        if name not in ("databases", "users")
    }
    parts = [
        *(_HEAD, _table(own, with_applies=True)),
        *(_DATABASES, _table(Database.model_fields, with_applies=False)),
        *(_USERS, _table(User.model_fields, with_applies=False)),
    ]
    return "\n".join(parts)


def _table(fields: Mapping[str, FieldInfo], *, with_applies: bool) -> str:
    head = ["setting", "kind", "default", "meaning"]
    rows = [
        [f"`{name}`", kind(field), default(name, field), field.description or ""]
        for name, field in fields.items()
    ]
    if with_applies:
        head.append("changes at")
        for row, field in zip(rows, fields.values(), strict=True):
            row.append(applies(field))
    return "".join(f"{_row(row)}\n" for row in [head, ["---"] * len(head), *rows])


def kind(field: FieldInfo) -> str:
    """Say in words what a setting takes, with its limits."""
    written = repr(field.annotation)
    for each in field.metadata:
        # Ours are recognised by the function that reads them, since both end as plain numbers.
        function = getattr(each, "func", None)
        if function is not None:
            alias = {
                "parse_duration": "Duration",
                "parse_addresses": "Addresses",
                "parse_mode": "Mode",
            }[function.__name__]
            return _KINDS[alias]
    if choices := re.search(r"Literal\[([^\]]*)\]", written):
        values = re.findall(r"'([^']*)'", choices[1])
        return ", ".join(f'`"{value}"`' for value in values)
    word = next(word for name, word in _KINDS.items() if re.search(rf"\b{name}\b", written))
    return f"{word}{_limits(field)}"


def _limits(field: FieldInfo) -> str:
    least = next((each.ge for each in field.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in field.metadata if hasattr(each, "le")), None)
    if least is not None and most is not None:
        return f", {least} to {most}"
    return f", at least {least}" if least is not None else ""


def default(name: str, field: FieldInfo) -> str:
    """Write a default the way a file would."""
    if field.is_required():
        return "required"
    value: Any = field.default
    if value is None:
        return "none"
    if name == "unix_socket_mode":
        return f'`"{value:04o}"`'
    return f"`{_toml(value)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def applies(field: FieldInfo) -> str:
    """Say whether a setting needs a restart."""
    extra = field.json_schema_extra
    return "restart" if isinstance(extra, dict) and extra.get("applies") == "restart" else "reload"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Write the page, and return the exit code."""
    PAGE.write_text(page())
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
