"""What becomes of a column's values when its type changes: cast, cast at a risk, or lost.

The table follows Prisma's, because it decides between altering a column and making it anew: a
different answer is a different migration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from forebay.migrate.database import Column, Type

Cast: TypeAlias = Literal["safe", "risky", "impossible"]

_NUMBERS = {"SMALLINT", "INTEGER", "BIGINT", "DECIMAL", "REAL", "DOUBLE PRECISION"}
# How many characters the longest value takes as text, sign and point included.
_WIDTHS = {"SMALLINT": 4, "INTEGER": 11, "BIGINT": 20, "REAL": 47, "DOUBLE PRECISION": 317}
# How many digits before the point a decimal must have room for.
_DIGITS = {"SMALLINT": 3, "INTEGER": 10, "BIGINT": 19}
_WHOLE_DIGITS = {"SMALLINT": 2, "INTEGER": 9, "BIGINT": 18}
_MOMENTS = {
    "TIMESTAMP": ({"TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIME", "TIMETZ"}, 22),
    "TIMESTAMPTZ": ({"TIMESTAMP", "TIMESTAMPTZ", "DATE", "TIME", "TIMETZ"}, 27),
    "DATE": ({"TIMESTAMP", "TIMESTAMPTZ"}, 27),
    "TIME": ({"TIMETZ"}, 13),
    "TIMETZ": ({"TIMETZ", "TIME"}, 18),
}
_TEXTUAL = {
    "XML": set[str](),
    "JSON": {"JSONB"},
    "JSONB": {"JSON"},
}
_LONGEST_DECIMAL = (131072, 16383)


def cast(before: Column, after: Column) -> Cast | None:
    """Return how values get from one column to the other, None where nothing changes."""
    old, new = before.type, after.type
    if old.enum is not None or new.enum is not None:
        return None if old.enum == new.enum else "impossible"
    was_list, is_list = before.arity == "list", after.arity == "list"
    if was_list and not is_list:
        return _from_list(new)
    if is_list and not was_list:
        return "impossible"
    if old.family == "unsupported" or new.family == "unsupported":
        # What neither the schema nor Prisma has a name for is not compared.
        return None if old.family == new.family else "risky"
    if (old.name, old.arguments) == (new.name, new.arguments):
        return None
    return _native(old, new)


def _from_list(new: Type) -> Cast:
    if new.name == "TEXT" or (new.name == "VARCHAR" and not new.arguments):
        return "safe"
    return "risky" if new.name in ("VARCHAR", "CHAR") else "impossible"


def _native(old: Type, new: Type) -> Cast | None:
    if old.name in ("SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE PRECISION"):
        return _from_number(old, new)
    if old.name == "DECIMAL":
        return _from_decimal(old, new)
    if old.name in ("VARCHAR", "CHAR"):
        return _from_characters(old, new)
    if old.name in _MOMENTS:
        return _from_moment(old, new)
    if old.name in ("BIT", "VARBIT"):
        return _from_bits(old, new)
    return _from_other(old, new)


def _length(type_: Type) -> int | None:
    return type_.arguments[0] if type_.arguments else None


def _is_unlimited(type_: Type) -> bool:
    return type_.name == "TEXT" or (type_.name == "VARCHAR" and not type_.arguments)


def _from_number(old: Type, new: Type) -> Cast:
    order = ["SMALLINT", "INTEGER", "BIGINT"]
    if new.name == "TEXT":
        return "safe"
    if new.name in ("VARCHAR", "CHAR"):
        length = _length(new)
        if length is None:
            return "risky" if new.name == "CHAR" else "safe"
        return "risky" if length < _WIDTHS[old.name] else "safe"
    if new.name not in _NUMBERS:
        return "impossible"
    if old.name in order:
        if new.name in order:
            return "safe" if order.index(new.name) > order.index(old.name) else "risky"
        if new.name == "DECIMAL":
            if not new.arguments:
                return "safe"
            precision, scale = new.arguments
            return "risky" if precision - scale < _DIGITS[old.name] else "safe"
        return "safe"
    return "safe" if new.name == "DOUBLE PRECISION" else "risky"


def _from_decimal(old: Type, new: Type) -> Cast:
    if new.name == "TEXT":
        return "safe"
    if new.name in _WHOLE_DIGITS:
        if not old.arguments or old.arguments[1] > 0:
            return "risky"
        return "risky" if old.arguments[0] > _WHOLE_DIGITS[new.name] else "safe"
    if new.name == "DECIMAL":
        return _between_decimals(old.arguments, new.arguments)
    if new.name in ("REAL", "DOUBLE PRECISION"):
        return "risky"
    if new.name not in ("VARCHAR", "CHAR"):
        return "impossible"
    length = _length(new)
    if length is None:
        return "risky" if new.name == "CHAR" else "safe"
    if not old.arguments:
        return "risky" if length <= _LONGEST_DECIMAL[0] else "safe"
    precision, scale = old.arguments
    return "risky" if precision + (2 if scale > 0 else 1) > length else "safe"


def _between_decimals(old: tuple[int, ...], new: tuple[int, ...]) -> Cast:
    if not new:
        return "safe"
    if not old:
        is_smaller = new[0] < _LONGEST_DECIMAL[0] or new[1] < _LONGEST_DECIMAL[1]
        return "risky" if is_smaller else "safe"
    is_risky = old[0] - old[1] > new[0] - new[1] or old[1] > new[1]
    return "risky" if is_risky else "safe"


def _from_characters(old: Type, new: Type) -> Cast:
    if new.name == "TEXT":
        return "safe"
    if new.name not in ("VARCHAR", "CHAR"):
        return "impossible"
    before, after = _length(old), _length(new)
    if before is None:
        if old.name == "CHAR":
            return "safe"
        return "risky" if after is not None or new.name == "CHAR" else "safe"
    if after is None:
        return "risky" if before != 1 and new.name == "CHAR" else "safe"
    return "risky" if before > after else "safe"


def _from_moment(old: Type, new: Type) -> Cast | None:
    kinds, width = _MOMENTS[old.name]
    if _is_unlimited(new):
        return "safe"
    if new.name in ("VARCHAR", "CHAR"):
        length = _length(new)
        return "safe" if length is not None and length > width else "impossible"
    if new.name == old.name and old.name != "DATE" and (not new.arguments or not old.arguments):
        return None
    return "safe" if new.name in kinds else "impossible"


def _from_bits(old: Type, new: Type) -> Cast:
    before, after = _length(old), _length(new)
    if _is_unlimited(new):
        return "safe"
    if old.name == "BIT":
        if before is None:
            return "safe" if new.name in ("VARCHAR", "CHAR", "VARBIT") else "impossible"
        if new.name == "VARBIT" and after is None:
            return "safe"
        fits = after is not None and after >= before
        return "safe" if fits and new.name in ("VARCHAR", "VARBIT", "CHAR") else "impossible"
    return _from_varying_bits(before, new, after)


def _from_varying_bits(before: int | None, new: Type, after: int | None) -> Cast:
    if before is None:
        return "risky" if new.name in ("VARCHAR", "CHAR", "BIT") else "impossible"
    if new.name == "VARBIT":
        return "safe" if after is None or after > before else "impossible"
    if new.name in ("VARCHAR", "CHAR"):
        return "safe" if after is not None and after >= before else "risky"
    if new.name == "BIT":
        return "risky" if after is None or after <= before else "impossible"
    return "impossible"


def _from_other(old: Type, new: Type) -> Cast:
    if old.name in _OWN_RULES:
        return _OWN_RULES[old.name](new, _length(new))
    if _is_unlimited(new) or new.name in _TEXTUAL.get(old.name, ()):
        return "safe"
    return "risky" if new.name in ("VARCHAR", "CHAR") else "impossible"


def _is_text(type_: Type) -> bool:
    return type_.name in ("TEXT", "VARCHAR")


def _from_text(new: Type, length: int | None) -> Cast:
    if _is_unlimited(new) or new.name == "CITEXT":
        return "safe"
    return "risky" if new.name in ("VARCHAR", "CHAR") else "impossible"


def _from_bytes(new: Type, length: int | None) -> Cast:
    if _is_unlimited(new):
        return "safe"
    fits = new.name in ("VARCHAR", "CHAR") and length is not None and length > 2
    return "risky" if fits else "impossible"


def _from_boolean(new: Type, length: int | None) -> Cast:
    if _is_text(new):
        return "safe"
    if new.name == "CHAR" and length is not None and length > 3:
        return "safe" if length > 4 else "risky"
    return "impossible"


def _from_uuid(new: Type, length: int | None) -> Cast:
    fits = new.name in ("VARCHAR", "CHAR") and length is not None and length > 31
    return "safe" if _is_unlimited(new) or fits else "impossible"


_OWN_RULES: dict[str, Callable[[Type, int | None], Cast]] = {
    "INET": lambda new, _: "safe" if _is_text(new) or new.name == "CITEXT" else "impossible",
    "MONEY": lambda new, _: "safe" if _is_text(new) or new.name == "CITEXT" else "risky",
    "CITEXT": lambda new, _: "safe" if _is_text(new) else "risky",
    "OID": lambda new, _: (
        "safe" if _is_text(new) or new.name in ("BIGINT", "INTEGER") else "impossible"
    ),
    "TEXT": _from_text,
    "BYTEA": _from_bytes,
    "BOOLEAN": _from_boolean,
    "UUID": _from_uuid,
}
