"""Parts of a database as SQL, in the bytes that Prisma writes."""

from __future__ import annotations

from forebay.migrate.database import Column, Default, Enum, ForeignKey, Index, Table, Type
from forebay.migrate.predicate import in_brackets

ACTIONS = {
    "Cascade": "CASCADE",
    "Restrict": "RESTRICT",
    "NoAction": "NO ACTION",
    "SetNull": "SET NULL",
    "SetDefault": "SET DEFAULT",
}
_SERIAL = {"INTEGER": "SERIAL", "BIGINT": "BIGSERIAL", "SMALLINT": "SMALLSERIAL"}
_ALGORITHM = {"Hash": "HASH", "Gin": "GIN", "Gist": "GIST", "SpGist": "SPGIST", "Brin": "BRIN"}


def quoted(name: str) -> str:
    """Return an identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text between quotes."""
    return "'" + value.replace("'", "''") + "'"


def qualified(schema: str | None, name: str) -> str:
    """Return a name with its schema where that is known."""
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def names(columns: tuple[str, ...], between: str = ", ") -> str:
    """Return a list of identifiers."""
    return between.join(quoted(name) for name in columns)


def full_type(column: Column) -> str:
    """Return a column's type as it is made with."""
    if column.is_serial and column.type.text in _SERIAL:
        return _SERIAL[column.type.text]
    return array_type(column)


def array_type(column: Column) -> str:
    """Return a column's type, which is an array where it holds a list."""
    return f"{base_type(column.type)}{'[]' if column.arity == 'list' else ''}"


def base_type(type_: Type) -> str:
    """Return a type without its arity."""
    return qualified(*type_.enum) if type_.enum is not None else type_.text


def default_of(column: Column) -> str | None:
    """Return what stands behind DEFAULT, None where nothing does."""
    default = column.default
    if default is None or default.kind == "sequence":
        return None
    if default.kind == "now":
        return "CURRENT_TIMESTAMP"
    if default.kind == "list":
        return f"ARRAY[{', '.join(default.value or ())}]::{full_type(column)}"
    return _text(default)


def _text(default: Default) -> str | None:
    return default.value if isinstance(default.value, str) else None


def column_line(column: Column) -> str:
    """Return a column as CREATE TABLE and ADD COLUMN name it."""
    default = default_of(column)
    null = " NOT NULL" if column.arity == "required" else ""
    shown = f" DEFAULT {default}" if default is not None else ""
    return f"{quoted(column.name)} {full_type(column)}{null}{shown}"


def create_table(table: Table) -> str:
    """Return CREATE TABLE."""
    lines = ",\n".join(f"    {column_line(column)}" for column in table.columns)
    key = ""
    if table.primary_key is not None:
        columns = names(table.primary_key.columns, ",")
        key = f",\n\n    CONSTRAINT {quoted(table.primary_key.name)} PRIMARY KEY ({columns})"
    return f"CREATE TABLE {qualified(*table.key)} (\n{lines}{key}\n)"


def create_enum(enum: Enum) -> str:
    """Return CREATE TYPE."""
    values = ", ".join(text(value) for value in enum.values)
    return f"CREATE TYPE {qualified(*enum.key)} AS ENUM ({values})"


def create_index(table: Table, index: Index) -> str:
    """Return CREATE INDEX."""
    unique = "UNIQUE " if index.is_unique else ""
    using = f" USING {_ALGORITHM[index.algorithm]} " if index.algorithm in _ALGORITHM else ""
    columns = ", ".join(
        f"{quoted(one.name)}{f' {one.ops}' if one.ops else ''}"
        f"{f' {one.sort.upper()}' if one.sort else ''}"
        for one in index.columns
    )
    where = f" WHERE {in_brackets(index.where)}" if index.where else ""
    return (
        f"CREATE {unique}INDEX {quoted(index.name)} ON {qualified(*table.key)}{using}({columns})"
        f"{where}"
    )


def add_foreign_key(table: Table, key: ForeignKey) -> str:
    """Return ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY."""
    return (
        f"ALTER TABLE {qualified(*table.key)} ADD CONSTRAINT {quoted(key.name)}"
        f" FOREIGN KEY ({names(key.columns)}) REFERENCES {qualified(*key.table)}"
        f"({names(key.references)}) ON DELETE {ACTIONS[key.on_delete]}"
        f" ON UPDATE {ACTIONS[key.on_update]}"
    )
