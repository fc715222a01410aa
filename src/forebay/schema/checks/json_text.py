"""JSON texts, and what Prisma's reader says of the first place where one is none.

The reader counts columns in bytes, from the byte it had taken when it gave up.
"""

_SPACE = b" \t\n\r"
_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"
_ESCAPES = b'"\\/bfnrt'
_WORDS = {0x6E: b"null", 0x74: b"true", 0x66: b"false"}
_DEEPEST = 127
_LARGEST_EXPONENT = 2**31 - 1

_EOF_VALUE = "EOF while parsing a value"
_EOF_STRING = "EOF while parsing a string"
_EOF_LIST = "EOF while parsing a list"
_EOF_OBJECT = "EOF while parsing an object"


def json_problem(text: str) -> str | None:
    """Return what is wrong with a JSON text."""
    reader = _Reader(text.encode())
    try:
        reader.document()
    except _WrongError as error:
        return str(error)
    return None


class _WrongError(Exception):
    """The text is no JSON."""


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._depth = 0

    def document(self) -> None:
        self._value()
        if self._peek() is not None:
            raise self._wrong("trailing characters", ahead=1)

    def _wrong(self, what: str, *, ahead: int = 0) -> _WrongError:
        at = min(len(self._raw), self._at + ahead)
        line = self._raw.count(b"\n", 0, at) + 1
        column = at - (self._raw.rfind(b"\n", 0, at) + 1)
        return _WrongError(f"{what} at line {line} column {column}")

    def _peek(self) -> int | None:
        """Skip white space, and return the byte behind it."""
        raw = self._raw
        while self._at < len(raw) and raw[self._at] in _SPACE:
            self._at += 1
        return raw[self._at] if self._at < len(raw) else None

    def _byte(self) -> int | None:
        return self._raw[self._at] if self._at < len(self._raw) else None

    def _value(self) -> None:
        byte = self._peek()
        if byte is None:
            raise self._wrong(_EOF_VALUE, ahead=1)
        if byte in _WORDS:
            self._word(_WORDS[byte])
        elif byte == 0x22:
            self._at += 1
            self._string()
        elif byte in _DIGITS or byte == 0x2D:
            self._number()
        elif byte in b"[{":
            if self._depth >= _DEEPEST:
                raise self._wrong("recursion limit exceeded", ahead=1)
            self._depth += 1
            self._at += 1
            self._list() if byte == 0x5B else self._object()
            self._depth -= 1
        else:
            raise self._wrong("expected value", ahead=1)

    def _word(self, word: bytes) -> None:
        self._at += 1
        for expected in word[1:]:
            byte = self._byte()
            if byte is None:
                raise self._wrong(_EOF_VALUE)
            self._at += 1
            if byte != expected:
                raise self._wrong("expected ident")

    def _number(self) -> None:
        start = self._at
        if self._byte() == 0x2D:
            self._at += 1
        first = self._byte()
        if first is None:
            raise self._wrong(_EOF_VALUE)
        self._at += 1
        if first not in _DIGITS:
            raise self._wrong("invalid number")
        if first == 0x30 and (following := self._byte()) is not None and following in _DIGITS:
            raise self._wrong("invalid number", ahead=1)
        self._digits()
        if self._byte() == 0x2E:
            self._at += 1
            if not self._digits():
                what = _EOF_VALUE if self._byte() is None else "invalid number"
                raise self._wrong(what, ahead=1)
        if (byte := self._byte()) is not None and byte in b"eE":
            self._exponent(start)
        if float(self._raw[start : self._at]) in (float("inf"), float("-inf")):
            raise self._wrong("number out of range")

    def _exponent(self, start: int) -> None:
        is_zero = not self._raw[start : self._at].strip(b"-0.")
        self._at += 1
        sign = self._byte()
        if sign is not None and sign in b"+-":
            self._at += 1
        byte = self._byte()
        if byte is None:
            raise self._wrong(_EOF_VALUE)
        exponent = 0
        first = True
        while (byte := self._byte()) is not None and byte in _DIGITS:
            self._at += 1
            first = False
            exponent = exponent * 10 + byte - 0x30
            if exponent > _LARGEST_EXPONENT and not is_zero and sign != 0x2D:
                raise self._wrong("number out of range")
        if first:
            self._at += 1
            raise self._wrong("invalid number")

    def _digits(self) -> bool:
        start = self._at
        while (byte := self._byte()) is not None and byte in _DIGITS:
            self._at += 1
        return self._at > start

    def _list(self) -> None:
        is_first = True
        while True:
            byte = self._peek()
            if byte is None:
                raise self._wrong(_EOF_LIST, ahead=1)
            if byte == 0x5D:
                self._at += 1
                return
            if not is_first:
                if byte != 0x2C:
                    raise self._wrong("expected `,` or `]`", ahead=1)
                self._at += 1
                if self._peek() == 0x5D:
                    raise self._wrong("trailing comma", ahead=1)
            is_first = False
            self._value()

    def _object(self) -> None:
        is_first = True
        while True:
            byte = self._peek()
            if byte is None:
                raise self._wrong(_EOF_OBJECT, ahead=1)
            if byte == 0x7D:
                self._at += 1
                return
            if not is_first:
                if byte != 0x2C:
                    raise self._wrong("expected `,` or `}`", ahead=1)
                self._at += 1
                byte = self._peek()
                if byte is None:
                    raise self._wrong(_EOF_VALUE, ahead=1)
                if byte == 0x7D:
                    raise self._wrong("trailing comma", ahead=1)
            is_first = False
            if byte != 0x22:
                raise self._wrong("key must be a string", ahead=1)
            self._at += 1
            self._string()
            colon = self._peek()
            if colon != 0x3A:
                raise self._wrong(_EOF_OBJECT if colon is None else "expected `:`", ahead=1)
            self._at += 1
            self._value()

    def _string(self) -> None:
        while True:
            byte = self._byte()
            if byte is None:
                raise self._wrong(_EOF_STRING)
            self._at += 1
            if byte == 0x22:
                return
            if byte == 0x5C:
                self._escape()
            elif byte < 0x20:
                raise self._wrong(
                    "control character (\\u0000-\\u001F) found while parsing a string"
                )

    def _escape(self) -> None:
        byte = self._byte()
        if byte is None:
            raise self._wrong(_EOF_STRING)
        self._at += 1
        if byte in _ESCAPES:
            return
        if byte != 0x75:
            raise self._wrong("invalid escape")
        first = self._unit()
        if 0xDC00 <= first <= 0xDFFF:
            raise self._wrong("lone leading surrogate in hex escape")
        if not 0xD800 <= first <= 0xDBFF:
            return
        for expected in b"\\u":
            byte = self._byte()
            if byte is None:
                raise self._wrong(_EOF_STRING)
            self._at += 1
            if byte != expected:
                raise self._wrong("unexpected end of hex escape")
        if not 0xDC00 <= self._unit() <= 0xDFFF:
            raise self._wrong("lone leading surrogate in hex escape")

    def _unit(self) -> int:
        if self._at + 4 > len(self._raw):
            self._at = len(self._raw)
            raise self._wrong(_EOF_STRING)
        unit = 0
        for _ in range(4):
            byte = self._raw[self._at]
            self._at += 1
            if byte not in _HEX:
                raise self._wrong("invalid escape")
            unit = unit * 16 + int(chr(byte), 16)
        return unit
