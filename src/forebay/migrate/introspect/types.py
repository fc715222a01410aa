"""PostgreSQL's types as Prisma names them, and defaults as PostgreSQL prints them."""

from __future__ import annotations

import re

from forebay.migrate.database import Default, Type

# The catalog's name: Prisma's name in SQL, and the scalar.
NAMES = {
    "int2": ("SMALLINT", "Int"),
    "int4": ("INTEGER", "Int"),
    "int8": ("BIGINT", "BigInt"),
    "oid": ("OID", "Int"),
    "float4": ("REAL", "Float"),
    "float8": ("DOUBLE PRECISION", "Float"),
    "numeric": ("DECIMAL", "Decimal"),
    "money": ("MONEY", "Decimal"),
    "bool": ("BOOLEAN", "Boolean"),
    "text": ("TEXT", "String"),
    "varchar": ("VARCHAR", "String"),
    "bpchar": ("CHAR", "String"),
    "char": ("CHAR", "String"),
    "citext": ("CITEXT", "String"),
    "uuid": ("UUID", "String"),
    "inet": ("INET", "String"),
    "bit": ("BIT", "String"),
    "varbit": ("VARBIT", "String"),
    "xml": ("XML", "String"),
    "bytea": ("BYTEA", "Bytes"),
    "json": ("JSON", "Json"),
    "jsonb": ("JSONB", "Json"),
    "timestamp": ("TIMESTAMP", "DateTime"),
    "timestamptz": ("TIMESTAMPTZ", "DateTime"),
    "date": ("DATE", "DateTime"),
    "time": ("TIME", "DateTime"),
    "timetz": ("TIMETZ", "DateTime"),
}
_LENGTHS = frozenset({"varchar", "bpchar"})
_BITS = frozenset({"bit", "varbit"})
_PRECISIONS = frozenset({"timestamp", "timestamptz", "time", "timetz"})
_DEFAULT_PRECISION = 6

_NEXT = re.compile(
    r"nextval\('(?P<name>(?:[^']|'')+)'::(?:regclass|text)(?:::text)?(?:\)::regclass)?\)"
)
_CAST = re.compile(
    r"""(?:::(?:"(?:[^"]|"")+"|[a-z_][\w $]*)(?:\.(?:"(?:[^"]|"")+"|\w+))?
    (?:\(\d+(?:,\s*\d+)?\))?(?:\ (?:with|without)\ time\ zone)?(?:\[\])?)+\Z""",
    re.VERBOSE,
)
_TEXT = re.compile(r"'(?:[^']|'')*'\Z")
_ESCAPED = re.compile(r"E'(?:[^'\\]|''|\\.)*'\Z")
_NUMBER = re.compile(r"\(?(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\)?\Z")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?\Z")
_ITEM = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?|[A-Za-z_][\w ]*?))(?:,|\Z)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_NOW = frozenset({"now()", "current_timestamp"})


def type_of(name: str, schema: str, kind: str, modifier: int, shown: str) -> Type:
    """Return the type of one value of a column; ``shown`` is PostgreSQL's own text of it."""
    if kind == "e":
        return Type(name, "enum", enum=(schema, name))
    known = NAMES.get(name)
    if (
        known is None
        or (shown.startswith("numeric(") and "-" in shown)
        or (schema != "pg_catalog" and name != "citext")
    ):
        return Type(shown.removesuffix("[]"), "unsupported")
    return Type(known[0], known[1], _arguments(name, modifier, shown))


def _arguments(name: str, modifier: int, shown: str) -> tuple[int, ...]:
    if name in _PRECISIONS and (modifier >= 0 or not shown.endswith("[]")):
        return (modifier if modifier >= 0 else _DEFAULT_PRECISION,)
    if modifier < 0:
        return ()
    if name == "numeric":
        return ((modifier - 4) >> 16, (modifier - 4) & 0xFFFF)
    if name in _LENGTHS:
        return (modifier - 4,)
    return (modifier,) if name in _BITS else ()


def default_of(text: str, type_: Type, is_list: bool) -> Default:
    """Return what PostgreSQL's text of a default means."""
    drawn = _NEXT.match(text)
    if drawn is not None and drawn.end() == len(text):
        return Default("sequence", _bare(drawn["name"].replace("''", "'")))
    if text.lower() in _NOW:
        return Default("now")
    if is_list:
        items = _items(text, type_)
        return Default("expression", text) if items is None else Default("list", items)
    literal = _literal(text, type_)
    return Default("expression", text) if literal is None else Default("literal", literal)


def _bare(name: str) -> str:
    """Return a sequence's name without its schema and quotes."""
    last: str = re.findall(r'"(?:[^"]|"")+"|[^.]+', name)[-1]
    return last[1:-1].replace('""', '"') if last.startswith('"') else last


def _literal(text: str, type_: Type) -> str | None:
    bare = _CAST.sub("", text)
    family = type_.family
    if family in ("Int", "BigInt", "Float", "Decimal"):
        if bare.startswith("'") and bare.endswith("'"):
            bare = bare[1:-1]
        found = _NUMBER.match(bare)
        # Prisma reads no brackets around an integer.
        is_bare = family in ("Float", "Decimal") or not bare.startswith("(")
        return found[1] if found and is_bare else None
    if family == "Boolean":
        return bare if bare in ("true", "false") else None
    if family == "unsupported":
        return None
    if _ESCAPED.match(bare):
        return "'" + re.sub(r"\\(.)", r"\1", bare[2:-1]) + "'"
    return bare if _TEXT.match(bare) else None


def _items(text: str, type_: Type) -> tuple[str, ...] | None:
    """Return the items of a list: PostgreSQL prints `ARRAY[…]`, or a text in braces."""
    bare = _CAST.sub("", text)
    if bare.startswith("ARRAY[") and bare.endswith("]"):
        parts = split(bare[6:-1])
        items = [_literal(part.strip(), type_) for part in parts if part.strip()]
        found = [item for item in items if item is not None]
        return tuple(found) if len(found) == len(items) else None
    parsed = braces(bare[1:-1]) if _TEXT.match(bare) else None
    if parsed is None:
        return None
    items = [_item(one, is_quoted, type_) for one, is_quoted in parsed]
    found = [item for item in items if item is not None]
    return tuple(found) if len(found) == len(items) else None


def _item(text: str, is_quoted: bool, type_: Type) -> str | None:
    """Return an item of a list in braces as SQL writes it."""
    if type_.family in ("Int", "BigInt", "Float", "Decimal"):
        return text if _PLAIN.match(text) else None
    if type_.family == "Boolean":
        return {"t": "true", "f": "false"}.get(text)
    if type_.family in ("String", "enum") and type_.name != "UUID":
        return f"'{text}'" if is_quoted or not _PLAIN.match(text) else None
    return None


def braces(text: str) -> list[tuple[str, bool]] | None:
    """Read what is between the quotes of `'{a,"b c"}'`, as far as Prisma does; None for the rest.

    Each item comes with whether it is in quotes. Lists of lists, NULL, and words that begin with
    no letter are nothing to it.
    """
    if not (text.startswith("{") and text.endswith("}")) or "'" in text:
        return None
    inner, at = text[1:-1], 0
    out: list[tuple[str, bool]] = []
    while at < len(inner):
        found = _ITEM.match(inner, at)
        if found is None or (found[2] or "").upper() == "NULL":
            return None
        item = found[2] if found[1] is None else _ESCAPE.sub(r"\1", found[1])
        out.append((item, found[1] is not None))
        at = found.end()
    return out


def split(text: str) -> list[str]:
    """Split at the commas that are not inside quotes or brackets."""
    parts, start, depth, quote = [], 0, 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]
