"""What to be woken for: the thresholds in connections of this server, and the query for each."""

from __future__ import annotations

from dataclasses import dataclass

from forebay.doctor.advise.situation import Server

WARNING, CRITICAL = 70, 85
IDLE_IN_TRANSACTION = 10
WAITING = 20

_BACKENDS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'"
)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: its severity, when it fires, and why it matters."""

    severity: str
    name: str
    more_than: int
    sql: str
    why: str


def alerts(server: Server) -> tuple[Alert, ...]:
    """Return the alerts of a server, of its usable connections; each query gives one number."""
    return (
        Alert(
            "warning",
            "connections",
            server.usable * WARNING // 100,
            _BACKENDS,
            f"{WARNING} % of the {server.usable} usable ones",
        ),
        Alert(
            "critical",
            "connections",
            server.usable * CRITICAL // 100,
            _BACKENDS,
            f"{CRITICAL} % of the {server.usable} usable ones: users see errors within a minute or"
            " two",
        ),
        Alert(
            "warning",
            "idle in transaction",
            IDLE_IN_TRANSACTION,
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'",
            "they hold locks; it looks like exhaustion and is contention",
        ),
        Alert(
            "warning",
            "waiting",
            WAITING,
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
            " AND wait_event_type NOT IN ('Client', 'Activity')",
            "active ones only: every idle connection waits for its client, and that is no trouble",
        ),
        Alert(
            "warning",
            "long statements",
            0,
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"
            " AND coalesce(backend_type, 'client backend') = 'client backend'"
            " AND query_start < now() - interval '30 s'",
            "longer than 30 s: each keeps a connection from everybody else",
        ),
    )
