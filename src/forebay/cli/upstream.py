"""Which database `forebay up` stands before: the embedded one, a URL's, or a file's."""

import getpass
import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from forebay.errors import AuthenticationFailed, ConfigurationError
from forebay.postgres.directory import default_directory
from forebay.postgres.embedded import start_embedded, start_ephemeral
from forebay.postgres.launch import MAX_CONNECTIONS
from forebay.postgres.probe import probe
from forebay.postgres.secret import Secret
from forebay.postgres.url import DEFAULT_PORT, PostgresUrl, parse_url
from forebay.serve.settings import Database, Settings, User

_PROBE_TIMEOUT = 5.0
_RESERVED_CONNECTIONS = 3  # PostgreSQL's default superuser_reserved_connections
# They say how to reach the direct server, and mean nothing on the way to the gateway.
_ABOUT_THE_SERVER = (
    "hostaddr",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "gssencmode",
    "channel_binding",
    "target_session_attrs",
)


_TLS = {
    "sslmode": "server_tls_sslmode",
    "sslrootcert": "server_tls_ca_file",
    "sslcert": "server_tls_cert_file",
    "sslkey": "server_tls_key_file",
}


@dataclass(frozen=True)
class Upstream:
    """The database behind the gateway, and what the settings must say to reach it."""

    description: str
    direct: PostgresUrl
    databases: dict[str, Database] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    tls: dict[str, Any] = field(default_factory=dict)
    # Whether `up` made the user who comes in, who may then do everything on the console too.
    is_ours: bool = False
    pooled_user: str | None = None
    pooled_password: Secret | None = None
    pooled_database: str | None = None

    def complete(self, settings: Settings) -> Settings:
        """Return the settings with this database and its user, those of a file first."""
        tables: dict[str, Any] = {
            "databases": {**self.databases, **settings.databases},
            "users": {**self.users, **settings.users},
            **self.tls,
        }
        if self.is_ours and not settings.admin_users and not settings.stats_users:
            tables["admin_users"] = [name for name in self.users if name]
        return settings.model_copy(update=tables)

    def pooled(self, settings: Settings, address: str) -> PostgresUrl:
        """Return the URL through the gateway at `address`, as the data plane reports it."""
        if address.startswith("/"):
            host, port = str(Path(address).parent), settings.listen_port
        else:
            host, _, digits = address.rpartition(":")
            # An address that stands for all of them cannot be connected to everywhere.
            host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host).strip("[]")  # noqa: S104
            port = int(digits)
        return replace(
            self.direct.without(*_ABOUT_THE_SERVER),
            user=self.pooled_user or self.direct.user,
            password=self.pooled_password,
            host=host,
            port=port,
            database=self.pooled_database or self.direct.database,
        )


def embedded_upstream(
    settings: Settings, stack: ExitStack, data_dir: Path | None, *, is_ephemeral: bool
) -> Upstream:
    """Start the embedded server, which ends with `stack`.

    Raises:
        ConfigurationError: the pool would not fit into it.
        EmbeddedServerError: it cannot be started there.
    """
    _require_room(settings.default_pool_size, MAX_CONNECTIONS)
    if is_ephemeral:
        server = stack.enter_context(start_ephemeral())
        place = "on a temporary directory, removed at the end"
    else:
        path = data_dir if data_dir is not None else default_directory(Path.cwd()).path
        server = stack.enter_context(start_embedded(path))
        place = f"in {server.directory.path}"
        if server.is_adopted:
            place += ", left running by an ended process" if server.is_owned else ", shared"
    local = server.socket_url
    return Upstream(
        description=f"Embedded PostgreSQL {place}",
        direct=server.url,
        databases={"*": Database(host=local.host or "", port=local.port)},
        users={server.url.user or "": User(password=server.password)},
        is_ours=True,
        pooled_password=server.password,
    )


def url_upstream(settings: Settings, text: str) -> Upstream:
    """Check that the server of a URL answers; its user and password serve on both sides.

    Raises:
        ConfigurationError: the URL cannot be read, or the pool would not fit.
        ConnectionFailed: the server does not answer, or refuses.
    """
    url = parse_url(text)
    user = url.user or os.environ.get("PGUSER") or getpass.getuser()
    password = url.password
    if password is None and "PGPASSWORD" in os.environ:
        password = Secret(os.environ["PGPASSWORD"])
    url = replace(url, user=user, password=password, database=url.database or user)
    answer = probe(url, timeout=_PROBE_TIMEOUT)
    _require_room(settings.default_pool_size, answer.max_connections)
    # A server that asks for no password is no reason to let everybody in here.
    pooled_password = password or Secret(secrets.token_hex(16))
    return Upstream(
        description=f"PostgreSQL {answer.version // 10000} at {url.address}",
        direct=url,
        databases={"*": Database(host=url.host or "localhost", port=url.port)},
        users={user: User(password=pooled_password)},
        tls=_tls(url),
        is_ours=True,
        pooled_password=pooled_password,
    )


def _tls(url: PostgresUrl) -> dict[str, Any]:
    """Return the settings that have the data plane reach the server as the URL says."""
    given = {setting: url.parameter(name) for name, setting in _TLS.items()}
    # libpq's word for the authorities of the system, which need no file here.
    files = {
        setting: Path(value)
        for setting, value in given.items()
        if value and value != "system" and setting.endswith("_file")
    }
    sslmode = given["server_tls_sslmode"]
    return {**files, "server_tls_sslmode": sslmode} if sslmode else files


def file_upstream(settings: Settings) -> Upstream:
    """Check that every database of the settings answers; the URLs are the first one's.

    Raises:
        ConfigurationError: nobody is named that could come in, or a pool would not fit.
        ConnectionFailed: a server does not answer, or refuses.
    """
    if not settings.users:
        raise ConfigurationError(
            "the settings name databases, and no user who may come in",
            hint='add [users.NAME] with password = "...", or auth_file',
        )
    name, user = next(iter(settings.users.items()))
    known = user.password if user.password and not _is_derived(user.password) else None
    urls = []
    for database_name, database in settings.databases.items():
        url = PostgresUrl(
            user=database.user or name,
            password=database.password if database.user else known,
            host=database.host,
            port=database.port or DEFAULT_PORT,
            database=database.dbname or (name if database_name == "*" else database_name),
        )
        try:
            answer = probe(url, timeout=_PROBE_TIMEOUT)
            _require_room(database.pool_size or settings.default_pool_size, answer.max_connections)
        except AuthenticationFailed:
            # Only who knows the password can tell a wrong one; the server did answer.
            if url.password is not None:
                raise
        urls.append(url)
    first = next(iter(settings.databases))
    return Upstream(
        description=f"PostgreSQL at {', '.join(dict.fromkeys(url.address for url in urls))}",
        direct=urls[0],
        pooled_user=name,
        pooled_password=known,
        pooled_database=name if first == "*" else first,
    )


def _require_room(pool_size: int, max_connections: int) -> None:
    room = max_connections - _RESERVED_CONNECTIONS
    if pool_size > room:
        raise ConfigurationError(
            f"pool size {pool_size} does not fit: PostgreSQL allows {max_connections} connections"
            f" (max_connections), and keeps {_RESERVED_CONNECTIONS} for superusers",
            hint=f"ask for at most {room}; a pool needs fewer connections than one thinks",
        )


def _is_derived(secret: Secret) -> bool:
    """Whether a stored secret is a hash, from which no password can be had."""
    return secret.reveal().startswith(("md5", "SCRAM-SHA-256$"))
