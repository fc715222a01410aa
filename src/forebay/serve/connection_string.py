"""PgBouncer's connection strings: `host=h password='it''s'` to pairs, and back."""

from collections.abc import Iterable

# Only the blank separates here: a tab is part of a value.
_BLANK = " "


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """Return the pairs in order.

    Raises:
        ValueError: it has another form; nothing of it is repeated, because it may be a password.
    """
    pairs: list[tuple[str, str]] = []
    at = _skip(text, 0)
    while at < len(text):
        name, at = _name(text, at)
        value, at = _value(text, _skip(text, at), len(pairs) + 1)
        pairs.append((name, value))
        at = _skip(text, at)
    return pairs


def write_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the text that `parse_pairs` reads as these pairs.

    Raises:
        ValueError: a value is empty, or holds a line end or NUL: this form has no way to say it.
    """
    return " ".join(f"{name}={_written(value)}" for name, value in pairs)


def _written(value: str) -> str:
    if not value:
        raise ValueError("an empty value cannot be written in a connection string")
    if any(character in value for character in "\n\0"):
        raise ValueError("a value with a line end or NUL cannot be written in an ini file")
    # Quoted too when it ends in white space, which the end of a line would lose.
    is_plain = not value.startswith("'") and not any(each.isspace() for each in value)
    return value if is_plain else "'" + value.replace("'", "''") + "'"


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] == _BLANK:
        at += 1
    return at


def _name(text: str, at: int) -> tuple[str, int]:
    start = at
    while text[at : at + 1] not in ("", "=", _BLANK):
        at += 1
    end = at
    at = _skip(text, at)
    if text[at : at + 1] != "=" or start == end:
        raise ValueError(
            "must be name=value pairs with blanks between them, and one of them has no ="
        )
    return text[start:end], at + 1


def _value(text: str, at: int, number: int) -> tuple[str, int]:
    if text[at : at + 1] == "'":
        value, at = _unquoted(text, at + 1, number)
    else:
        start = at
        while text[at : at + 1] not in ("", _BLANK):
            at += 1
        value = text[start:at]
    if not value:
        raise ValueError(f"pair {number} has an empty value")
    if text[at : at + 1] not in ("", _BLANK):
        # PgBouncer drops the character that stands there, which nobody can mean.
        raise ValueError(f"pair {number} goes on after its closing quote; a quote is written ''")
    return value, at


def _unquoted(text: str, at: int, number: int) -> tuple[str, int]:
    parts: list[str] = []
    while True:
        end = text.find("'", at)
        if end < 0:
            raise ValueError(f"pair {number} has a quote that never ends")
        parts.append(text[at:end])
        if text[end + 1 : end + 2] != "'":
            return "".join(parts), end + 1
        parts.append("'")
        at = end + 2
