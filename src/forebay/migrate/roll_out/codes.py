"""Everything that a roll-out may meet, by its code, with what it takes to get by."""

from __future__ import annotations

_TYPE = "give the new type a column of its own, have the client write both, and copy what is there"

REMEDIES: dict[str, str] = {
    "table-missing": "drop it once no client asks for it",
    "column-missing": "drop it once no client asks for it; give a field another name with `@map`",
    "column-unknown": "add it with a default, or without NOT NULL",
    "column-required": "make it NOT NULL once every client gives it a value",
    "column-nullable": "deploy a client with an optional field first",
    "column-type": _TYPE,
    "column-list": _TYPE,
    "column-narrower": _TYPE,
    "default-missing": "drop it once every client gives a value",
    "enum-value-unknown": "write it once every client knows it",
    "enum-value-missing": "drop it once no client writes it",
    "unique-missing": "drop it once no client names it",
    "unique-unknown": "look for the duplicates that clients still make",
    "foreign-key-unknown": "look for the records that clients still leave without another",
    "foreign-key-missing": "look at what relies on it when records are deleted",
    "on-delete": "look at what clients delete",
    "relation-table-missing": "keep it until no client goes that way",
    "relation-column-unknown": "give it a default, or no place in that table",
    "relation-type": "give keys of the new type columns of their own on both sides",
}
