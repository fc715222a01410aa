"""Builds the frontend's messages of protocol 3, byte for byte: one function, one message."""

import struct
from collections.abc import Sequence

PROTOCOL_3_0 = 3 << 16
PROTOCOL_3_2 = PROTOCOL_3_0 + 2
_CANCEL_CODE = 80877102
_SSL_CODE = 80877103
_GSS_CODE = 80877104


def startup(protocol: int = PROTOCOL_3_0, **parameters: str) -> bytes:
    """Open a session; `pq_` at the head of a name stands for the protocol's `_pq_.`."""
    body = struct.pack("!I", protocol)
    for name, value in parameters.items():
        wire_name = f"_pq_.{name[3:]}" if name.startswith("pq_") else name
        body += _text(wire_name) + _text(value)
    return _untagged(body + b"\0")


def ssl_request() -> bytes:
    """Ask for TLS."""
    return _untagged(struct.pack("!I", _SSL_CODE))


def gss_request() -> bytes:
    """Ask for GSSAPI encryption."""
    return _untagged(struct.pack("!I", _GSS_CODE))


def cancel_request(key: bytes) -> bytes:
    """Cancel what the owner of `key`, the body of its BackendKeyData, is running."""
    return _untagged(struct.pack("!I", _CANCEL_CODE) + key)


def query(sql: str) -> bytes:
    """Run a simple query."""
    return tagged(b"Q", _text(sql))


def parse(sql: str, name: str = "", types: Sequence[int] = ()) -> bytes:
    """Prepare a statement."""
    return tagged(
        b"P", _text(name) + _text(sql) + struct.pack(f"!H{len(types)}I", len(types), *types)
    )


def bind(statement: str = "", *values: str | None, portal: str = "") -> bytes:
    """Make a portal of a statement and values in text form."""
    body = _text(portal) + _text(statement) + struct.pack("!HH", 0, len(values))
    for value in values:
        if value is None:
            body += struct.pack("!i", -1)
        else:
            encoded = value.encode()
            body += struct.pack("!i", len(encoded)) + encoded
    return tagged(b"B", body + struct.pack("!H", 0))


def describe_statement(name: str = "") -> bytes:
    """Ask for a statement's parameters and columns."""
    return tagged(b"D", b"S" + _text(name))


def describe_portal(name: str = "") -> bytes:
    """Ask for a portal's columns."""
    return tagged(b"D", b"P" + _text(name))


def execute(portal: str = "", rows: int = 0) -> bytes:
    """Run a portal, to its end or for a number of rows."""
    return tagged(b"E", _text(portal) + struct.pack("!I", rows))


def close_statement(name: str = "") -> bytes:
    """Forget a statement."""
    return tagged(b"C", b"S" + _text(name))


def close_portal(name: str = "") -> bytes:
    """Forget a portal."""
    return tagged(b"C", b"P" + _text(name))


def sync() -> bytes:
    """End a pipeline."""
    return tagged(b"S", b"")


def flush() -> bytes:
    """Ask for what has been answered so far."""
    return tagged(b"H", b"")


def terminate() -> bytes:
    """End the session."""
    return tagged(b"X", b"")


def copy_data(data: bytes) -> bytes:
    """Send a piece of COPY data."""
    return tagged(b"d", data)


def copy_done() -> bytes:
    """End COPY data well."""
    return tagged(b"c", b"")


def copy_fail(reason: str) -> bytes:
    """End COPY data with a failure."""
    return tagged(b"f", _text(reason))


def function_call(function: int, *arguments: bytes) -> bytes:
    """Call a function by its number with arguments in binary form, for a binary result."""
    body = struct.pack("!IHHH", function, 1, 1, len(arguments))
    for argument in arguments:
        body += struct.pack("!i", len(argument)) + argument
    return tagged(b"F", body + struct.pack("!H", 1))


def password(text: str) -> bytes:
    """Answer a request for a password."""
    return tagged(b"p", _text(text))


def tagged(tag: bytes, body: bytes) -> bytes:
    """Frame any message."""
    return tag + struct.pack("!I", len(body) + 4) + body


def _untagged(body: bytes) -> bytes:
    return struct.pack("!I", len(body) + 4) + body


def _text(value: str) -> bytes:
    return value.encode() + b"\0"
