"""Values as an ini file writes them: text to what the registry takes, and back.

Numbers, times and choices follow PgBouncer's own reading: 0x and 0 begin other bases, a time is a
number of seconds, and case does not matter in a choice.
"""

import re
from collections.abc import Callable
from typing import Any

from forebay.postgres.secret import Secret
from forebay.serve.registry import SettingDescription
from forebay.serve.values import Kind

_NUMBER = re.compile(r"([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)")
_SECONDS = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FLAGS = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


def read_value(setting: SettingDescription, text: str) -> Any:
    """Return the value that a text of the section [pgbouncer] stands for.

    Raises:
        ValueError: the setting has no such value.
    """
    reader = _READERS.get(setting.kind)
    if reader is not None:
        return reader(text)
    if setting.kind is Kind.CHOICE:
        return _choice(setting, text)
    return text


def read_pair_value(setting: SettingDescription, text: str) -> Any:
    """Return the value that a text in a connection string stands for; None is *not set*.

    Raises:
        ValueError: the setting has no such value.
    """
    if setting.kind is Kind.NUMBER:
        if not re.fullmatch(r"-?[0-9]+", text):
            raise ValueError("must be a whole number")
        number = int(text)
        # PgBouncer marks what is not set by -1, and people write that too.
        return None if number < 0 and setting.default is None else number
    return read_value(setting, text)


def write_value(setting: SettingDescription, value: Any) -> str:
    """Return the text that stands for a value.

    Raises:
        ValueError: no text of an ini file does.
    """
    text = _text(setting, value)
    if any(character in text for character in "\n\0"):
        raise ValueError("a value with a line end or NUL cannot be written in an ini file")
    if text != text.strip(" \t\n\v\f\r"):
        raise ValueError("a value that begins or ends with blanks cannot be written in an ini file")
    return text


def _text(setting: SettingDescription, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list):
        # What stands for every address has one name here.
        return ", ".join("*" if each == "0.0.0.0" else each for each in value)  # noqa: S104
    if setting.kind is Kind.MODE:
        return f"{value:04o}"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _number(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError("must be a whole number")
    sign, digits = found.groups()
    if digits[:2] in ("0x", "0X"):
        base = 16
    else:
        base = 8 if digits.startswith("0") else 10
    try:
        return int(sign + digits, base)
    except ValueError:
        raise ValueError(
            "must be a whole number, and one that begins with 0 is octal in an ini file"
        ) from None


def _flag(text: str) -> bool:
    known = _FLAGS.get(text.lower())
    if known is not None:
        return known
    try:
        return _number(text) != 0
    except ValueError:
        raise ValueError("must be 0 or 1") from None


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text):
        raise ValueError("must be a number of seconds without a unit, and not negative")
    return float(text)


def _choice(setting: SettingDescription, text: str) -> str:
    for word in setting.choices:
        if word.lower() == text.lower():
            return word
    raise ValueError(f"must be one of {', '.join(setting.choices)}")


_READERS: dict[Kind, Callable[[str], Any]] = {
    Kind.NUMBER: _number,
    Kind.MODE: _number,
    Kind.FLAG: _flag,
    Kind.DURATION: _seconds,
}
