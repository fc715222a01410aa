"""The settings of one database, one user and one peer."""

from typing import Literal

from pydantic import Field

from forebay.serve.registry import Table, setting
from forebay.serve.values import InheritedDuration, OptionalText, SecretText

PoolMode = Literal["session", "transaction", "statement"]
_ONE_HOST = "a list of hosts is not built yet, and one host needs no choice"


class Database(Table):
    """One `[databases.NAME]` table; `*` stands for every name that has no table."""

    host: str = Field(description="Host name, address, or the folder of a unix socket")
    port: int = setting(5432, "Port, also part of a unix socket's name", ge=1, le=65535)
    dbname: str | None = setting(None, "The name PostgreSQL knows it by, when it differs")
    user: str | None = setting(None, "The user every client becomes")
    password: SecretText | None = setting(
        None, "That user's password; when absent, what `auth_file` says of that user"
    )
    auth_user: OptionalText = setting(None, "Overrides auth_user")
    auth_query: OptionalText = setting(None, "Overrides auth_query")
    auth_dbname: OptionalText = setting(None, "Overrides auth_dbname")
    pool_size: int | None = setting(None, "Overrides default_pool_size", ge=1)
    min_pool_size: int | None = setting(None, "Overrides min_pool_size", ge=0)
    reserve_pool_size: int | None = setting(None, "Overrides reserve_pool_size", ge=0)
    pool_mode: PoolMode | None = setting(None, "Overrides pool_mode")
    max_db_connections: int | None = setting(None, "Overrides max_db_connections; 0 does not", ge=0)
    max_db_client_connections: int | None = setting(
        None, "Overrides max_db_client_connections; 0 does not", ge=0
    )
    server_lifetime: InheritedDuration = setting(None, "Overrides server_lifetime; 0 does not")
    load_balance_hosts: Literal["disable", "round-robin"] = setting(
        "round-robin", "Which host of a list is next", home="nothing", note=_ONE_HOST
    )
    connect_query: str | None = setting(None, "Run on every new server before its first client")
    client_encoding: str | None = setting(None, "client_encoding that servers start with")
    datestyle: str | None = setting(None, "DateStyle that servers start with")
    timezone: str | None = setting(None, "TimeZone that servers start with")
    application_name: str | None = setting(None, "application_name that servers start with")


class User(Table):
    """One `[users.NAME]` table."""

    password: SecretText | None = setting(None, "Password, its MD5 form, or a SCRAM verifier")
    pool_mode: PoolMode | None = setting(None, "Overrides pool_mode")
    pool_size: int | None = setting(None, "Overrides pool_size and default_pool_size", ge=1)
    reserve_pool_size: int | None = setting(None, "Overrides reserve_pool_size", ge=0)
    max_user_connections: int | None = setting(
        None, "Overrides max_user_connections; 0 does not", ge=0
    )
    max_user_client_connections: int | None = setting(
        None, "Overrides max_user_client_connections; 0 does not", ge=0
    )
    query_timeout: InheritedDuration = setting(None, "Overrides query_timeout; 0 does not")
    idle_transaction_timeout: InheritedDuration = setting(
        None, "Overrides idle_transaction_timeout; 0 does not"
    )
    transaction_timeout: InheritedDuration = setting(
        None, "Overrides transaction_timeout; 0 does not"
    )
    client_idle_timeout: InheritedDuration = setting(
        None, "Overrides client_idle_timeout; 0 does not"
    )


class Peer(Table):
    """One `[peers.ID]` table: another gateway that cancel requests are handed to."""

    host: str = Field(description="Host name, address, or the folder of a unix socket")
    port: int = setting(6432, "Port, also part of a unix socket's name", ge=1, le=65535)
    pool_size: int | None = setting(None, "Most cancel requests under way to it", ge=1)
