"""PostgreSQL URLs: text to parts and back, as libpq, node-postgres and Python drivers read them.

A password never appears in a representation or in an error, not even as part of a URL that could
not be read: what was typed as a port may be the rest of a password.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from forebay.errors import ConfigurationError
from forebay.postgres.secret import Secret

DEFAULT_PORT = 5432

_EXAMPLE = "postgresql://user:password@host:5432/database"
_ENCODE = (
    "percent-encode special characters in user and password: "
    "@ is %40, : is %3A, / is %2F, # is %23, ? is %3F, % is %25"
)
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")


@dataclass(frozen=True, slots=True)
class PostgresUrl:
    """Where a database is and who asks; `host` starting with a slash is a unix socket's folder."""

    user: str | None = None
    password: Secret | None = None
    host: str | None = None
    port: int = DEFAULT_PORT
    database: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_unix_socket(self) -> bool:
        """Whether the host is a folder holding a unix socket."""
        return self.host is not None and self.host.startswith("/")

    @property
    def address(self) -> str:
        """The server's place in words fit for a message."""
        if self.is_unix_socket:
            return f"{self.host}/.s.PGSQL.{self.port}"
        host = self.host or "localhost"
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def parameter(self, name: str) -> str | None:
        """Return a query parameter's value; the last one counts, as in libpq."""
        return dict(self.parameters).get(name)

    def without(self, *names: str) -> "PostgresUrl":
        """Return the same URL without these query parameters."""
        kept = tuple(pair for pair in self.parameters if pair[0] not in names)
        return replace(self, parameters=kept)

    def text(self) -> str:
        """Write the URL out, password included; everything unusual is percent-encoded.

        The result holds no quote, space, dollar or backtick, so a shell may evaluate it.
        """
        return self._format(self.password.reveal() if self.password else None)

    def __str__(self) -> str:
        return self._format("***" if self.password else None)

    def __repr__(self) -> str:
        return f"PostgresUrl({self})"

    def _format(self, password: str | None) -> str:
        user = quote(self.user, safe="") if self.user else ""
        if password is not None:
            user += ":" + quote(password, safe="*")
        query = list(self.parameters)
        if self.is_unix_socket:
            place = ""
            query = [("host", self.host or ""), *query]
            if self.port != DEFAULT_PORT:
                query.append(("port", str(self.port)))
        else:
            host = self.host or "localhost"
            place = f"[{host}]" if ":" in host else quote(host, safe="")
            place += f":{self.port}"
        text = "postgresql://" + (f"{user}@" if user else "") + place
        text += "/" + quote(self.database or "", safe="")
        if query:
            text += "?" + "&".join(f"{quote(k, safe='')}={quote(v, safe='/')}" for k, v in query)
        return text


def parse_url(text: str) -> PostgresUrl:
    """Read a PostgreSQL URL.

    Raises:
        ConfigurationError: the text is no such URL; the message does not repeat it.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in ("postgresql", "postgres"):
        raise ConfigurationError(
            "the database URL does not start with postgresql://", hint=f"write it as {_EXAMPLE}"
        )
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    credentials, at_sign, places = authority.rpartition("@")
    if "@" in credentials:
        raise ConfigurationError("the database URL has more than one @ before its /", hint=_ENCODE)
    user, colon, password = credentials.partition(":")
    if "," in places:
        raise ConfigurationError(
            "the database URL names several hosts; Forebay connects to one server",
            hint="name the primary only",
        )
    host, port = _split_place(places)
    parts = {
        "user": _decode(user) if at_sign else "",
        "password": _decode(password) if colon else "",
        "host": _decode(host),
        "port": port,
        "dbname": _decode(path),
    }
    parameters = []
    for name, value in _split_query(query):
        if name in parts:  # libpq lets the query override what stands before it
            parts[name] = value
        else:
            parameters.append((name, value))
    return PostgresUrl(
        user=parts["user"] or None,
        password=Secret(parts["password"]) if parts["password"] else None,
        host=parts["host"] or None,
        port=_port(parts["port"]),
        database=parts["dbname"] or None,
        parameters=tuple(parameters),
    )


def _split_place(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, bracket, port = place[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise ConfigurationError(
                "the database URL has a [ without a matching ] around its IPv6 address",
                hint="write it as postgresql://user:password@[::1]:5432/database",
            )
        return host, port[1:]
    host, _, port = place.partition(":")
    return host, port


def _split_query(query: str) -> list[tuple[str, str]]:
    pairs = []
    for item in filter(None, query.split("&")):
        name, equals, value = item.partition("=")
        if not equals:
            raise ConfigurationError(
                "the database URL has a query parameter without a value",
                hint="write parameters as ?name=value&name=value; a ? in a user or password is"
                " written %3F",
            )
        pairs.append((_decode(name), _decode(value)))
    return pairs


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    # isascii: int() would also take digits of other scripts, which no driver does.
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise ConfigurationError(
            "the database URL has a port that is not a number from 1 to 65535",
            hint=f"write it as {_EXAMPLE}; {_ENCODE}",
        )
    return int(text)


def _decode(text: str) -> str:
    if _BAD_PERCENT.search(text):
        raise ConfigurationError(
            "the database URL has a % that is not followed by two hexadecimal digits", hint=_ENCODE
        )
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ConfigurationError(
            "the database URL has percent-encoded bytes that are not UTF-8", hint=_ENCODE
        ) from None
