"""Writes docs/settings.md from the registry of settings: `python -m tools.settings_page`.

The page is never edited by hand; a test fails while the committed one says something else.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from forebay.serve.registry import SettingDescription, Table, describe
from forebay.serve.settings import BUILT_AUTH_TYPES, TABLES, Database, Peer, Settings, User
from forebay.serve.toml_text import toml_value
from forebay.serve.values import Kind

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

_HEAD = """\
# Settings

<!-- Written by `python -m tools.settings_page` from src/forebay/serve/settings.py. -->

Every setting of PgBouncer 1.25 and Forebay's own, in one registry: names, meanings and defaults are
PgBouncer's. How files, environment and commands go together is in
[configuration.md](configuration.md); a [short example](../README.md#settings) is in the README.

`forebay up` starts from other defaults in three places, because it is for trying a transaction
pooler: `pool_mode = "transaction"`, `auth_type = "scram-sha-256"`, and `max_client_conn = 10000`,
or as many as the limit on open files has room for. A `pgbouncer.ini` starts from PgBouncer's own in
two: `listen_addr` is empty and `unix_socket_dir` is `/tmp`.

In a `forebay.toml` a **duration** is a number of seconds or a text with a unit: `30`, `"30s"`,
`"500ms"`, `"5min"`, `"1h"`; where a limit may be switched off, `0` does it. A **mode** is octal:
`"0700"` or `0o700`. In a `pgbouncer.ini` both are numbers, as PgBouncer reads them.

The column **here** says what becomes of a setting:

- *works*: it does what it says; *works, ours*: PgBouncer does not know it;
- *works in serve*: `forebay serve` and `forebay-pgbouncer` do it, and `forebay up` does not;
- *no effect*: accepted, because nothing here is left for it to change; a note says why;
- *not built*: accepted at its default, and refused by name with its line at any other value.

## The gateway

The last column says whether a reload is to be enough for a change, or a restart is needed.
"""

_DATABASES = """\
## `[databases.NAME]`

A table for each database that clients may name; `[databases."*"]` stands for every name that has no
table. Without any, `forebay up` puts the gateway before an embedded PostgreSQL or `--database-url`.
In a `pgbouncer.ini` a database is a line `NAME = host=… port=…`; without `host` PostgreSQL's socket
is looked for in `unix_socket_dir`, and `reserve_pool` is another name of `reserve_pool_size`.
"""

_USERS = """\
## `[users.NAME]`

A table for each user who may come in, beside those of `auth_file`. Without `user` and `password` in
the database's table, the gateway logs in to PostgreSQL as the client's own user with what stands
here: a plain password answers SCRAM, MD5 and clear text, an MD5 form answers MD5 only, and a SCRAM
verifier logs in where PostgreSQL stores the very same one, with the keys that a client of that user
has shown by coming in with `auth_type = scram-sha-256`. In a
`pgbouncer.ini` passwords stand in `auth_file` only.
"""

_PEERS = """\
## `[peers.ID]`

Not built: the section is refused by name with its line.
"""

# What belongs to a process that serves a file, not to one that a developer tries out.
_SERVE_ONLY = frozenset({"logfile", "pidfile", "user", "unix_socket_group"})

# What a kind is called to whoever writes a forebay.toml.
_KINDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "number",
    Kind.FLAG: "true or false",
    Kind.DURATION: "duration",
    Kind.MODE: "mode",
    Kind.ADDRESSES: "text or list",
    Kind.NAMES: "text or list",
    Kind.PATH: "path",
    Kind.SECRET: "text",
}


def page() -> str:
    """Return the whole page."""
    parts = [
        *(_HEAD, _table(Settings, with_applies=True)),
        *(_DATABASES, _table(Database, with_applies=False)),
        *(_USERS, _table(User, with_applies=False)),
        *(_PEERS, _table(Peer, with_applies=False)),
    ]
    return "\n".join(parts)


def _table(table: type[Table], *, with_applies: bool) -> str:
    head = ["setting", "kind", "default", "meaning", "here"]
    settings = [each for name, each in describe(table).items() if name not in TABLES]
    rows = [
        [f"`{each.name}`", kind(each), default(each), each.description, here(each, table)]
        for each in settings
    ]
    if with_applies:
        head.append("changes at")
        for row, each in zip(rows, settings, strict=True):
            row.append(each.applies)
    return "".join(f"{_row(row)}\n" for row in [head, ["---"] * len(head), *rows])


def kind(setting: SettingDescription) -> str:
    """Say in words what a setting takes, with its limits."""
    if setting.kind is Kind.CHOICE:
        return ", ".join(f'`"{word}"`' for word in setting.choices)
    if setting.kind is not Kind.NUMBER:
        return _KINDS[setting.kind]
    if setting.least is not None and setting.most is not None:
        return f"number, {setting.least} to {setting.most}"
    return "number" if setting.least is None else f"number, at least {setting.least}"


def default(setting: SettingDescription) -> str:
    """Write a default the way a file would."""
    if setting.is_required:
        return "required"
    if setting.default is None:
        return "none"
    if setting.kind is Kind.MODE:
        return f'`"{setting.default:04o}"`'
    return f"`{toml_value(setting.default)}`"


def here(setting: SettingDescription, table: type[Table]) -> str:
    """Say what becomes of a setting."""
    if table is Peer or setting.home == "later":
        return "not built"
    if setting.home == "nothing":
        return f"no effect: {setting.note}"
    if setting.name == "auth_type":
        return f"works with {', '.join(f'`{each}`' for each in BUILT_AUTH_TYPES)}"
    if setting.name in _SERVE_ONLY:
        return "works in serve"
    return "works, ours" if setting.is_ours else "works"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> int:
    """Write the page, and return the exit code."""
    PAGE.write_text(page())
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
