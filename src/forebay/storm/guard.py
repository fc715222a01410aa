"""What storm refuses before it opens a connection: strangers' hosts, too few descriptors."""

import ipaddress
import resource
import socket

from forebay.errors import ConfigurationError, ConnectionFailed

RESERVED_DESCRIPTORS = 100
_LARGEST = (1_048_576, 10_240)


def resolve(host: str | None, option: str, *, allows_remote: bool) -> str | None:
    """Return the address of a host, which must be this machine; None for a unix socket.

    The name is looked up once and the address is what every connection uses, so that a name cannot
    mean another machine later.

    Raises:
        ConnectionFailed: the name is not known.
        ConfigurationError: it is another machine, and nobody allowed that.
    """
    name = host or "localhost"
    if name.startswith("/"):
        return None
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectionFailed(
            f"{option}: the host {name} cannot be found", hint="check the host in the URL"
        ) from None
    addresses = [str(place[0]) for *_, place in found]
    strangers = [address for address in addresses if not ipaddress.ip_address(address).is_loopback]
    if strangers and not allows_remote:
        raise ConfigurationError(
            f"{option} leads to {strangers[0]}, another machine than this one, and a storm takes"
            " what is there from everybody else who uses it",
            hint="aim at a copy on this machine; --allow-remote if it is yours and nobody uses it",
        )
    # PostgreSQL often listens on IPv4 only, and a name may mean both.
    return min(addresses, key=lambda address: ":" in address)


def raise_descriptor_limit() -> int:
    """Raise the soft limit on descriptors to the hard one, and return what holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in _LARGEST if hard == resource.RLIM_INFINITY else (hard,):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        except (ValueError, OSError):
            continue
        return limit
    return soft


def require_descriptors(functions: int, max_connections: int, limit: int) -> None:
    """See that every function can have a socket, beside those PostgreSQL can grant in all.

    Raises:
        ConfigurationError: they do not fit; the message holds the arithmetic.
    """
    needed = functions + max_connections + RESERVED_DESCRIPTORS
    if needed > limit:
        raise ConfigurationError(
            f"--functions {functions} does not fit: with {max_connections} connections of"
            f" PostgreSQL and {RESERVED_DESCRIPTORS} descriptors for storm itself it needs"
            f" {needed}, and this process may open {limit}",
            hint=f"raise the limit (ulimit -Hn {needed}), or ask for at most"
            f" {max(limit - max_connections - RESERVED_DESCRIPTORS, 0)} functions",
        )
