"""`pool_timeout=0`: a request that waits for a connection waits for ever."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find URLs that switch the time limit off."""
    for connection in repository.connections:
        if (
            connection.file.role is not Role.TEST
            and connection.url.parameter("pool_timeout") == "0"
        ):
            yield Finding(
                f"pool_timeout=0 in {connection.name}: a request that finds the pool busy waits "
                "without limit",
                connection.place_of("pool_timeout"),
            )


RULE = Rule(
    code="FD207",
    name="pool-timeout-zero",
    severity=Severity.WARNING,
    what="`pool_timeout=0` lets requests wait for a connection without limit.",
    why="A slow query then stops every request behind it, none of them fails, and nothing says "
    "why: the function is paid until the platform ends it. With a limit the same trouble is an "
    "error with a name (P2024) after seconds.",
    fix="leave it out (10 s), or state the seconds that a user would wait",
    language="env",
    bad="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop.example/shop?connection_limit=1"
    "&pool_timeout=0\n",
    good="DATABASE_URL=postgresql://app:[PASSWORD]@db.shop.example/shop?connection_limit=1"
    "&pool_timeout=10\n",
    check=check,
)
