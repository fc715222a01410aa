"""The decision matrix: which strategy fits which infrastructure, and why."""

from __future__ import annotations

from dataclasses import dataclass

from forebay.doctor.advise.situation import OVER_HTTP, Runtime, Situation
from forebay.doctor.advise.sums import Direct
from forebay.doctor.providers import Provider


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to reach PostgreSQL: its short name, what it is, and why it fits here."""

    name: str
    title: str
    reason: str
    # Whether processes connect to PostgreSQL themselves.
    is_direct: bool = False


_FUNCTIONS = (
    "The platform starts a process for every request that comes at the same time, each with a pool"
    " of its own, and a warm one keeps its connections while it does nothing. One client per"
    " process is needed and is not enough: the cure lies outside of the process."
)

_BY_RUNTIME = {
    Runtime.VERCEL: Strategy(
        "http",
        "a stateless transport: the HTTP driver of the database's vendor, or Accelerate",
        f"{_FUNCTIONS} Over HTTP nothing is held between two queries, for 10 to 30 ms a query."
        " With a PostgreSQL of your own, which has no such driver, a pooler in transaction mode"
        " that the functions reach does the same over TCP: its files are below. Never a direct"
        " connection.",
    ),
    Runtime.LAMBDA: Strategy(
        "pooler",
        "a pooler in transaction mode (Forebay, PgBouncer, or RDS Proxy as the managed form)",
        f"{_FUNCTIONS} In transaction mode a server belongs to a client for a transaction only,"
        " so that a few of them serve every function.",
    ),
    Runtime.SUPABASE: Strategy(
        "supavisor",
        "Supabase's pooler on port 6543, in transaction mode",
        "Port 5432 holds a server for each client's whole session, and in production they run out;"
        " port 6543 holds one for a transaction only. Migrations keep 5432.",
    ),
    Runtime.EDGE: Strategy(
        "http",
        "the HTTP driver of the database's vendor",
        "An edge runtime has no TCP as native drivers need it, so that they do not run there."
        " Queries go over HTTP, one request each, and nothing is held. What runs elsewhere, such as"
        " a route in Node or Python and the migrations, goes through the pooler below.",
    ),
    Runtime.LOCAL: Strategy(
        "direct",
        "a direct connection",
        "A handful of processes on one machine fits into max_connections. Keep DIRECT_URL beside"
        " DATABASE_URL all the same: the day a pooler comes, only one of them changes.",
        is_direct=True,
    ),
}

_ONE_CLIENT = Strategy(
    "direct",
    "one client per process, connected directly, with a limit by the formula",
    "Instances that stay up open their connections once and use them again, and all of them"
    " together fit into what PostgreSQL has to give.",
    is_direct=True,
)


_THERE = Strategy(
    "pooler",
    "the pooler in transaction mode that is there already",
    "A URL of this repository leads to it, and what the processes ask of it has to fit into its"
    " max_client_conn. Its servers are what PostgreSQL sees; its files are below with the sizes"
    " that fit.",
)


def choose(situation: Situation, sums: Direct) -> Strategy:
    """Return the row of the matrix; where direct connections do not fit, a pooler instead."""
    provider, runtime = situation.provider, situation.runtime
    if runtime in (Runtime.VERCEL, Runtime.LAMBDA) and provider is Provider.SUPABASE:
        return _BY_RUNTIME[Runtime.SUPABASE]
    if runtime is Runtime.VERCEL and provider is not None and provider not in OVER_HTTP:
        return _BY_RUNTIME[Runtime.LAMBDA]
    if situation.pooler is not None and runtime is not Runtime.EDGE:
        return _THERE
    if runtime is Runtime.ALWAYS_ON:
        row = _ONE_CLIENT
    else:
        row = _BY_RUNTIME[situation.runtime]
    if row.is_direct and not sums.fits:
        return Strategy(
            "pooler",
            "a pooler in transaction mode, since direct connections cannot fit",
            f"{_which(sums)}: not every {situation.unit.removeprefix('a ')} would get a connection."
            " Behind a pooler the processes share the servers that there are.",
        )
    return row


def _which(sums: Direct) -> str:
    return str(sums.rule if sums.stricter == "rule" else sums.strict)
