"""What advice is given for: where an application runs, how often, and what its server has to give.

Nothing in here holds a credential: a URL leaves its host, port, database and TLS mode, no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from forebay.doctor.providers import Provider
from forebay.errors import ConfigurationError
from forebay.postgres.url import DEFAULT_PORT, PostgresUrl

# PostgreSQL's own defaults.
MAX_CONNECTIONS = 100
RESERVED = 3
BUFFER = 5
# The major version from which Prisma's client always speaks through a driver adapter.
ADAPTERS = 7

_Choice = TypeVar("_Choice")


class Runtime(StrEnum):
    """The six infrastructures that the decision matrix tells apart."""

    VERCEL = "vercel"
    LAMBDA = "lambda"
    ALWAYS_ON = "always-on"
    SUPABASE = "supabase"
    EDGE = "edge"
    LOCAL = "local"


# What else people call them; every name of a runtime is in here.
RUNTIMES = {
    **{one.value: one for one in Runtime},
    "netlify": Runtime.VERCEL,
    "aws-lambda": Runtime.LAMBDA,
    "kubernetes": Runtime.ALWAYS_ON,
    "k8s": Runtime.ALWAYS_ON,
    "railway": Runtime.ALWAYS_ON,
    "fly": Runtime.ALWAYS_ON,
    "cloudflare": Runtime.EDGE,
    "docker-compose": Runtime.LOCAL,
    "compose": Runtime.LOCAL,
}

# Whose databases have an HTTP driver, or a service over HTTP.
OVER_HTTP = frozenset(
    {Provider.NEON, Provider.VERCEL, Provider.PRISMA_POSTGRES, Provider.ACCELERATE, Provider.XATA}
)
# For whom Prisma has an adapter that speaks it.
NEON = frozenset({Provider.NEON, Provider.VERCEL})

# Where a process is started for each request that comes at the same time.
FUNCTIONS = frozenset({Runtime.VERCEL, Runtime.LAMBDA, Runtime.SUPABASE, Runtime.EDGE})


class Client(StrEnum):
    """What the application speaks to PostgreSQL with."""

    PRISMA = "prisma"
    SQLALCHEMY = "sqlalchemy"  # on psycopg 3
    SQLALCHEMY_ASYNCPG = "sqlalchemy+asyncpg"
    SQLALCHEMY_PSYCOPG2 = "sqlalchemy+psycopg2"
    SQLALCHEMY_PSYCOPG_ASYNC = "sqlalchemy+psycopg_async"
    ASYNCPG = "asyncpg"
    PSYCOPG = "psycopg"
    PSYCOPG2 = "psycopg2"
    FOREBAY = "forebay"


# What else people call them.
CLIENTS = {
    **{one.value: one for one in Client},
    "js": Client.PRISMA,
    "sqlalchemy+psycopg": Client.SQLALCHEMY,
    "psycopg3": Client.PSYCOPG,
    "psycopg2-binary": Client.PSYCOPG2,
}


@dataclass(frozen=True, slots=True)
class Server:
    """What PostgreSQL has to give; `is_read` says that it was asked, not assumed."""

    max_connections: int = MAX_CONNECTIONS
    reserved: int = RESERVED
    # Client backends that are not the application's own.
    others: int = 0
    # Those of the same role and database: the application itself, as far as can be told.
    own: int = 0
    role_limit: int | None = None
    database_limit: int | None = None
    version: int | None = None
    is_read: bool = False

    @property
    def usable(self) -> int:
        """What ordinary roles may hold in all."""
        return self.max_connections - self.reserved

    @property
    def capacity(self) -> int:
        """What is left for the application: never more than a role's or a database's own limit."""
        limits = [self.usable - self.others, self.role_limit, self.database_limit]
        return min(limit for limit in limits if limit is not None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where PostgreSQL is, without whoever logs in there."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    database: str = "app"
    sslmode: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the advice depends on."""

    runtime: Runtime
    instances: int
    workers: int = 1
    server: Server = field(default_factory=Server)
    place: Place = field(default_factory=Place)
    clients: tuple[Client, ...] = (Client.PRISMA,)
    # Whose database it is, and a pooler that the application connects to already.
    provider: Provider | None = None
    pooler: tuple[str, int] | None = None
    # Prisma's major version.
    prisma: int = ADAPTERS
    buffer: int = BUFFER
    max_client_conn: int | None = None
    poolers: int = 1
    # Where each part was learnt: its name, and the words for where.
    sources: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def processes(self) -> int:
        """How many processes there are."""
        return self.instances * self.workers

    @property
    def unit(self) -> str:
        """What a limit is for: a process, or one of the pools in it."""
        return "a process" if len(self.clients) < 2 else "a pool"

    @property
    def many(self) -> str:
        """The same of several."""
        return "processes" if len(self.clients) < 2 else "pools"

    @property
    def pools(self) -> int:
        """How many pools there are: each client of a process keeps one of its own."""
        return self.processes * max(len(self.clients), 1)


_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def place_of(url: PostgresUrl) -> Place:
    """Return where a URL leads; its user, password and other parameters stay behind.

    Raises:
        ConfigurationError: the URL is not whole, and part of it may be the rest of a password.
    """
    for part in (url.host or "", url.database or ""):
        # A / or ? in a password that nobody encoded ends up here.
        if any(each in part for each in "@\n\r\0"):
            raise ConfigurationError(
                "the database URL has an @ or a line end in its host or database",
                hint="percent-encode special characters in user and password: @ is %40, / is %2F",
            )
    mode = url.parameter("sslmode")
    return Place(
        host=url.host or "127.0.0.1",
        port=url.port,
        database=url.database or "app",
        sslmode=mode if mode in _SSLMODES else None,
    )


def runtime_of(text: str) -> Runtime:
    """Read the name of a runtime.

    Raises:
        ConfigurationError: there is none of that name.
    """
    return _choice("--runtime", text, RUNTIMES)


def client_of(text: str) -> Client:
    """Read the name of a client.

    Raises:
        ConfigurationError: there is none of that name.
    """
    return _choice("--client", text, CLIENTS)


def _choice(option: str, text: str, known: dict[str, _Choice]) -> _Choice:
    found = known.get(text.strip().lower())
    if found is None:
        raise ConfigurationError(
            f"{option} does not know {text.strip()[:40]!r}", hint=f"one of {', '.join(known)}"
        )
    return found


# The least and the most of every number that can be given.
RANGES = {
    "instances": (1, 1_000_000),
    "workers": (1, 1_024),
    "prisma": (2, 99),
    "max_connections": (1, 262_143),
    "reserved": (0, 262_143),
    "others": (0, 262_143),
    "buffer": (0, 100_000),
    "max_client_conn": (1, 1_000_000),
    "poolers": (1, 10_000),
    "pool_size": (1, 100_000),
}


def number_of(name: str, value: int | str) -> int:
    """Read one of the numbers, and see that it can be one.

    Raises:
        ConfigurationError: it is no number, or outside of its range.
    """
    least, most = RANGES[name]
    text = str(value).strip()
    is_number = text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12
    number = int(text) if is_number else None
    if number is None or not least <= number <= most:
        raise ConfigurationError(
            f"--{name.replace('_', '-')} must be a whole number from {least:,} to {most:,}",
            hint="write it in digits" if number is None else f"{number:,} was given",
        )
    return number


def check_server(server: Server) -> Server:
    """See that a server has connections to give at all.

    Raises:
        ConfigurationError: more is reserved than there is.
    """
    if server.usable < 1:
        raise ConfigurationError(
            f"max_connections {server.max_connections} leaves nothing beside the"
            f" {server.reserved} reserved slots",
            hint="check --max-connections and --reserved",
        )
    return server
