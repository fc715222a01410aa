"""One simulated instance of a function: its own connections, kept while it is warm.

Instances share no connection and no pool. Between two invocations an instance is frozen: it has no
task and no timer, and its sockets are neither read nor closed.
"""

from forebay.storm.link import CONNECTION_LOST, Link, LinkError
from forebay.storm.workload import Workload


class Instance:
    """An instance that serves one invocation at a time."""

    def __init__(self, text: bytes, connections: int, workload: Workload) -> None:
        """Start with no connection: the first invocation opens them."""
        self._text = text
        self._connections = connections
        self._workload = workload
        self._links: list[Link] = []
        self._turn = 0
        self._is_serving = False
        self._is_destroyed = False

    async def serve(self) -> None:
        """Serve an invocation: fill the pool as far as it goes, then run the page on one of it.

        A page whose parts query at the same time makes a driver open its whole pool; what was
        opened before one is refused stays open, as it does in a driver.

        Raises:
            LinkError: a connection was refused or lost, or a statement failed.
        """
        self._is_serving = True
        try:
            while len(self._links) < self._connections and not self._is_destroyed:
                await self._open()
            self._turn = (self._turn + 1) % len(self._links) if self._links else 0
            if self._is_destroyed:
                raise LinkError(CONNECTION_LOST, "the instance was destroyed")
            await self._workload.serve(self._links[self._turn])
        except LinkError:
            await self._recover()
            raise
        finally:
            self._is_serving = False
            if self._is_destroyed:
                self._close()

    def destroy(self) -> None:
        """End the instance as its platform would: the sockets are cut without a good-bye."""
        self._is_destroyed = True
        for link in self._links:
            link.kill()
        if not self._is_serving:
            self._close()

    async def _open(self) -> None:
        link = Link(self._text)
        self._links.append(link)  # before it is open, so that `destroy` reaches it
        try:
            await link.open()
        except BaseException:
            self._links.remove(link)
            link.close()
            raise

    async def _recover(self) -> None:
        """Roll back what is open, and let go of the connections that are lost."""
        for link in [each for each in self._links if each.is_in_transaction]:
            try:
                await link.run(b"rollback")
            except LinkError:
                continue
        for link in [each for each in self._links if not each.is_usable]:
            self._links.remove(link)
            link.close()

    def _close(self) -> None:
        for link in self._links:
            link.close()
        self._links.clear()
