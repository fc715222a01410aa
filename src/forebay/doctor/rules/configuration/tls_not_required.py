"""A URL that leads over the internet and leaves TLS to chance, or switches it off."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Provider
from forebay.doctor.repository.connections import Connection
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_OFF = {
    "sslmode": ("disable", "allow", "prefer", "no-verify"),
    "ssl": ("false", "0", "disable"),
    "sslaccept": ("accept_invalid_certs",),
}
_MEANING = {
    "disable": "everything crosses the internet in clear text",
    "false": "everything crosses the internet in clear text",
    "0": "everything crosses the internet in clear text",
    "allow": "TLS is used only if the server insists",
    "prefer": "whoever sits between can have it in clear text",
    "no-verify": "any server's certificate is taken",
    "accept_invalid_certs": "any server's certificate is taken",
}


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs of public hosts whose own words switch TLS or its check off."""
    for connection in repository.connections:
        url = connection.url
        if not url.is_public or url.provider is Provider.ACCELERATE or not url.host:
            continue
        if connection.file.role is Role.TEST:
            continue
        for name, values in _OFF.items():
            said = (url.parameter(name) or "").lower()
            if said in values:
                yield _finding(connection, name, said)


def _finding(connection: Connection, name: str, said: str) -> Finding:
    return Finding(
        f"{name}={said} in {connection.name}, which leads to {connection.url.provider.value} "
        f"({connection.url.address}): {_MEANING[said]}",
        connection.place_of(name),
    )


RULE = Rule(
    code="FD216",
    name="tls-not-required",
    severity=Severity.WARNING,
    what="A URL of a public host switches TLS off, leaves it to the server, or takes any "
    "certificate.",
    why="Password and rows then cross networks that nobody here owns, readable, or can be had by "
    "whoever answers in the server's place.",
    fix="use `sslmode=verify-full` with the provider's root certificate, or `require` where "
    "the client cannot",
    language="env",
    path=".env.production",
    bad="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop-data.net/shop?sslmode=disable\n",
    good="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop-data.net/shop?sslmode=verify-full\n",
    references=("https://www.postgresql.org/docs/current/libpq-ssl.html",),
    check=check,
)
