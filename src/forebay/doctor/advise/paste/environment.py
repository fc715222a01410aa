"""The `.env` to paste: a pooled URL and a direct one, with the limits that each client reads."""

from __future__ import annotations

from forebay.doctor.advise.paste.facts import PREPARED, WAIT, Facts

# The doctor sees a URL, and not the pooler behind it.
_PREPARED = (
    "# doctor: ignore[FD203] this pooler keeps Prisma's prepared statements"
    f" (max_prepared_statements = {PREPARED})"
)


def environment(facts: Facts, *, has_limits: bool, is_prisma: bool = False) -> str:
    """Write `.env`; ``has_limits`` for clients that read connection_limit from the URL.

    Other drivers refuse parameters that they do not know, and take their limits in code.
    ``is_prisma`` for the engine of Prisma, which names its prepared statements.
    """
    parameters: dict[str, str | int] = {}
    if has_limits:
        if facts.is_unprepared:
            parameters["pgbouncer"] = "true"
        parameters |= {
            "connection_limit": facts.limit,
            "pool_timeout": WAIT,
            "connect_timeout": WAIT,
        }
    return "\n".join(
        [
            f"# {_pooled(facts)}",
            *([_PREPARED] if is_prisma and not (facts.is_unprepared or facts.is_direct) else []),
            f'DATABASE_URL="{facts.url(**parameters)}"',
            "# Straight to a session of its own, for migrations: they take a lock and keep it.",
            f'DIRECT_URL="{facts.direct_url()}"',
            "",
        ]
    )


def _pooled(facts: Facts) -> str:
    if facts.strategy == "supavisor":
        return "Supabase's pooler in transaction mode: the port is 6543."
    if facts.is_direct:
        return "Straight to PostgreSQL. Change only this line on the day a pooler comes."
    return "Through the pooler, in transaction mode."
