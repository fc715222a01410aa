"""The rules, a file a family; to import this room is to have them all."""

from forebay.migrate.lint.rules import (
    clients,
    columns,
    constraints,
    data,
    domains,
    habits,
    indexes,
    keys,
    reading,
    running,
    tables,
    transactions,
    types,
)

__all__ = [
    "clients",
    "columns",
    "constraints",
    "data",
    "domains",
    "habits",
    "indexes",
    "keys",
    "reading",
    "running",
    "tables",
    "transactions",
    "types",
]
