"""A bent wire: passes connections on to a server, holds them back, cuts them, or speaks for it."""

import socket
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65536


class Forwarder:
    """Listens on loopback while its block lasts; `port` 0 takes a free one.

    Without a target it says `greeting` to whoever comes, and nothing more. What is called by the
    first of `names` on this side is called by the second, which is as long, on the server's.
    """

    def __init__(
        self,
        target: tuple[str, int] | None,
        port: int = 0,
        *,
        greeting: bytes = b"",
        names: tuple[bytes, bytes] = (b"", b""),
    ) -> None:
        self._target = target
        self._greeting = greeting
        self._names = names
        self._listener = socket.create_server(("127.0.0.1", port))
        self._sockets = [self._listener]
        self._clients: list[socket.socket] = []
        self._flows = threading.Event()
        self._flows.set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def connections(self) -> int:
        """How many there have been to the server."""
        return len(self._clients)

    def cut(self) -> None:
        """Close every connection there is."""
        for one in self._sockets[1:]:
            _shut(one)

    def hold(self) -> None:
        """Pass nothing on from now; both sides believe that the other is there."""
        self._flows.clear()

    def resume(self) -> None:
        """Pass on what was held back, and what comes."""
        self._flows.set()

    def inject(self, data: bytes) -> None:
        """Say this to every client in the server's place."""
        for client in self._clients:
            _say(client, data)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            if self._target is None:
                _say(client, self._greeting)
                continue
            server = socket.create_connection(self._target)
            self._sockets.append(server)
            self._clients.append(client)
            here, there = self._names
            for flow in ((client, server, here, there), (server, client, there, here)):
                self._threads.append(threading.Thread(target=self._pump, args=flow))
                self._threads[-1].start()

    def _pump(self, source: socket.socket, sink: socket.socket, name: bytes, other: bytes) -> None:
        try:
            while data := source.recv(_CHUNK):
                self._flows.wait()
                sink.sendall(data.replace(name, other) if name else data)
        except OSError:
            pass
        _shut(source)
        _shut(sink)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _shut(self._listener)
        self._threads[0].join()
        self.cut()
        self.resume()
        for thread in self._threads[1:]:
            thread.join()
        for one in self._sockets:
            one.close()


def _say(one: socket.socket, data: bytes) -> None:
    try:
        one.sendall(data)
    except OSError:
        return  # gone already


def _shut(one: socket.socket) -> None:
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster
