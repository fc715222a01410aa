"""Sees that the process may open as many descriptors as its settings promise to clients."""

import resource

from forebay.errors import ConfigurationError
from forebay.serve.settings import Settings

# The event loops, the listeners, logs, the embedded server's lock, and requests to cancel.
RESERVED_DESCRIPTORS = 100
# What Linux allows at most unless told otherwise; for systems that call their limit infinite.
_LARGEST = (1_048_576, 10_240)


def raise_descriptor_limit() -> int:
    """Raise the soft limit on descriptors to the hard one, and return what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _LARGEST if hard == resource.RLIM_INFINITY else (hard,)
    for limit in wanted:
        if soft != resource.RLIM_INFINITY and soft >= limit:
            return soft
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (ValueError, OSError):
            continue
        return limit
    return _LARGEST[0] if soft == resource.RLIM_INFINITY else soft


def clients_that_fit(settings: Settings, limit: int) -> int:
    """Return how many clients `limit` descriptors leave room for."""
    return limit - settings.server_connections() - RESERVED_DESCRIPTORS


def require_descriptors(settings: Settings, limit: int) -> None:
    """See that every promised client can get a descriptor.

    Raises:
        ConfigurationError: max_client_conn cannot fit; the message holds the arithmetic.
    """
    room = clients_that_fit(settings, limit)
    if settings.max_client_conn <= room:
        return
    servers = settings.server_connections()
    needed = settings.max_client_conn + servers + RESERVED_DESCRIPTORS
    raise ConfigurationError(
        f"max_client_conn {settings.max_client_conn} does not fit: with {servers} server"
        f" connections and {RESERVED_DESCRIPTORS} descriptors for the gateway itself it needs"
        f" {needed}, and this process may open {limit}",
        hint=f"raise the limit (ulimit -Hn {needed}, or LimitNOFILE={needed} in systemd), or set"
        f" max_client_conn to at most {max(room, 0)}",
    )
