"""What a database's URL says: whose it is, whether a pooler stands before it, and how it is asked.

A `Url` holds no password, so that nothing made of it can show one: only what kind it was is kept.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from forebay.doctor.providers import Place, Pooling, Provider, place_of

SCHEMES = frozenset(
    {"postgres", "postgresql", "prisma", "prisma+postgres", "psql", "pgsql", "postgis",
     "cockroachdb", "asyncpg", "psycopg"}
)  # fmt: skip
_URL = re.compile(
    r"""^(?:jdbc:)?(?P<scheme>[a-z][a-z0-9]*(?:\+[a-z0-9_]+)?)://
        (?:(?P<user>[^:@/?]*)(?::(?P<password>[^/]*?))?@(?=[^@]*$|[^@/]*[/?]))?
        (?P<host>\[[^\]]*\]|\$\{[^}]*\}|\{[^}]*\}|<[^>]*>|[^:/?\#]*)
        (?::(?P<port>[^/?\#]*))?(?:/(?P<database>[^?\#]*))?(?:\?(?P<query>[^\#]*))?""",
    re.VERBOSE | re.IGNORECASE,
)
_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*)(?::?[-?+]([^}]*))?\}|\$([A-Za-z_]\w*)|\$\$")
# What stands for a value that somebody has to fill in, or that a program does.
_BLANK = re.compile(
    r"\$|\{|\}|<|>|\[|\]|%\(|\*\*|…|\.\.\.|^x{3,}$|^(your|my)?[-_ ]?(db|database)?[-_ ]?"
    r"(password|passwd|pass|pwd|secret|user|username|host|hostname|port|key|api[-_]?key)\d?$"
    r"|your|change[-_ ]?(me|this|it)|placeholder|example|dummy|fake|redacted|todo|insert|replace",
    re.IGNORECASE,
)
# Passwords that everybody knows, of databases that everybody starts on their own machine.
_COMMON = frozenset(
    """
    postgres postgresql prisma root admin test tests testing dev develop development docker local
    localhost db database app user secret pass password passwd pwd postgrespw example changeme
    changethis mysecretpassword default guest demo sa supersecret 123 1234 12345 123456 12345678
    123456789 qwerty toor ci
    """.split()
)


class SecretKind(enum.Enum):
    """What stood where a secret belongs."""

    NONE = "none"
    BLANK = "to be filled in"
    REFERENCE = "taken from elsewhere"
    COMMON = "a password that everybody knows"
    REAL = "a secret"


@dataclass(frozen=True, slots=True)
class Url:
    """A URL of a database, without its password.

    ``scheme`` is without the driver (`postgresql+asyncpg` has the driver `asyncpg`). A part that is
    only known elsewhere, such as `${PGHOST}`, is empty, and so is what it would tell.
    """

    scheme: str
    driver: str
    user: str
    host: str
    port: int | None
    database: str
    place: Place
    secret: SecretKind
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def provider(self) -> Provider:
        """Whose database it is."""
        return self.place.provider

    @property
    def pooling(self) -> Pooling:
        """What stands between a client and PostgreSQL."""
        return self.place.pooling

    @property
    def region(self) -> str | None:
        """The region that the host's name tells, such as us-east-1."""
        return self.place.region

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler of any mode answers, or Accelerate."""
        return self.pooling in (Pooling.SESSION, Pooling.TRANSACTION, Pooling.HTTP)

    @property
    def is_transaction(self) -> bool:
        """Whether a pooler answers that lends a server for one transaction only."""
        return self.pooling is Pooling.TRANSACTION

    @property
    def is_direct(self) -> bool:
        """Whether it is known that PostgreSQL itself answers."""
        return self.pooling is Pooling.DIRECT

    @property
    def is_local(self) -> bool:
        """Whether it is this machine's, or a neighbour's in a compose file."""
        return self.provider in (Provider.LOCAL, Provider.SERVICE)

    @property
    def is_public(self) -> bool:
        """Whether the way to it leaves what one owner holds: a host with a public name."""
        return self.place.is_public

    @property
    def is_postgresql(self) -> bool:
        """Whether PostgreSQL is behind it; CockroachDB only speaks its protocol."""
        return self.provider is not Provider.COCKROACH

    @property
    def address(self) -> str:
        """Host and port for a message; never more."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    def parameter(self, name: str) -> str | None:
        """Return a query parameter's value, or None."""
        return self.parameters.get(name)

    @property
    def is_unsafe(self) -> bool:
        """Whether it says `pgbouncer=true`, Prisma's word for "no named statements"."""
        return self.parameters.get("pgbouncer", "").lower() == "true"


def classify(
    text: str,
    values: Mapping[str, str] | None = None,
    services: Mapping[str, Place] | None = None,
) -> Url | None:
    """Return what a URL says; None for what is no URL of a PostgreSQL database.

    ``values`` are what `${VAR}` stands for, ``services`` what runs behind the names of a compose
    file's services.
    """
    whole = expand(text.strip().strip("\"'"), values or {})
    match = _URL.match(whole)
    if match is None:
        return None
    scheme, _, driver = match["scheme"].lower().partition("+")
    if match["scheme"].lower() == "prisma+postgres":
        scheme, driver = "prisma+postgres", ""
    if scheme not in SCHEMES:
        return None
    query = dict(parse_qsl(match["query"] or "", keep_blank_values=True))
    host = _plain(query.get("host") if not match["host"] else match["host"]).strip("[]").lower()
    port = (
        int(match["port"]) if (match["port"] or "").isascii() and _is_port(match["port"]) else None
    )
    where = place_of(scheme, host, port, query, services or {})
    secret = query.get("api_key") if scheme.startswith("prisma") else match["password"]
    return Url(
        scheme,
        driver,
        _plain(match["user"]),
        host,
        port,
        _plain(match["database"]),
        where,
        secret_kind(secret, is_nearby=where.provider in (Provider.LOCAL, Provider.SERVICE)),
        {name: value for name, value in query.items() if name not in ("password", "api_key")},
    )


def expand(text: str, values: Mapping[str, str]) -> str:
    """Put in what `${VAR}`, `${VAR:-default}` and `$VAR` stand for; what is unknown stays."""

    def one(match: re.Match[str]) -> str:
        name = match[1] or match[3]
        if name in values and values[name] != text:
            return values[name]
        return match[2] if match[2] and ":-" in match[0] else match[0]

    for _ in range(4):  # a value may refer to another; a circle ends
        again = _REFERENCE.sub(one, text)
        if again == text:
            break
        text = again
    return text


def secret_kind(text: str | None, *, is_nearby: bool = False) -> SecretKind:
    """Say what stands where a secret belongs, without keeping it."""
    if not text:
        return SecretKind.NONE
    said = unquote(text)
    if _REFERENCE.search(said) or "{{" in said or "${{" in said:
        return SecretKind.REFERENCE
    if _BLANK.search(said):
        return SecretKind.BLANK
    if said.lower() in _COMMON or len(said) < 4 or is_nearby:
        return SecretKind.COMMON
    return SecretKind.REAL


def is_blank(text: str) -> bool:
    """Whether a text is a place to fill in, such as `USER` or `<host>`."""
    return bool(_BLANK.search(text))


def _plain(text: str | None) -> str:
    said = unquote(text or "").strip()
    return "" if re.search(r"[${}<>%]", said) else said


def _is_port(text: str | None) -> bool:
    return bool(text) and str(text).isdigit() and 0 < int(str(text)) < 65536
