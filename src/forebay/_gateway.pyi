"""The data plane, as Python sees it: built from crates/python, which must agree with this file."""

from collections.abc import Callable
from typing import final

__all__ = ["Gateway", "GatewayError"]

class GatewayError(Exception):
    """The data plane refused to start, or what it was asked to do; `args` is (message, hint)."""

@final
class Gateway:
    """A running data plane: listeners, pools and worker threads."""

    @staticmethod
    def start(
        configuration: str,
        on_reload: Callable[[str | None, str | None], str | None] | None = None,
    ) -> Gateway:
        """Bind, start the workers, and return once listening.

        The console asks `on_reload` for a configuration: with a setting's name and value for SET,
        with None twice for RELOAD. It returns None where it has handed the configuration to
        `reload` itself. It is called on a thread of its own; what it raises is what the
        operator is told, and nothing changes then.

        Raises:
            GatewayError: the configuration was refused, or an address could not be bound.
        """

    @property
    def addresses(self) -> list[str]:
        """Where clients can connect: `host:port`, and the paths of unix sockets."""

    def reload(self, configuration: str) -> str:
        """Exchange the configuration while clients work: all of it, or nothing.

        Returns JSON text: `{"changed": [...], "needs_restart": [...]}`, the names of settings with
        another value. Those that need a restart keep the value they had.

        Raises:
            GatewayError: the configuration was refused, and nothing has changed.
        """

    def pause(self, database: str | None = None, timeout: float | None = None) -> bool:
        """Lend no servers of one database, or of any, and wait until all have been closed.

        Clients wait in line meanwhile. False when `timeout` seconds passed first; the pause goes
        on then.

        Raises:
            GatewayError: it is paused already, there is no such database, or RESUME came before.
        """

    def resume(self, database: str | None = None) -> None:
        """Lend again after a pause of the same extent.

        Raises:
            GatewayError: it is not paused, or there is no such database.
        """

    def drain(self) -> None:
        """Stop accepting, let transactions finish, close idle clients; returns at once."""

    def shut_down(self, *, servers: bool = False) -> None:
        """Stop accepting, and end once every client has gone, or every server; returns at once."""

    def stop(self) -> None:
        """Close every connection now; returns at once."""

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every worker has ended; False when `timeout` seconds passed first."""

    def stats(self) -> str:
        """Return the counters as JSON text."""
