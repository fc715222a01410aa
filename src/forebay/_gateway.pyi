"""The data plane, as Python sees it: built from crates/python, which must agree with this file."""

from collections.abc import Callable
from typing import final

__all__ = ["Gateway", "GatewayError"]

class GatewayError(Exception):
    """The data plane refused to start; `args` is (message, hint)."""

@final
class Gateway:
    """A running data plane: listeners, pools and worker threads."""

    @staticmethod
    def start(
        configuration: str, on_reload: Callable[[str | None, str | None], str] | None = None
    ) -> Gateway:
        """Bind, start the workers, and return once listening.

        The console asks `on_reload` for a configuration: with a setting's name and value for SET,
        with None twice for RELOAD. It is called on a thread of its own; what it raises is what the
        operator is told, and nothing changes then.

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
