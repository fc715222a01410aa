"""What a database URL says to the client: Prisma's parameters with Prisma's meaning, and libpq's.

No message repeats a value: what stands behind a question mark may be the rest of a password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from forebay.errors import ConfigurationError
from forebay.postgres.url import PostgresUrl, parse_url

# Prisma's defaults, in seconds.
POOL_TIMEOUT = 10.0
CONNECT_TIMEOUT = 5.0
MAX_IDLE = 300.0
STATEMENTS = 500

# Platforms that run one request at a time in each process, and what names them there.
FUNCTION_RUNTIMES = {
    "AWS_LAMBDA_FUNCTION_NAME": "AWS Lambda",
    "VERCEL": "Vercel",
    "K_SERVICE": "Cloud Run",
    "FUNCTION_TARGET": "Cloud Functions",
    "FUNCTIONS_WORKER_RUNTIME": "Azure Functions",
    "NETLIFY": "Netlify",
    "__OW_ACTION_NAME": "OpenWhisk",
    "FC_FUNC_CODE_PATH": "Alibaba Function Compute",
    "TENCENTCLOUD_RUNENV": "Tencent Cloud Functions",
}

# Handed to libpq as they are.
_LIBPQ = frozenset(
    (
        "application_name channel_binding fallback_application_name gssencmode hostaddr keepalives"
        " keepalives_count keepalives_idle keepalives_interval krbsrvname options passfile"
        " require_auth sslcompression sslcrl sslcrldir sslkey sslmode sslnegotiation sslpassword"
        " sslrootcert sslsni ssl_max_protocol_version ssl_min_protocol_version"
        " target_session_attrs tcp_user_timeout"
    ).split()
)
_OURS = frozenset(
    (
        "connection_limit pool_timeout connect_timeout socket_timeout max_connection_lifetime"
        " max_idle_connection_lifetime pgbouncer schema sslaccept sslcert sslidentity"
        " statement_cache_size"
    ).split()
)
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client connects, and by which rules; times are seconds, None is no limit."""

    url: PostgresUrl
    connection_limit: int
    pool_timeout: float | None = POOL_TIMEOUT
    connect_timeout: float | None = CONNECT_TIMEOUT
    socket_timeout: float | None = None
    max_idle: float | None = MAX_IDLE
    max_age: float | None = None
    is_pooled: bool = False
    schema: str | None = None
    statement_cache_size: int = STATEMENTS
    # The function runtime that this process was seen to run in.
    runtime: str | None = None
    # Whether the limit is a default for that runtime.
    is_limit_of_runtime: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def from_text(
        cls,
        text: str,
        *,
        environment: Mapping[str, str] | None = None,
        connect_timeout: float | None = None,
    ) -> Target:
        """Read a URL as Prisma does; ``connect_timeout`` is what the client was given beside it.

        Raises:
            ConfigurationError: the URL or one of its parameters cannot be read.
        """
        url = parse_url(text)
        runtime = function_runtime(os.environ if environment is None else environment)
        read = _Reader(url)
        limit = read("connection_limit", _count)
        timeout = read("connect_timeout", _seconds, CONNECT_TIMEOUT)
        return cls(
            url=_for_libpq(url),
            connection_limit=limit or (1 if runtime else default_limit()),
            pool_timeout=read("pool_timeout", _seconds, POOL_TIMEOUT),
            connect_timeout=timeout if connect_timeout is None else connect_timeout,
            socket_timeout=read("socket_timeout", _seconds),
            max_idle=read("max_idle_connection_lifetime", _seconds, MAX_IDLE),
            max_age=read("max_connection_lifetime", _seconds),
            is_pooled=bool(read("pgbouncer", _boolean)),
            schema=url.parameter("schema") or None,
            statement_cache_size=read("statement_cache_size", _size, STATEMENTS) or 0,
            runtime=runtime,
            is_limit_of_runtime=bool(runtime and not limit),
            notes=_notes(url),
        )

    def keywords(self) -> dict[str, str]:
        """Return what libpq is told, the password included."""
        url = self.url
        given = {
            "host": url.host or "localhost",
            "port": str(url.port),
            "user": url.user,
            "password": url.password.reveal() if url.password else None,
            "dbname": url.database or url.user,
            "fallback_application_name": "forebay",
            "client_encoding": "UTF8",
            **dict(url.parameters),
        }
        return {name: value for name, value in given.items() if value is not None}

    def conninfo(self) -> str:
        """Return what libpq is told as one text, the password included."""
        return " ".join(f"{name}={_quoted(value)}" for name, value in self.keywords().items())


def default_limit() -> int:
    """Return the number of connections that Prisma's formula gives this machine."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # neither macOS nor Windows says what a process may use
        cpus = os.cpu_count() or 1
    return cpus * 2 + 1


def function_runtime(environment: Mapping[str, str]) -> str | None:
    """Name the function runtime whose environment this is, if it is one."""
    for name, runtime in FUNCTION_RUNTIMES.items():
        if environment.get(name):
            return runtime
    return None


class _Reader:
    """Reads parameters; what cannot be read becomes an error that names the parameter."""

    def __init__(self, url: PostgresUrl) -> None:
        self._given = dict(url.parameters)

    def __call__(
        self, name: str, read: Callable[[str], _Value | None], default: _Value | None = None
    ) -> _Value | None:
        text = self._given.get(name)
        if text is None:
            return default
        try:
            return read(text)
        except ValueError as error:
            raise ConfigurationError(
                f"the parameter {name} of the database URL must be {error}",
                hint=f"correct {name}=… behind the ? of the URL, or leave it out",
            ) from None


def _digits(text: str) -> int:
    # isascii: int() would also take digits of other scripts.
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError
    return int(text)


def _count(text: str) -> int:
    try:
        number = _digits(text)
    except ValueError:
        number = 0
    if not 1 <= number <= 10_000:
        raise ValueError("a whole number from 1 to 10000")
    return number


def _size(text: str) -> int:
    try:
        return _digits(text)
    except ValueError:
        raise ValueError("a whole number, 0 to keep no prepared statements") from None


def _seconds(text: str) -> float | None:
    """Read a number of seconds; 0 means no limit."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text, re.ASCII):
        raise ValueError("a number of seconds, 0 for no limit")
    return float(text) or None


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def _sslmode(text: str) -> str:
    if text not in _SSLMODES:
        raise ValueError("one of " + ", ".join(_SSLMODES))
    return text


def _sslaccept(text: str) -> bool:
    if text not in ("strict", "accept_invalid_certs"):
        raise ValueError("strict or accept_invalid_certs")
    return text == "strict"


def _for_libpq(url: PostgresUrl) -> PostgresUrl:
    """Return the URL with libpq's parameters alone; TLS as Prisma means it, in libpq's words."""
    read = _Reader(url)
    given = {name: value for name, value in url.parameters if name in _LIBPQ}
    mode = read("sslmode", _sslmode)
    certificate = url.parameter("sslcert")
    if url.parameter("sslidentity"):
        raise ConfigurationError(
            "the parameter sslidentity of the database URL names a PKCS #12 file, which libpq"
            " does not read",
            hint="split it with openssl pkcs12, and name the parts with sslcert=… and sslkey=…",
        )
    if certificate:
        # Prisma's sslcert is the authority's certificate; with a key beside it, libpq's meaning.
        given.setdefault("sslcert" if "sslkey" in given else "sslrootcert", certificate)
    if read("sslaccept", _sslaccept) and mode != "disable":
        given["sslmode"] = "verify-full"
        given.setdefault("sslrootcert", "system")
    return replace(url, parameters=tuple(given.items()))


def _notes(url: PostgresUrl) -> tuple[str, ...]:
    names = [name for name, _ in url.parameters if name not in _LIBPQ and name not in _OURS]
    if not names:
        return ()
    # A password with a question mark in it would end up here.
    shown = [name if _NAME.fullmatch(name) else "one that is no name" for name in names]
    return (f"the database URL has parameters that nothing reads: {', '.join(shown)}",)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
