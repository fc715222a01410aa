"""The pooler's files: `forebay.toml`, `pgbouncer.ini`, and the userlist both read."""

from __future__ import annotations

import re

from forebay.doctor.advise.paste.facts import PASSWORD, PREPARED, USER, WAIT, Facts
from forebay.doctor.advise.paste.python import STATEMENT
from forebay.doctor.advise.situation import Place

_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_VERIFIED = ("verify-ca", "verify-full")
_ROOT = "root.crt"
_LOOPBACK = ("127.0.0.1", "::1")


def userlist() -> str:
    """Write the file of users: the role that the application logs in as."""
    return f'"{USER}" "{PASSWORD}"\n'


def _settings(facts: Facts) -> list[tuple[str, str | int]]:
    """Return what both files say, in words that both have."""
    host, port = facts.listen
    given: list[tuple[str, str | int]] = [
        ("listen_addr", host if host in _LOOPBACK else _LOOPBACK[0]),
        ("listen_port", port),
        ("auth_type", "scram-sha-256"),
        ("auth_file", "userlist.txt"),
        ("pool_mode", "transaction"),
        ("max_client_conn", facts.max_client_conn),
        ("default_pool_size", facts.pool_size),
        ("max_prepared_statements", PREPARED),
        ("query_wait_timeout", WAIT),
        ("query_timeout", STATEMENT),
        ("idle_transaction_timeout", 2 * STATEMENT),
        ("server_idle_timeout", 600),
        ("client_idle_timeout", 0),
        ("log_connections", 0),
        ("log_disconnections", 0),
        ("stats_period", 60),
        ("stats_users", USER),
    ]
    mode = facts.place.sslmode
    if mode:
        given.append(("server_tls_sslmode", mode))
    if mode in _VERIFIED:
        given.append(("server_tls_ca_file", _ROOT))
    return given


_ELSEWHERE = (
    "For clients on other machines: listen_addr the address they reach,",
    "client_tls_sslmode = require, and the certificate's two files.",
)


def toml(facts: Facts) -> str:
    """Write `forebay.toml`."""
    lines = [f"# {line}" for line in ("forebay serve --config forebay.toml", *_ELSEWHERE)]
    for name, value in _settings(facts):
        if name.startswith("log_"):
            lines.append(f"{name} = false")
        elif name.endswith("_timeout") and value:
            lines.append(f'{name} = "{value}s"')
        elif name == "stats_users":
            lines.append(f'{name} = ["{value}"]')
        else:
            lines.append(f"{name} = {_quoted(value) if isinstance(value, str) else value}")
    lines += [
        "# The most of all pools together towards one PostgreSQL.",
        f"max_server_connections = {facts.servers}",
        "",
        f"[databases.{_key(facts.place)}]",
        f"host = {_quoted(facts.place.host)}",
        f"port = {facts.place.port}",
        f"dbname = {_quoted(facts.place.database)}",
        "",
    ]
    return "\n".join(lines)


def ini(facts: Facts) -> str:
    """Write `pgbouncer.ini`, for PgBouncer 1.21 and newer and for forebay-pgbouncer."""
    place = facts.place
    pairs = f"host={_pair(place.host)} port={place.port} dbname={_pair(place.database)}"
    return "\n".join(
        [
            "; pgbouncer pgbouncer.ini (1.21 or newer), or forebay-pgbouncer pgbouncer.ini",
            *(f"; {line}" for line in _ELSEWHERE),
            "[databases]",
            f"{_ini_key(place)} = {pairs}",
            "",
            "[pgbouncer]",
            "unix_socket_dir =",
            *(f"{name} = {value}" for name, value in _settings(facts)),
            "; The most of all users together towards this database.",
            f"max_db_connections = {facts.servers}",
            "; Sent by JDBC at each start, and changes nothing for it.",
            "ignore_startup_parameters = extra_float_digits",
            "",
        ]
    )


def _key(place: Place) -> str:
    return place.database if _BARE.fullmatch(place.database) else _quoted(place.database)


def _ini_key(place: Place) -> str:
    # A name may stand in single quotes; one with a quote in it goes by another name.
    if _PLAIN.fullmatch(place.database):
        return place.database
    return "app" if "'" in place.database else f"'{place.database}'"


def _pair(value: str) -> str:
    if _PLAIN.fullmatch(value) or not any(each.isspace() or each == "'" for each in value):
        return value
    return "'" + value.replace("'", "''") + "'"


def _quoted(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{inside}"'
