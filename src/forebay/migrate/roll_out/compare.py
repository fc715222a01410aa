"""Which queries of a client fail on a database, and which of them only a migration makes fail."""

from __future__ import annotations

from forebay.migrate.connect import DEFAULT_SCHEMA
from forebay.migrate.database import Database
from forebay.migrate.from_schema import from_schema
from forebay.migrate.roll_out.breaks import Break, Level
from forebay.migrate.roll_out.columns import Columns
from forebay.migrate.roll_out.relations import Keys, Relations
from forebay.migrate.roll_out.tables import Tables
from forebay.migrate.roll_out.uses import Uses, uses_of
from forebay.schema.dmmf.client import Client
from forebay.schema.model import Schema

_ORDER: dict[Level, int] = {"fails": 0, "may fail": 1, "behaves otherwise": 2}


def breaks(client: Schema, database: Database, default: str = DEFAULT_SCHEMA) -> list[Break]:
    """Return what of a client fails on a database; ``default`` is the schema that goes unsaid."""
    uses = uses_of(Client(client, 6))
    tables = Tables(client, database, default)
    found: list[Break] = []
    for one in uses.values():
        model = one.client.model
        table = tables.find(model.schema, model.database_name)
        view = tables.view(model.schema, model.database_name)
        if table is not None:
            found += Columns(one, table, database).breaks()
        elif view is not None and view.columns:
            found += Columns(one, view, database, is_view=True).breaks()
        elif view is None and not model.is_view:
            found.append(_missing(one))
    found += Relations(uses, tables).breaks()
    found += Keys(uses, tables, from_schema(client, default_schema=default)).breaks()
    places = {name: place for place, name in enumerate(uses)}
    return sorted(found, key=lambda one: (_ORDER[one.level], places[one.model]))


def _missing(uses: Uses) -> Break:
    return Break(
        "table-missing",
        "fails",
        uses.name,
        None,
        f"the table `{uses.client.model.database_name}` is not there",
        "P2021",
        frozenset({"all"}),
        uses.operations(),
        (),
        tuple(uses.through),
    )


def compare(
    client: Schema, before: Database, after: Database, default: str = DEFAULT_SCHEMA
) -> list[Break]:
    """Return what of a client fails on the one database and not yet on the other."""
    old = {one.key for one in breaks(client, before, default)}
    return [one for one in breaks(client, after, default) if one.key not in old]
