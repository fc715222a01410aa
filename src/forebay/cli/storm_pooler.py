"""The pooler of `forebay storm`: a gateway in a process of its own, or one that runs already."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from forebay.errors import ConfigurationError
from forebay.postgres.scram import scram_verifier
from forebay.postgres.secret import Secret
from forebay.postgres.url import PostgresUrl
from forebay.serve.child import GatewayProcess
from forebay.serve.limits import RESERVED_DESCRIPTORS, raise_descriptor_limit
from forebay.serve.settings import Settings
from forebay.storm.database import SCRAM_ITERATIONS, Database

# Those who come while an old connection of theirs is still being closed.
_SPARE_CLIENTS = 1_000
_HOST = "127.0.0.1"


@dataclass(frozen=True)
class OwnPooler:
    """A gateway that storm started."""

    url: PostgresUrl
    pool_size: int
    process: GatewayProcess
    hostaddr: str = _HOST

    def cpu_seconds(self) -> float | None:
        """Return the processor time it has taken."""
        return self.process.cpu_seconds()

    def ending(self) -> str | None:
        """Return its last words if it has ended."""
        return self.process.ending()


@dataclass(frozen=True)
class GivenPooler:
    """A pooler that somebody else runs; storm knows its door only."""

    url: PostgresUrl
    hostaddr: str | None
    pool_size: int | None = None

    def cpu_seconds(self) -> float | None:
        """Return nothing: it may be on another machine."""
        return None

    def ending(self) -> str | None:
        """Return nothing: if it ends, the functions say so."""
        return None


def own_pooler(
    *, functions: int, pool_size: int, socket_url: PostgresUrl | None
) -> Callable[[Database], AbstractContextManager[OwnPooler]]:
    """Return what starts a gateway before a database, the way `forebay up` does.

    Raises:
        ConfigurationError: it could not admit that many functions.
    """
    limit = raise_descriptor_limit()
    clients = functions + _SPARE_CLIENTS
    needed = clients + pool_size + RESERVED_DESCRIPTORS
    if needed > limit:
        raise ConfigurationError(
            f"--functions {functions} does not fit: for {clients} clients (with {_SPARE_CLIENTS} to"
            f" spare), {pool_size} servers and {RESERVED_DESCRIPTORS} descriptors of its own the"
            f" pooler needs {needed}, and a process may open {limit}",
            hint=f"raise the limit (ulimit -Hn {needed}), or ask for at most"
            f" {max(limit - needed + functions, 0)} functions",
        )
    sample = {"max_client_conn": clients, "default_pool_size": pool_size}

    @contextmanager
    def open_pooler(database: Database) -> Iterator[OwnPooler]:
        application = database.application
        password = application.password or Secret(secrets.token_hex(16))
        place = socket_url or replace(application, host=database.hostaddr or application.host)
        settings = _settings(
            {
                **sample,
                "databases": {
                    "*": {
                        "host": place.host,
                        "port": place.port,
                        "user": application.user,
                        "password": _text(application.password),
                    }
                },
                "users": {application.user: {"password": _stored(password).reveal()}},
            }
        )
        with GatewayProcess(settings) as process:
            port = int(process.addresses[0].rpartition(":")[2])
            url = PostgresUrl(
                application.user,
                password,
                _HOST,
                port,
                application.database or application.user,
            )
            yield OwnPooler(url, pool_size, process)

    return open_pooler


def given_pooler(
    url: PostgresUrl, hostaddr: str | None
) -> Callable[[Database], AbstractContextManager[GivenPooler]]:
    """Return what uses a pooler that runs already."""

    @contextmanager
    def open_pooler(_database: Database) -> Iterator[GivenPooler]:
        yield GivenPooler(url, hostaddr)

    return open_pooler


def _settings(values: dict[str, object]) -> Settings:
    return Settings.model_validate(
        {
            "listen_addr": _HOST,
            "listen_port": 0,
            "auth_type": "scram-sha-256",
            "pool_mode": "transaction",
            # Thousands of logins a second are what storm counts itself.
            "log_connections": False,
            "log_disconnections": False,
            **values,
        }
    )


def _stored(password: Secret) -> Secret:
    """Return what the gateway checks logins against: cheap to prove, as storm does it often."""
    if not password.reveal().isascii():
        return password
    return scram_verifier(password, iterations=SCRAM_ITERATIONS)


def _text(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


def require_possible(database: Database, pool_size: int) -> None:
    """See that a gateway can stand before an open database.

    Raises:
        ConfigurationError: it speaks TLS only, or has fewer connections than the pool.
    """
    _require_plain(database.url)
    room = database.server.for_applications
    if pool_size > room:
        raise ConfigurationError(
            f"--pool-size {pool_size} does not fit: PostgreSQL allows"
            f" {database.server.max_connections} connections (max_connections), and reserves"
            f" {database.server.reserved}",
            hint=f"ask for at most {room}; a pool needs fewer connections than one thinks",
        )


def _require_plain(url: PostgresUrl) -> None:
    sslmode = url.parameter("sslmode")
    if sslmode not in (None, "disable", "allow", "prefer"):
        raise ConfigurationError(
            f"--database-url asks for sslmode={sslmode}, and Forebay does not speak TLS towards"
            " PostgreSQL yet",
            hint="use sslmode=prefer, name your own pooler with --pooled-url, or run --strategy"
            " direct",
        )
