"""Reads the backend's messages of protocol 3; each has one line that a test can compare."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_NAMES = {
    "1": "ParseComplete",
    "2": "BindComplete",
    "3": "CloseComplete",
    "A": "NotificationResponse",
    "C": "CommandComplete",
    "D": "DataRow",
    "E": "ErrorResponse",
    "G": "CopyInResponse",
    "H": "CopyOutResponse",
    "I": "EmptyQueryResponse",
    "K": "BackendKeyData",
    "N": "NoticeResponse",
    "R": "Authentication",
    "S": "ParameterStatus",
    "T": "RowDescription",
    "V": "FunctionCallResponse",
    "Z": "ReadyForQuery",
    "c": "CopyDone",
    "d": "CopyData",
    "n": "NoData",
    "s": "PortalSuspended",
    "t": "ParameterDescription",
    "v": "NegotiateProtocolVersion",
}
_LONGEST_LINE = 200


@dataclass(frozen=True)
class Reply:
    """One message of the backend."""

    tag: str
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an ErrorResponse or NoticeResponse, by their letters."""
        parts = self.body.split(b"\0")
        return {part[:1].decode(): part[1:].decode() for part in parts if part}

    @property
    def values(self) -> list[str | None]:
        """The values of a DataRow in text form."""
        (count,) = struct.unpack_from("!H", self.body)
        offset, values = 2, []
        for _ in range(count):
            (length,) = struct.unpack_from("!i", self.body, offset)
            offset += 4
            value = None if length < 0 else self.body[offset : offset + length].decode()
            offset += max(length, 0)
            values.append(value)
        return values

    @property
    def line(self) -> str:
        """The message in words, shortened when it is very long."""
        detail = _DETAILS.get(self.tag, _nothing)(self)
        name = _NAMES.get(self.tag, self.tag)
        text = f"{name} {detail}" if detail else name
        if len(text) > _LONGEST_LINE:
            return f"{text[:_LONGEST_LINE]}… ({len(text)})"
        return text


def lines(replies: Iterable[Reply]) -> list[str]:
    """Write replies one line each."""
    return [reply.line for reply in replies]


def rows(replies: Iterable[Reply]) -> list[list[str | None]]:
    """Pick the rows out of replies."""
    return [reply.values for reply in replies if reply.tag == "D"]


def errors(replies: Iterable[Reply]) -> list[str]:
    """Pick the SQLSTATEs of errors out of replies."""
    return [reply.fields["C"] for reply in replies if reply.tag == "E"]


def _nothing(_reply: Reply) -> str:
    return ""


def _string(reply: Reply) -> str:
    return reply.body.rstrip(b"\0").decode()


def _report(reply: Reply) -> str:
    return f"{reply.fields['S']} {reply.fields['C']} {reply.fields['M']}"


def _columns(reply: Reply) -> str:
    (count,) = struct.unpack_from("!H", reply.body)
    offset, names = 2, []
    for _ in range(count):
        end = reply.body.index(b"\0", offset)
        names.append(reply.body[offset:end].decode())
        offset = end + 19
    return ",".join(names)


def _row(reply: Reply) -> str:
    return "|".join("null" if value is None else value for value in reply.values)


def _types(reply: Reply) -> str:
    (count,) = struct.unpack_from("!H", reply.body)
    return ",".join(str(oid) for oid in struct.unpack_from(f"!{count}I", reply.body, 2))


def _pair(reply: Reply) -> str:
    name, value, _ = reply.body.split(b"\0", 2)
    return f"{name.decode()}={value.decode()}"


def _number(reply: Reply) -> str:
    return str(struct.unpack_from("!I", reply.body)[0])


def _version(reply: Reply) -> str:
    protocol, count = struct.unpack_from("!II", reply.body)
    names = [name.decode() for name in reply.body[8:].split(b"\0")[:count]]
    return f"{protocol >> 16}.{protocol & 0xFFFF} {','.join(names)}".rstrip()


def _hexadecimal(reply: Reply) -> str:
    return reply.body.hex()


_DETAILS: dict[str, Callable[[Reply], str]] = {
    "C": _string,
    "D": _row,
    "E": _report,
    "N": _report,
    "R": _number,
    "S": _pair,
    "T": _columns,
    "V": _hexadecimal,
    "Z": _string,
    "d": _string,
    "t": _types,
    "v": _version,
}
