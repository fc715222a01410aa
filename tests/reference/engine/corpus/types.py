"""Every native type: shown at three depths, written, compared, ordered, summed."""

from typing import Any

from tests.reference.engine.build import (
    Corpus,
    ask,
    big,
    blob,
    decimal,
    document,
    raw,
    special,
    summary,
    when,
)

CORPUS = Corpus("types")
add = CORPUS.add

BY_ID = {"id": "asc"}
IN_ORDER = {"orderBy": {"id": "asc"}}

add("depth 0", ask("findMany Thing", orderBy=BY_ID))
add("depth 1", ask("findMany Holder", orderBy=BY_ID, include={"things": IN_ORDER}))
add("depth 2", ask("findMany Top", orderBy=BY_ID, include={"holders": {**IN_ORDER, "include": {"things": IN_ORDER}}}))
add("depth 1 to-one", ask("findMany Thing", orderBy=BY_ID, include={"holder": {"include": {"top": {}}}}))
add("lists", ask("findMany Bunch", orderBy=BY_ID))

# What is written comes back, and stands in the table.
WRITTEN: dict[str, list[Any]] = {
    "small": [1, -32768, 32767, 32768],
    "int": [2147483647, -2147483648, 2147483648],
    "oid": [0, 2147483647],
    "big": [big(9223372036854775807), big(-9223372036854775808), 5, big(9223372036854775808)],
    "real": [0.1, 1.5, 3.4e38, 1e-40],
    "double": [0.1, 1e308, 5e-324, -0.0, 3, 123456789.123456789],
    "dec": [decimal("1.50"), decimal("-0.000000000000000000000000000001"), decimal("1e10"), 1.25, "7.0", decimal("12345678901234567890123456789012345.123456789012345678901234567891")],
    "decShort": [decimal("1.23456"), decimal("99999.999"), decimal("100000")],
    "money": [decimal("1.5"), decimal("-1234567.89"), decimal("0.005")],
    "bool": [True, False],
    "text": ["", "q' \"d\" \\ \n\t å 😀", "x" * 300],
    "varchar": ["12345678901234567890", "123456789012345678901"],
    "char": ["abc", "abcdef", "abcdefg"],
    "uuid": ["00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000A", "nonsense"],
    "inet": ["10.1.2.3", "10.0.0.0/8", "fe80::1", "not an address"],
    "bit": ["0110", "01100", "01"],
    "varbit": ["0110", "", "111111111"],
    "bytes": [blob(""), blob("AAECAwT/"), blob("not base64!")],
    "json": [document({"b": 1, "a": 2}), document(None), special("JsonNull"), special("DbNull"), document("text"), document(1e400 if False else 1.5e300)],
    "jsonb": [document({"b": 1, "a": [1.0, 12345678901234567890]}), special("JsonNull"), special("DbNull"), document("nul \u0000")],
    "stamp": [when("2024-02-29T12:34:56.789Z"), when("1969-12-31T23:59:59.999Z"), when("0001-01-01T00:00:00.000Z"), when("9999-12-31T23:59:59.999Z"), when("2024-02-29T12:34:56.789123Z"), when("2024-02-29T12:34:56+05:30"), "2024-02-29", when("2024-02-30T00:00:00Z")],
    "stampTz": [when("2024-02-29T12:34:56.789Z"), when("2024-02-29T12:34:56.789-08:00"), when("0001-01-01T00:00:00Z")],
    "date": [when("2024-02-29T00:00:00.000Z"), when("2024-02-29T23:59:59.999Z"), when("2024-02-29T23:00:00-05:00"), when("0001-01-01T00:00:00Z")],
    "time": [when("1970-01-01T12:34:56.789Z"), when("2024-02-29T23:59:59.999Z"), when("1970-01-01T12:34:56+02:00")],
    "timeTz": [when("1970-01-01T12:34:56.789Z"), when("1970-01-01T12:34:56+02:00")],
    "mood": ["HAPPY", "SAD", "very sad", "ANGRY"],
}
for field, values in WRITTEN.items():
    for number, value in enumerate([*values, None]):
        add(f"write {field} {number}", ask("createOne Thing", data={"id": 100, field: value}, select={field: True}))
        if number == 0:
            add(f"update {field}", ask("updateOne Thing", where={"id": 1}, data={field: value}, select={field: True}))
            add(f"update many {field}", ask("updateManyAndReturn Thing", where={"id": 1}, data={field: value}, select={field: True}))

# What is there is found by its value.
FOUND: dict[str, Any] = {
    "small": 1,
    "int": 1,
    "oid": 1,
    "big": big(9223372036854775807),
    "real": 0.1,
    "double": 0.1,
    "dec": decimal("1.5"),
    "decShort": decimal("1.5"),
    "money": decimal("1.5"),
    "bool": True,
    "text": "text",
    "varchar": "varchar",
    "char": "ch",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "inet": "10.0.0.1",
    "bit": "1010",
    "varbit": "101",
    "bytes": blob("aGk="),
    "jsonb": document({"a": [1.0, 1000], "b": 1}),
    "stamp": when("2024-02-29T12:34:56.789Z"),
    "stampTz": when("2024-02-29T10:34:56.789123Z"),
    "date": when("2024-02-29T00:00:00Z"),
    "time": when("1970-01-01T12:34:56.789123Z"),
    "timeTz": when("1970-01-01T10:34:56.789Z"),
    "mood": "SAD",
}
for field, value in FOUND.items():
    add(f"find {field}", ask("findMany Thing", where={field: value}, orderBy=BY_ID, select={"id": True}))
    add(f"find not {field}", ask("findMany Thing", where={field: {"not": value}}, orderBy=BY_ID, select={"id": True}))
    if field not in ("jsonb",):
        add(f"find in {field}", ask("findMany Thing", where={field: {"in": [value]}}, orderBy=BY_ID, select={"id": True}))
    if field not in ("jsonb", "bool", "bytes", "mood"):
        add(f"find lte {field}", ask("findMany Thing", where={field: {"lte": value}}, orderBy=BY_ID, select={"id": True}))
    add(f"order {field}", ask("findMany Thing", orderBy=[{field: "asc"}, BY_ID], select={"id": True}))
add("find uuid nonsense", ask("findMany Thing", where={"uuid": "nonsense"}))
add("find uuid contains", ask("findMany Thing", where={"uuid": {"contains": "0000"}}))
add("find char padded", ask("findMany Thing", where={"char": "ch    "}, select={"id": True}))
add("find json column", ask("findMany Thing", where={"json": {"equals": document({"b": 1, "a": [1.0, 1000]})}}, select={"id": True}))

NUMBERS = ["small", "int", "big", "real", "double", "dec", "decShort"]
for kind in ("_sum", "_avg", "_min", "_max"):
    for field in [*NUMBERS, "money", "oid"]:
        add(f"{kind} {field}", summary("aggregate Thing", where={"id": {"in": [1, 3, 5]}}, **{kind: [field]}))
for field in ("text", "char", "varchar", "stamp", "stampTz", "date", "time", "timeTz", "mood", "uuid", "inet", "bool"):
    add(f"_max {field}", summary("aggregate Thing", _max=[field]))
for field in ("uuid", "stampTz", "dec", "mood", "date", "time", "bool", "real", "char", "bytes", "money", "big"):
    add(f"group by {field}", summary("groupBy Thing", by=[field], orderBy={field: "asc"}, _count=["_all"]))

LISTS: dict[str, tuple[list[Any], Any]] = {
    "smalls": ([1, -1], 1),
    "ints": ([1, 2, 3], 2),
    "bigs": ([big(9223372036854775807), big(0)], big(0)),
    "reals": ([0.1, 1.5], 1.5),
    "doubles": ([1e308, 0.1], 0.1),
    "decs": ([decimal("1.5"), decimal("0.000001"), decimal("100")], decimal("100")),
    "moneys": ([decimal("1.5"), decimal("2")], decimal("2")),
    "bools": ([True, False], True),
    "texts": (["a", "", "NULL_", 'q"\\,{}'], "a"),
    "varchars": (["v"], "v"),
    "uuids": (["00000000-0000-4000-8000-000000000001"], "00000000-0000-4000-8000-000000000001"),
    "inets": (["10.0.0.1", "::1"], "::1"),
    "bits": (["1010", "0101"], "0101"),
    "byteses": ([blob("aGk="), blob("")], blob("aGk=")),
    "jsonbs": ([document({"a": 1}), document(None), document([1])], document({"a": 1})),
    "stamps": ([when("2024-02-29T12:34:56.789Z")], when("2024-02-29T12:34:56.789Z")),
    "stampTzs": ([when("2024-02-29T10:34:56.789Z")], when("2024-02-29T10:34:56.789123Z")),
    "dates": ([when("2024-02-29T00:00:00Z"), when("0001-01-01T00:00:00Z")], when("2024-02-29T00:00:00Z")),
    "times": ([when("1970-01-01T12:34:56.789Z"), when("1970-01-01T00:00:00Z")], when("1970-01-01T00:00:00Z")),
    "moods": (["HAPPY", "SAD"], "SAD"),
}
for field, (whole, one) in LISTS.items():
    add(f"list {field} write", ask("createOne Bunch", data={field: whole}, select={field: True}))
    add(f"list {field} push", ask("updateOne Bunch", where={"id": 1}, data={field: {"push": one}}, select={field: True}))
    add(f"list {field} push to null", ask("updateOne Bunch", where={"id": 3}, data={field: {"push": [one, one]}}, select={field: True}))
    add(f"list {field} equals", ask("findMany Bunch", where={field: {"equals": whole}}, select={"id": True}))
    add(f"list {field} has", ask("findMany Bunch", where={field: {"has": one}}, select={"id": True}))
    add(f"list {field} hasSome", ask("findMany Bunch", where={field: {"hasSome": [one]}}, select={"id": True}))
    add(f"list {field} hasEvery", ask("findMany Bunch", where={field: {"hasEvery": [one]}}, select={"id": True}))
    add(f"list {field} isEmpty", ask("findMany Bunch", where={field: {"isEmpty": True}}, orderBy=BY_ID, select={"id": True}))
add("create many mixed", ask("createManyAndReturn Thing", data=[{"id": 50, "dec": decimal("1.10"), "stamp": when("2020-01-01T00:00:00Z"), "bytes": blob("aGk=")}, {"id": 51, "mood": "SAD", "uuid": "00000000-0000-4000-8000-0000000000aa"}, {"id": 52}]))

# What other programs may have left, shown at every depth.
LEFT = {
    "real": ["'NaN'", "'Infinity'"],
    "double": ["'NaN'", "'-Infinity'", "-0.0"],
    "dec": ["'NaN'", "1e20", "0.000000000000000000000000000000"],
    "stamp": ["'infinity'", "'-infinity'", "'0044-03-15 12:00:00 BC'", "'12024-01-01 00:00:00'"],
    "stampTz": ["'infinity'", "'0044-03-15 12:00:00+00 BC'", "'1890-01-01 00:00:00+00:19:32'"],
    "date": ["'infinity'", "'0044-03-15 BC'", "'12024-01-01'"],
    "time": ["'24:00:00'"],
    "timeTz": ["'24:00:00+00'", "'12:00:00+05:45'"],
    "json": ["'null'", "'1.10'", "'{\"a\": 1, \"a\": 2}'", "NULL"],
    "jsonb": ["'null'", "NULL", "'123456789012345678901234567890'"],
    "money": ["1234.5", "-1"],
    "bit": ["B'0000'"],
    "big": ["9223372036854775807"],
    "char": ["'a'"],
    "oid": ["4294967295"],
    "uuid": ["'FFFFFFFF-0000-4000-8000-00000000000A'"],
    "inet": ["'10.0.0.1/8'", "'::ffff:1.2.3.4'"],
}
ONE = {"where": {"id": 1}}
for field, texts in LEFT.items():
    there = {**ONE, "select": {field: True}}
    for text in texts:
        add(
            f"left {field} {text}",
            raw("executeRaw", f'UPDATE "Thing" SET "{field}" = {text} WHERE id = 1'),
            ask("findUnique Thing", **there),
            ask("findUnique Holder", **ONE, select={"things": there}),
            ask("findUnique Top", **ONE, select={"holders": {**ONE, "select": {"things": there}}}),
        )
