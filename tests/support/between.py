"""Somebody between who ends TLS on one side and begins it anew on the other."""

import select
import socket
import ssl
import struct
import threading
from contextlib import suppress
from typing import Self

from tests.support.certificates import Pair

SSL_REQUEST = struct.pack("!II", 8, 80877103)
_PLUS = b"SCRAM-SHA-256-PLUS\0"


class Between:
    """Listens on a port of its own, with a certificate of its own, and passes everything on.

    With `strips` it takes out of what the server says that SCRAM-SHA-256-PLUS is offered.
    """

    def __init__(self, target: tuple[str, int], pair: Pair, *, strips: bool) -> None:
        self._target = target
        self._strips = strips
        self._inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._inside.load_cert_chain(pair.certificate, pair.key)
        self._outside = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._outside.check_hostname = False
        self._outside.verify_mode = ssl.CERT_NONE
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._sessions: list[threading.Thread] = []

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                session = threading.Thread(target=self._carry, args=(client,))
                session.start()
                self._sessions.append(session)

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server, suppress(OSError):
            assert client.recv(8) == SSL_REQUEST
            client.sendall(b"S")
            server.sendall(SSL_REQUEST)
            assert server.recv(1) == b"S"
            with (
                self._inside.wrap_socket(client, server_side=True) as near,
                self._outside.wrap_socket(server) as far,
            ):
                self._pump(near, far)

    def _pump(self, near: ssl.SSLSocket, far: ssl.SSLSocket) -> None:
        other = {near: far, far: near}
        while True:
            for source in select.select([near, far], [], [])[0]:
                data = source.recv(65536)
                while source.pending():
                    data += source.recv(65536)
                if not data:
                    return
                if self._strips and source is far:
                    data = _without_plus(data)
                other[source].sendall(data)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake the thread that waits in accept.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for session in self._sessions:
            session.join()


def _without_plus(data: bytes) -> bytes:
    if data[:1] != b"R" or _PLUS not in data:
        return data
    (length,) = struct.unpack_from("!I", data, 1)
    return b"R" + struct.pack("!I", length - len(_PLUS)) + data[5:].replace(_PLUS, b"")
