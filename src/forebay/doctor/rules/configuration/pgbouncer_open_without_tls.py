"""PgBouncer that listens everywhere, and takes passwords in clear text."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find listeners on all addresses without TLS."""
    for pooler in repository.poolers:
        if not pooler.is_ini or pooler.text("listen_addr", "") not in ("*", "0.0.0.0"):  # noqa: S104
            continue
        if pooler.text("client_tls_sslmode", "disable") in ("disable", "allow", "prefer"):
            yield Finding(
                f"listen_addr is {pooler.text('listen_addr', '')} and client_tls_sslmode does not "
                "require TLS",
                pooler.place("listen_addr"),
            )


RULE = Rule(
    code="FD237",
    name="pgbouncer-open-without-tls",
    severity=Severity.NOTE,
    what="PgBouncer listens on every address and does not require TLS of its clients.",
    why="Whatever network the machine is ever given carries queries and rows in clear text. It "
    "is fine where that network is the owner's alone, which no file can say.",
    fix="name the address to listen on, or set `client_tls_sslmode = require` with a certificate",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nlisten_addr = *\nauth_type = scram-sha-256\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nlisten_addr = 10.0.0.7\nauth_type = scram-sha-256\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
