"""A pooler behind a pooler."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.providers import Pooling, place_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity
from forebay.doctor.urls import classify


def check(repository: Repository) -> Iterator[Finding]:
    """Find a PgBouncer whose own server is a pooler."""
    for pooler in repository.poolers:
        for target in pooler.targets:
            port = target.parts.get("port", "")
            number = int(port) if port.isdigit() else None
            place = place_of("postgres", target.parts.get("host", ""), number, {}, {})
            if place.pooling in (Pooling.TRANSACTION, Pooling.SESSION) and place.is_public:
                yield Finding(
                    f"{target.name} leads PgBouncer to the pooler of {place.provider.value}",
                    target.span,
                )
    for service in repository.services:
        if not service.is_pooler:
            continue
        for name in ("DATABASE_URL", "DATABASE_URLS", "DB_HOST", "POSTGRESQL_HOST"):
            text, line = service.environment.get(name, ("", 0))
            url = classify(text if "://" in text else f"postgres://u@{text}/d") if text else None
            if url is not None and url.is_pooled and url.is_public:
                yield Finding(
                    f"the service {service.name} is a pooler, and leads to the pooler of "
                    f"{url.provider.value}",
                    service.span(line),
                    notes=(Note(f"runs {service.image}", service.span()),),
                )


RULE = Rule(
    code="FD222",
    name="two-poolers-in-line",
    severity=Severity.WARNING,
    what="A pooler connects to another pooler.",
    why="Both wait in line and neither sees the other's: a query's time is spent in two queues "
    "with two limits and two timeouts, and the first one's idle servers are the second one's busy "
    "clients.",
    fix="let the own pooler connect to PostgreSQL itself, or take it away",
    language="ini",
    bad="[databases]\nshop = host=ep-cool-1-pooler.us-east-2.aws.neon.tech port=5432\n\n"
    "[pgbouncer]\npool_mode = transaction\n",
    good="[databases]\nshop = host=ep-cool-1.us-east-2.aws.neon.tech port=5432\n\n"
    "[pgbouncer]\npool_mode = transaction\n",
    check=check,
)
