"""Says that a situation cannot fit, by which sum, and the way out."""

from __future__ import annotations

from forebay.doctor.advise.situation import Situation
from forebay.doctor.advise.sums import Pooled


def refusal(situation: Situation, clients: Pooled) -> str | None:
    """Return why not even a pooler makes it fit, or None when it does."""
    server = situation.server
    if clients.servers.result < 1:
        needed = server.reserved + server.others + situation.buffer + situation.poolers
        limits = [
            limit for limit in (server.role_limit, server.database_limit) if limit is not None
        ]
        by_limit = bool(limits) and server.capacity == min(limits)
        way = (
            f"raise the CONNECTION LIMIT of the role or database past {server.capacity}"
            if by_limit
            else f"raise max_connections to {needed} at least (a restart), end some of the"
            f" {server.others} connections of others"
        )
        return (
            f"cannot fit: {clients.servers} connections for a pooler; {way}, or lower --buffer"
            f" ({situation.buffer})"
        )
    if clients.at_most.result < 1:
        needed = -(-situation.pools // situation.poolers)
        return (
            f"cannot fit: {clients.at_most} connections for {situation.unit}; raise"
            f" max_client_conn to {needed} at least (--max-client-conn), or run more poolers"
            " (--poolers)"
        )
    return None
