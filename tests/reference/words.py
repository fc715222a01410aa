"""What random schemas are made of: names, types and values that go together."""

from __future__ import annotations

SINGULAR = (
    "User", "Post", "Comment", "Category", "Box", "News", "Person", "Order", "Invoice", "Address",
    "Product", "Tag", "Team", "Company", "Session", "Account", "Event", "Ticket", "Photo", "Child",
    "blog_post", "audit_log", "HTTPRequest", "Status", "A", "b", "Series", "Analysis", "X1",
)  # fmt: skip
FIELDS = (
    "name", "title", "email", "body", "count", "price", "createdAt", "updated_at", "isActive",
    "data", "kind", "slug", "position", "value", "note", "a", "b2", "URL", "first_name", "x",
    "publishedAt", "weight", "id_", "Meta", "enum", "type", "model", "aVeryLongNameOfAFieldIndeed",
)  # fmt: skip
VALUES = ("RED", "GREEN", "draft", "Published", "A", "b", "IN_PROGRESS", "X2", "none", "true")
TEXTS = ("", "x", "hello", "a b", "ü", "日本", "it's", r"a \"b\"", r"tab\t", "100%", r"line\nline")
REMARKS = ("a remark", "Grüße", "", " two  blanks", "@id", "TODO: {x}", "/ slash", "🎉")

# The scalar types, with the native types each may have.
NATIVE: dict[str, tuple[str, ...]] = {
    "Int": ("Integer", "SmallInt", "Oid"),
    "BigInt": ("BigInt",),
    "Float": ("Real", "DoublePrecision"),
    "Decimal": ("Decimal", "Decimal(10, 2)", "Decimal(65, 30)", "Money"),
    "Boolean": ("Boolean",),
    "String": (
        "Text", "VarChar", "VarChar(20)", "Char", "Char(3)", "Uuid", "Citext", "Inet", "Xml",
        "Bit", "Bit(8)", "VarBit", "VarBit(4)",
    ),
    "DateTime": (
        "Timestamp", "Timestamp(3)", "Timestamptz", "Timestamptz(6)", "Date", "Time", "Time(0)",
        "Timetz(2)",
    ),
    "Json": ("Json", "JsonB"),
    "Bytes": ("ByteA",),
}  # fmt: skip
SCALARS = tuple(NATIVE)

LITERALS: dict[str, tuple[str, ...]] = {
    "Int": ("0", "1", "-7", "2147483647"),
    "BigInt": ("0", "9223372036854775807", "-1"),
    "Float": ("0", "1.5", "-0.25", "3", "1.0", "100.10"),
    "Decimal": ("0", "12.345678901234567890", "-1", "10.00"),
    "Boolean": ("true", "false"),
    "String": tuple(f'"{text}"' for text in TEXTS),
    "DateTime": ('"2020-01-01T00:00:00Z"', '"2021-12-31T23:59:59.123+02:00"'),
    "Json": (r'"{}"', r'"[]"', r'"{\"a\": 1}"', '"null"', '"3"'),
    "Bytes": ('"aGVsbG8="', '""'),
}
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "Int": ("autoincrement()", 'dbgenerated("1")'),
    "BigInt": ("autoincrement()", "dbgenerated()"),
    "Float": ('dbgenerated("random()")',),
    "Decimal": ("dbgenerated()",),
    "Boolean": ('dbgenerated("true")',),
    "String": (
        "cuid()", "cuid(2)", "uuid()", "uuid(4)", "uuid(7)", "ulid()", "nanoid()", "nanoid(9)",
        'dbgenerated("gen_random_uuid()")',
    ),
    "DateTime": ("now()", 'dbgenerated("now()")'),
    "Json": ("dbgenerated(\"'{}'\")",),
    "Bytes": ("dbgenerated()",),
}  # fmt: skip
UNSUPPORTED = ("point", "tsvector", "circle", "int4range", "geometry(Point, 4326)", "hstore")
ACTIONS = ("Cascade", "Restrict", "NoAction", "SetNull", "SetDefault")
PREVIEW = (
    "views", "relationJoins", "nativeDistinct", "postgresqlExtensions", "strictUndefinedChecks",
    "fullTextSearchPostgres", "driverAdapters", "omitApi",
)  # fmt: skip
OPERATORS = (
    "JsonbOps", "JsonbPathOps", "ArrayOps", "TextOps", "InetOps", "Int4MinMaxOps", "Int4BloomOps",
    "TextBloomOps", 'raw("gin_trgm_ops")', "UuidMinMaxOps", "TimestampMinMaxOps", "Float8BloomOps",
    "ByteaMinMaxOps", "DateMinMaxOps", "Int8MinMaxMultiOps", "NumericBloomOps", "VarBitMinMaxOps",
)  # fmt: skip
INDEX_TYPES = ("BTree", "Hash", "Gin", "Gist", "SpGist", "Brin")
