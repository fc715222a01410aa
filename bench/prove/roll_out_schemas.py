"""Schemas that change a little, as migrations change them, and rows for the databases of both."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import psycopg

from forebay.migrate.database import Column, Database, Table
from forebay.migrate.render import qualified, quoted
from forebay.schema.check import check
from forebay.schema.model import Schema
from tests.reference import words
from tests.reference.generate import Column as Field
from tests.reference.generate import Maker
from tests.reference.generate import Table as Model
from tests.reference.migrate.pairs import without_the_absent

ROWS = 4
_MOST_TRIES = 30


@dataclass
class Change:
    """What a schema was, and what it becomes."""

    seed: int
    before: Schema
    after: Schema
    kinds: list[str] = field(default_factory=list)
    texts: tuple[str, str] = ("", "")


def changes(first: int) -> Iterator[Change]:
    """Yield random changes of random schemas."""
    seed = first
    while True:
        seed += 1
        found = _change(seed)
        if found is not None:
            yield found


def _change(seed: int) -> Change | None:
    maker = Maker(seed)
    maker.text()
    for table in maker.tables:
        table.is_view = False
    before = _checked(maker)
    if before is None:
        return None
    chance = random.Random(seed)  # noqa: S311 - it is to be the same again
    for _ in range(_MOST_TRIES):
        other = deepcopy(maker)
        other.chance = chance
        names = chance.choices(sorted(_CHANGES), k=chance.choice((1, 1, 2, 3)))
        for name in names:
            _CHANGES[name](chance, other)
        after = _checked(other)
        if after is not None and _text(other) != _text(maker):
            return Change(seed, before, after, names, (_text(maker), _text(other)))
    return None


def _checked(maker: Maker) -> Schema | None:
    checked = check((("schema.prisma", without_the_absent(_text(maker))),), 7)
    return None if checked.errors else checked.schema


def _text(maker: Maker) -> str:
    mode = '  relationMode = "prisma"\n' if getattr(maker, "emulates", False) else ""
    out = [f'datasource db {{\n  provider = "postgresql"\n{mode}}}']
    for table in maker.tables:
        lines = [" ".join(column.words) for column in table.columns] + table.attributes
        out.append(f"model {table.name} {{\n" + "".join(f"  {one}\n" for one in lines) + "}")
    for name, values in maker.enums.items():
        out.append(f"enum {name} {{\n" + "".join(f"  {one}\n" for one in values) + "}")
    return "\n\n".join(out) + "\n"


# Changes. One that has nothing to change leaves everything as it is.


def _some(chance: random.Random, maker: Maker, *, plain: bool = True) -> tuple[Model, Field] | None:
    """Choose a field that is no part of a key, a relation or an index."""
    found = []
    for table in maker.tables:
        used = " ".join(table.attributes) + " ".join(
            " ".join(one.attributes) for one in table.columns if one.type in _names(maker)
        )
        for column in table.columns[1:]:
            is_scalar = column.type in words.NATIVE or column.type in maker.enums
            if is_scalar and not re.search(rf"\b{column.name}\b", used):
                found.append((table, column))
    return chance.choice(found) if found else None


def _names(maker: Maker) -> set[str]:
    return {table.name for table in maker.tables}


def _drop_field(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is not None:
        found[0].columns.remove(found[1])


def _add_field(chance: random.Random, maker: Maker) -> None:
    table = chance.choice(maker.tables)
    table.columns.append(maker.column(table.free_name(chance, "added")))


def _rename(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is not None:
        _without(found[1], "@map")
        if chance.random() < 0.5:
            found[1].name = found[0].free_name(chance, "renamed")
        else:
            found[1].attributes.append('@map("renamed_")')


def _retype(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is not None:
        other = maker.column(found[1].name)
        other.arity = found[1].arity if chance.random() < 0.8 else other.arity
        if other.arity == "[]":
            _without(other, "@unique")
        found[0].columns[found[0].columns.index(found[1])] = other


def _renative(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is not None and found[1].type in words.NATIVE:
        found[1].native = chance.choice(("", *words.NATIVE[found[1].type]))


def _rearity(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is not None:
        _without(found[1], "@default")
        _without(found[1], "@unique")
        _without(found[1], "@updatedAt")
        found[1].arity = chance.choice([one for one in ("", "?", "[]") if one != found[1].arity])


def _default(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is None or found[1].type in maker.enums:
        return
    if any(one.startswith("@default") for one in found[1].attributes):
        _without(found[1], "@default")
    else:
        found[1].attributes.append(f"@default({maker.value(found[1])})")


def _unique(chance: random.Random, maker: Maker) -> None:
    table = chance.choice(maker.tables)
    uniques = [one for one in table.attributes if one.startswith("@@unique")]
    if uniques and chance.random() < 0.5:
        table.attributes.remove(chance.choice(uniques))
        return
    column = chance.choice(table.columns)
    if "@unique" in " ".join(column.attributes):
        _without(column, "@unique")
    elif column.type in words.NATIVE and column.arity != "[]":
        column.attributes.append("@unique")


def _enum(chance: random.Random, maker: Maker) -> None:
    if not maker.enums:
        return
    values = maker.enums[chance.choice(sorted(maker.enums))]
    if len(values) > 1 and chance.random() < 0.5:
        values.remove(chance.choice(values))
    else:
        values.append(chance.choice([one for one in ("NEW_ONE", "Other2") if one not in values]))


def _drop_model(chance: random.Random, maker: Maker) -> None:
    if len(maker.tables) < 2:
        return
    gone = chance.choice(maker.tables)
    maker.tables.remove(gone)
    for table in maker.tables:
        table.columns = [one for one in table.columns if one.type != gone.name]


def _map_model(chance: random.Random, maker: Maker) -> None:
    table = chance.choice(maker.tables)
    table.attributes = [one for one in table.attributes if not one.startswith("@@map")]
    table.attributes.append(f'@@map("{table.name.lower()}_moved")')


def _relate(chance: random.Random, maker: Maker) -> None:
    maker.relations += 100
    maker.relation()


def _key_type(chance: random.Random, maker: Maker) -> None:
    """Change the type of a key, at times without the columns that refer to it."""
    table = chance.choice(maker.tables)
    key = table.columns[0]
    _without(key, "@default")
    key.type = chance.choice([one for one in ("Int", "String", "BigInt") if one != key.type])
    key.native = ""
    for other in maker.tables:
        for column in other.columns:
            if column.name.startswith(f"{table.name.lower()}_{key.name}"):
                column.type, column.native = key.type, ""


def _ignore(chance: random.Random, maker: Maker) -> None:
    if (found := _some(chance, maker)) is not None:
        if "@ignore" in found[1].attributes:
            found[1].attributes.remove("@ignore")
        else:
            found[1].attributes.append("@ignore")


def _emulate(chance: random.Random, maker: Maker) -> None:
    maker.emulates = not getattr(maker, "emulates", False)  # type: ignore[attr-defined]


def _without(column: Field, attribute: str) -> None:
    column.attributes = [one for one in column.attributes if not one.startswith(attribute)]


_CHANGES: dict[str, Callable[[random.Random, Maker], None]] = {
    "a field dropped": _drop_field,
    "a field added": _add_field,
    "a field renamed": _rename,
    "a field's type": _retype,
    "a field's native type": _renative,
    "a field's arity": _rearity,
    "a default": _default,
    "a unique": _unique,
    "an enum's values": _enum,
    "a model dropped": _drop_model,
    "a table renamed": _map_model,
    "a relation": _relate,
    "a key's type": _key_type,
    "a field ignored": _ignore,
    "foreign keys": _emulate,
}


# Rows


def fill(connection: psycopg.Connection[object], database: Database) -> None:
    """Fill every table with the same keys, so that all that refer to each other find each other.

    One more row has NULL wherever it may, and an enum's values all have one.
    """
    connection.execute("set session_replication_role = replica")
    longest = max((len(one.values) for one in database.enums), default=0)
    members = {one.name: one.values for one in database.enums}
    for table in database.tables:
        for row in range(1, max(ROWS, longest) + 1):
            _insert(connection, table, row, members, nulls=False)
        _insert(connection, table, 50, members, nulls=True)
    # What a sequence gives next is none of those.
    connection.execute(
        "select setval(c.oid, 1000) from pg_class c"
        " where c.relkind = 'S' and c.relnamespace = 'public'::regnamespace"
    )


def _insert(
    connection: psycopg.Connection[object],
    table: Table,
    row: int,
    members: dict[str, tuple[str, ...]],
    *,
    nulls: bool,
) -> None:
    columns = table.columns
    names = ", ".join(quoted(one.name) for one in columns)
    values = [
        None if nulls and one.arity == "nullable" else _of(one, row, members) for one in columns
    ]
    marks = ", ".join(["%s"] * len(values))
    body = f"({names}) values ({marks})" if columns else "default values"
    name = qualified(table.schema or table.home, table.name)
    connection.execute(f"insert into {name} {body} on conflict do nothing".encode(), values)


def _of(column: Column, row: int, members: dict[str, tuple[str, ...]]) -> str:
    enum = column.type.enum
    if enum is not None:
        known = members[enum[1]]
        value = known[(row - 1) % len(known)]
    else:
        value = text_of(column.type.name, column.type.arguments, row)
    return (
        "{" + f'"{value}"'.replace('{"k', '{\\"k').replace('k":', 'k\\":') + "}"
        if (column.arity == "list")
        else value
    )


def text_of(name: str, arguments: tuple[int, ...], row: int) -> str:
    """Return the value of a row in a column of a type, as PostgreSQL reads it."""
    if name in ("VARCHAR", "CHAR", "TEXT"):
        length = arguments[0] if arguments else 1 if name == "CHAR" else 99
        return str(row)[-length:]
    if name in ("BIT", "VARBIT"):
        length = arguments[0] if arguments else 1 if name == "BIT" else 8
        return format(row, "b").rjust(length, "0")[-length:]
    if name == "DECIMAL" and arguments and arguments[0] - arguments[1] < 2:
        return f"0.{row}" if arguments[1] else str(row % 10)
    make = _TEXTS.get(name)
    return str(row) if make is None else make(row)


_TEXTS: dict[str, Callable[[int], str]] = {
    "BOOLEAN": lambda row: "t" if row % 2 else "f",
    "UUID": lambda row: f"00000000-0000-4000-8000-{row:012d}",
    "INET": lambda row: f"10.0.0.{row}",
    "TIMESTAMP": lambda row: f"2020-01-01 00:00:{row:02d}",
    "TIMESTAMPTZ": lambda row: f"2020-01-01 00:00:{row:02d}+00",
    "DATE": lambda row: f"20{row + 10}-01-01",
    "TIME": lambda row: f"03:00:{row:02d}",
    "TIMETZ": lambda row: f"03:00:{row:02d}+00",
    "JSON": lambda row: f'{{"k": {row}}}',
    "JSONB": lambda row: f'{{"k": {row}}}',
    "BYTEA": lambda row: f"\\x{row:02x}",
    "point": lambda row: f"({row},1)",
    "tsvector": lambda row: f"a{row}",
    "circle": lambda row: f"<({row},1),1>",
    "int4range": lambda row: f"[{row},{row + 1})",
}
