"""The data plane, as Python sees it: built from crates/python, which must agree with this file."""

from typing import final

__all__ = ["Gateway", "GatewayError"]

class GatewayError(Exception):
    """The data plane refused to start; `args` is (message, hint)."""

@final
class Gateway:
    """A running data plane: listeners, pools and worker threads."""

    @staticmethod
    def start(configuration: str) -> Gateway:
        """Bind, start the workers, and return once listening.

        Raises:
            GatewayError: the configuration was refused, or an address could not be bound.
        """

    @property
    def addresses(self) -> list[str]:
        """Where clients can connect: `host:port`, and the paths of unix sockets."""

    def drain(self) -> None:
        """Stop accepting, let transactions finish, close idle clients; returns at once."""

    def stop(self) -> None:
        """Close every connection now; returns at once."""

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every worker has ended; False when `timeout` seconds passed first."""

    def stats(self) -> str:
        """Return the counters as JSON text."""
