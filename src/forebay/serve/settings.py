"""Every setting of the gateway: name, type, default, when it applies, and what it does.

This is the one registry. Names, meanings and defaults are PgBouncer's; an unknown name is an error.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from forebay.serve.values import Addresses, Duration, Mode, SecretText

PoolMode = Literal["session", "transaction"]
AuthType = Literal["trust", "plain", "md5", "scram-sha-256"]
LogLevel = Literal["error", "warn", "info", "debug"]
Applies = Literal["reload", "restart"]


def _setting(default: Any, description: str, *, applies: Applies = "reload", **limits: Any) -> Any:
    return Field(
        default=default,
        description=description,
        json_schema_extra={"applies": applies},
        # A default is a value like any other: `validate_default` keeps the two from drifting apart.
        validate_default=True,
        **limits,
    )


class _Table(BaseModel):
    # hide_input: a refused value may be a password, and belongs in no message.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Database(_Table):
    """One `[databases.NAME]` table; `*` stands for every name that has no table."""

    host: str = Field(description="Host name, address, or the folder of a unix socket")
    port: int = _setting(5432, "Port, also part of a unix socket's name", ge=1, le=65535)
    dbname: str | None = _setting(None, "The name PostgreSQL knows it by, when it differs")
    user: str | None = _setting(None, "The user every client becomes")
    password: SecretText | None = _setting(None, "That user's password")
    pool_size: int | None = _setting(None, "Overrides default_pool_size", ge=1)
    pool_mode: PoolMode | None = _setting(None, "Overrides pool_mode")


class User(_Table):
    """One `[users.NAME]` table."""

    password: SecretText | None = _setting(None, "Password, its MD5 form, or a SCRAM verifier")


class Settings(_Table):
    """The gateway's settings."""

    listen_addr: Addresses = _setting(
        ["127.0.0.1"], "Addresses to listen on; * is every address", applies="restart"
    )
    listen_port: int = _setting(
        6432, "Port to listen on; 0 picks a free one", applies="restart", ge=0, le=65535
    )
    unix_socket_dir: str | None = _setting(
        None, "Folder of the unix socket; none when absent", applies="restart"
    )
    unix_socket_mode: Mode = _setting(
        0o777, "Permission bits of the unix socket", applies="restart", ge=0, le=0o777
    )
    workers: int = _setting(1, "Threads that move bytes", applies="restart", ge=1, le=1024)
    auth_type: AuthType = _setting("md5", "How clients prove who they are")
    auth_file: Path | None = _setting(None, "Users and passwords in PgBouncer's userlist.txt form")
    pool_mode: PoolMode = _setting("session", "When a server goes back to its pool")
    max_client_conn: int = _setting(100, "Most client connections at once", ge=1)
    default_pool_size: int = _setting(20, "Most server connections of one pool", ge=1)
    max_prepared_statements: int = _setting(
        200, "Most prepared statements kept on one server; 0 passes names through", ge=0
    )
    query_wait_timeout: Duration = _setting(120, "Longest a client waits for a server")
    server_lifetime: Duration = _setting(3600, "Age at which a server is closed when released")
    server_idle_timeout: Duration = _setting(600, "Idle time after which a server is closed")
    server_connect_timeout: Duration = _setting(15, "Longest a server may take to log in")
    server_login_retry: Duration = _setting(15, "Pause after a failed server login")
    client_login_timeout: Duration = _setting(60, "Longest a client may take to log in")
    cancel_wait_timeout: Duration = _setting(10, "Longest a cancel request may take")
    shutdown_timeout: Duration = _setting(60, "Longest a drain waits for open transactions")
    listen_backlog: int = _setting(
        128, "Connections the kernel queues before they are accepted", applies="restart", ge=1
    )
    max_packet_size: int = _setting(
        2147483647, "Largest message accepted from a client, in bytes", ge=16384, le=2147483647
    )
    server_reset_query: str = _setting(
        "DISCARD ALL", "Run in session mode before a server gets its next client"
    )
    log_connections: bool = _setting(True, "Log each login")
    log_disconnections: bool = _setting(True, "Log each disconnection")
    log_level: LogLevel = _setting("info", "Least severe level that is logged")
    databases: dict[str, Database] = _setting({}, "What clients may ask for")
    users: dict[str, User] = _setting({}, "Who may come in")

    def server_connections(self) -> int:
        """Return how many server connections the pools may hold, one pool per database and user."""
        users = max(1, len(self.users))
        return sum(
            (database.pool_size or self.default_pool_size) * (1 if database.user else users)
            for database in self.databases.values()
        )


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """What the registry knows about one setting."""

    name: str
    default: Any
    applies: Applies
    description: str


def describe_settings() -> list[SettingDescription]:
    """Return every top-level setting, in the order of the registry."""
    described = []
    for name, field in Settings.model_fields.items():
        extra = field.json_schema_extra
        needs_restart = isinstance(extra, dict) and extra.get("applies") == "restart"
        applies: Applies = "restart" if needs_restart else "reload"
        described.append(SettingDescription(name, field.default, applies, field.description or ""))
    return described
