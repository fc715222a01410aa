"""Who answers at a host and a port: the providers' names, their poolers, and where they are."""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass


class Provider(enum.Enum):
    """Whose database it is."""

    NEON = "Neon"
    SUPABASE = "Supabase"
    RDS = "Amazon RDS"
    RDS_PROXY = "RDS Proxy"
    AURORA = "Amazon Aurora"
    CLOUD_SQL = "Cloud SQL"
    ACCELERATE = "Prisma Accelerate"
    PRISMA_POSTGRES = "Prisma Postgres"
    VERCEL = "Vercel Postgres"
    PGBOUNCER = "PgBouncer"
    RAILWAY = "Railway"
    RENDER = "Render"
    HEROKU = "Heroku"
    AZURE = "Azure Database"
    DIGITALOCEAN = "DigitalOcean"
    FLY = "Fly.io"
    XATA = "Xata"
    AIVEN = "Aiven"
    TIMESCALE = "Timescale"
    COCKROACH = "CockroachDB"
    SERVICE = "a compose service"
    LOCAL = "this machine"
    OTHER = "another host"


class Pooling(enum.Enum):
    """What stands before PostgreSQL."""

    DIRECT = "direct"
    SESSION = "session"  # a server for as long as the client stays
    TRANSACTION = "transaction"  # a server for one transaction
    HTTP = "http"  # requests without a session
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Who answers there; ``is_public`` says that the way there is not the owner's alone."""

    provider: Provider
    pooling: Pooling
    region: str | None = None
    is_public: bool = True


_D, _S, _T = Pooling.DIRECT, Pooling.SESSION, Pooling.TRANSACTION
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
# The first that fits decides: a host's name, a port or None for any, and who answers there.
_HOSTS: tuple[tuple[re.Pattern[str], int | None, Provider, Pooling], ...] = tuple(
    (re.compile(pattern), port, provider, pooling)
    for pattern, port, provider, pooling in (
        (rf"^[^.]+-pooler\.(?:.*?{_REGION}.*)?\.?(?:.*\.)?neon\.(tech|build)$", None,
         Provider.NEON, _T),
        (rf"^[^.]+\.(?:.*?{_REGION}.*)?\.?(?:.*\.)?neon\.(tech|build)$", None, Provider.NEON, _D),
        (rf"^[^.]+-pooler\.{_REGION}\.postgres\.vercel-storage\.com$", None, Provider.VERCEL, _T),
        (rf"(?:^|\.){_REGION}\.postgres\.vercel-storage\.com$", None, Provider.VERCEL, _D),
        (rf"^(?:[a-z]+-\d+-)?{_REGION}\.pooler\.supabase\.com$", 6543, Provider.SUPABASE, _T),
        (rf"^(?:[a-z]+-\d+-)?{_REGION}\.pooler\.supabase\.com$", None, Provider.SUPABASE, _S),
        (r"\.pooler\.supabase\.com$", 6543, Provider.SUPABASE, _T),
        (r"\.pooler\.supabase\.com$", None, Provider.SUPABASE, _S),
        (r"\.supabase\.(co|com|net)$", 6543, Provider.SUPABASE, _T),
        (r"\.supabase\.(co|com|net)$", None, Provider.SUPABASE, _D),
        (rf"\.proxy-[a-z0-9-]+\.{_REGION}\.rds\.amazonaws\.com", None, Provider.RDS_PROXY, _T),
        (rf"\.cluster-[a-z0-9-]+\.{_REGION}\.rds\.amazonaws\.com", None, Provider.AURORA, _D),
        (rf"\.{_REGION}\.rds\.amazonaws\.com", None, Provider.RDS, _D),
        (r"^/cloudsql/[^:]*:(?P<region>[a-z0-9-]+):", None, Provider.CLOUD_SQL, _D),
        (r"^/cloudsql(/|$)", None, Provider.CLOUD_SQL, _D),
        (r"^accelerate\.prisma-data\.net$", None, Provider.ACCELERATE, Pooling.HTTP),
        (r"^pooled\.db\.prisma\.io$", None, Provider.PRISMA_POSTGRES, _T),
        (r"(^|\.)db\.prisma\.io$", None, Provider.PRISMA_POSTGRES, _D),
        (r"\.(railway\.app|rlwy\.net|railway\.internal)$", 6432, Provider.RAILWAY, _T),
        (r"\.(railway\.app|rlwy\.net|railway\.internal)$", None, Provider.RAILWAY, _D),
        (r"^dpg-[a-z0-9-]+\.(?P<region>[a-z]+)-postgres\.render\.com$", None, Provider.RENDER, _D),
        (r"^dpg-[a-z0-9]+-[a-z]$", None, Provider.RENDER, _D),
        (r"^ec2-[\d-]+\.(?:.*\.)?compute(-1)?\.amazonaws\.com$", None, Provider.HEROKU, _D),
        (r"\.postgres(\.cosmos|hsc)?\.(database\.)?azure\.com$", 6432, Provider.AZURE, _T),
        (r"\.postgres(\.cosmos|hsc)?\.(database\.)?azure\.com$", None, Provider.AZURE, _D),
        (r"\.db\.ondigitalocean\.com$", 25061, Provider.DIGITALOCEAN, _T),
        (r"\.db\.ondigitalocean\.com$", None, Provider.DIGITALOCEAN, _D),
        (r"^pgbouncer\.[^.]+\.flympg\.net$", None, Provider.FLY, _T),
        (r"\.(flympg\.net|flycast|fly\.dev)$", None, Provider.FLY, _D),
        (r"\.xata\.(sh|tech|io)$", None, Provider.XATA, Pooling.UNKNOWN),
        (r"\.aivencloud\.com$", None, Provider.AIVEN, Pooling.UNKNOWN),
        (r"\.(tsdb|timescaledb)\.(cloud\.timescale|io)(\.com)?$", None, Provider.TIMESCALE,
         Pooling.UNKNOWN),
        (r"\.cockroachlabs\.cloud$", None, Provider.COCKROACH, _D),
        (r"(^|[.-])(pgbouncer|pgcat|supavisor|odyssey|pgpool)([.-]|$)", None,
         Provider.PGBOUNCER, _T),
    )
)  # fmt: skip
_LOCAL = frozenset(
    {"localhost", "host.docker.internal", "0.0.0.0", "gateway.docker.internal"}  # noqa: S104
)
# Names that only the owner's own network knows.
_INTERNAL = re.compile(r"\.(internal|local|localdomain|svc|cluster\.local|flycast|lan|test)$")
# Where PgBouncer listens unless it is told otherwise.
PGBOUNCER_PORT = 6432


def place_of(
    scheme: str,
    host: str,
    port: int | None,
    parameters: Mapping[str, str],
    services: Mapping[str, Place],
) -> Place:
    """Return who answers at a host and a port."""
    if scheme == "prisma" or (scheme == "prisma+postgres" and not _is_local(host)):
        return Place(Provider.ACCELERATE, Pooling.HTTP)
    if host in services:
        return services[host]
    found = _known(host, port)
    if found is not None:
        return found
    is_marked = parameters.get("pgbouncer", "").lower() == "true"
    pooling = Pooling.UNKNOWN
    if port == PGBOUNCER_PORT:
        pooling = Pooling.TRANSACTION
    elif is_marked and not _is_local(host):
        pooling = Pooling.TRANSACTION
    if _is_local(host):
        is_pooler = pooling is Pooling.TRANSACTION
        return Place(
            Provider.LOCAL, Pooling.TRANSACTION if is_pooler else Pooling.DIRECT, None, False
        )
    if scheme == "cockroachdb" or port == 26257:
        return Place(Provider.COCKROACH, Pooling.DIRECT, None, _is_public(host))
    provider = Provider.PGBOUNCER if port == PGBOUNCER_PORT else Provider.OTHER
    return Place(provider, pooling, None, _is_public(host))


def _known(host: str, port: int | None) -> Place | None:
    for pattern, wanted, provider, pooling in _HOSTS:
        if wanted is not None and wanted != port:
            continue
        found = pattern.search(host)
        if found is not None:
            region = found.groupdict().get("region")
            return Place(provider, pooling, region, _is_public(host))
    return None


def _is_local(host: str) -> bool:
    if host in _LOCAL or host.startswith("/") or host.endswith(".localhost"):
        return not host.startswith("/cloudsql")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_public(host: str) -> bool:
    if "." not in host or host.startswith("/") or _INTERNAL.search(host):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True
