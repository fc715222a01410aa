"""Sees that the gateway can listen where its settings say, before anything else is started."""

import errno
import socket

from forebay.errors import ConfigurationError
from forebay.serve.settings import Settings


def require_addresses(settings: Settings) -> None:
    """Bind each address once and let it go again.

    Another process may still take one before the data plane does; that is then its own error.

    Raises:
        ConfigurationError: an address is taken, forbidden, or not this machine's.
    """
    for address in settings.listen_addr:
        try:
            places = socket.getaddrinfo(
                address, settings.listen_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
        except (OSError, UnicodeError):
            raise ConfigurationError(
                f'listen_addr "{address}" is not an address of this machine',
                hint="use 127.0.0.1 for this machine only, or * for every address",
            ) from None
        for family, kind, protocol, _, place in places:
            _require_free(address, settings.listen_port, family, kind, protocol, place)


def _require_free(
    address: str, port: int, family: int, kind: int, protocol: int, place: tuple[object, ...]
) -> None:
    try:
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"port {port} on {address} is taken by another process",
                hint="end that process, or choose another listen_port (--port of forebay up);"
                " 0 picks a free one",
            ) from None
        if error.errno in (errno.EACCES, errno.EPERM):
            raise ConfigurationError(
                f"port {port} on {address} needs a right this account does not have",
                hint="choose a listen_port from 1024 on (--port of forebay up)",
            ) from None
        raise ConfigurationError(
            f"cannot listen on {address}, port {port}: {error.strerror}",
            hint="use 127.0.0.1 for this machine only, or * for every address",
        ) from None
