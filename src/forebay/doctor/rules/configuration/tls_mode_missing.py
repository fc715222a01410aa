"""A URL over the internet that does not say whether TLS is a must."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.providers import Provider
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.urls import is_blank

# Their servers refuse whoever comes without TLS.
_ENFORCED = frozenset(
    {
        Provider.NEON, Provider.VERCEL, Provider.ACCELERATE, Provider.PRISMA_POSTGRES,
        Provider.COCKROACH, Provider.XATA, Provider.DIGITALOCEAN, Provider.AZURE, Provider.HEROKU,
        Provider.AIVEN, Provider.TIMESCALE, Provider.FLY, Provider.CLOUD_SQL, Provider.RENDER,
        Provider.RAILWAY, Provider.RDS_PROXY,
    }
)  # fmt: skip
_SAID = ("sslmode", "ssl", "sslrootcert", "sslcert", "sslaccept", "sslidentity", "tls")


def check(repository: Repository) -> Iterator[Finding]:
    """Find production URLs of public hosts without a word about TLS."""
    for connection in repository.connections:
        url = connection.url
        if not connection.is_production or not url.is_public or url.provider in _ENFORCED:
            continue
        if connection.variable.is_example and url.provider is Provider.OTHER:
            continue
        if not url.host or is_blank(url.host) or any(url.parameter(one) for one in _SAID):
            continue
        yield Finding(
            f"{connection.name} leads to {url.provider.value} ({url.address}) and does not ask for "
            "TLS",
            connection.span,
        )


RULE = Rule(
    code="FD217",
    name="tls-mode-missing",
    severity=Severity.NOTE,
    what="A URL of a public host does not say `sslmode`.",
    why="libpq's default is `prefer` and node-postgres's is no TLS at all: unless the server "
    "insists, the connection is in clear text, or becomes so when somebody between wants it.",
    fix="add `sslmode=verify-full` with the provider's root certificate, or `sslmode=require`",
    language="env",
    path=".env.production",
    bad="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop-data.net/shop\n",
    good="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop-data.net/shop?sslmode=require\n",
    references=("https://www.postgresql.org/docs/current/libpq-ssl.html",),
    check=check,
)
