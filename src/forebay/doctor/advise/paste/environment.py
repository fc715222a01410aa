"""The `.env` to paste: a pooled URL and a direct one, with the limits that each client reads."""

from __future__ import annotations

from forebay.doctor.advise.paste.facts import WAIT, Facts


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
            *([facts.kept("FD203")] if is_prisma and facts.keeps_statements else []),
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
