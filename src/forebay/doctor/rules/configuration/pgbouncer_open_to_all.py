"""PgBouncer that asks nobody for a password."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `auth_type` any or trust on more than this machine."""
    for pooler in repository.poolers:
        kind = pooler.text("auth_type", "md5")
        address = pooler.text("listen_addr", "")
        if kind not in ("any", "trust") or address in ("", "127.0.0.1", "localhost", "::1"):
            continue
        yield Finding(
            f"auth_type is {kind} and listen_addr is {address}: whoever reaches the port is let in",
            pooler.place("auth_type"),
        )


RULE = Rule(
    code="FD236",
    name="pgbouncer-open-to-all",
    severity=Severity.ERROR,
    what="PgBouncer takes clients without a password, from other machines too.",
    why="`trust` and `any` ask nobody who they are: the database's own passwords and "
    "pg_hba.conf no longer count, because PgBouncer logs in for the client.",
    fix="set `auth_type = scram-sha-256` with an auth_file or an auth_query",
    language="ini",
    bad="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nlisten_addr = 0.0.0.0\nauth_type = trust\n",
    good="[databases]\nshop = host=10.0.0.5\n\n[pgbouncer]\npool_mode = "
    "transaction\nlisten_addr = 0.0.0.0\nauth_type = scram-sha-256\nclient_tls_sslmode = "
    "require\n",
    references=("https://www.pgbouncer.org/config.html",),
    check=check,
)
