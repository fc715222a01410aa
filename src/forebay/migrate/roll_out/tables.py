"""Finds the tables and columns of a database by what a client calls them."""

from __future__ import annotations

from forebay.migrate.connect import DEFAULT_SCHEMA
from forebay.migrate.database import Column, Database, Table
from forebay.schema.model import ScalarField, Schema


class Tables:
    """The tables of a database, as one client finds them."""

    def __init__(self, client: Schema, database: Database, default: str = DEFAULT_SCHEMA) -> None:
        source = client.datasource
        self.emulates = source is not None and source.relation_mode == "prisma"
        self.database = database
        self._default = default
        self._found = {
            (table.schema or table.home or default, table.name): table for table in database.tables
        }
        self._views = {(view.schema or default, view.name) for view in database.views}

    def find(self, schema: str | None, name: str) -> Table | None:
        """Return a table."""
        return self._found.get((schema or self._default, name))

    def has_view(self, schema: str | None, name: str) -> bool:
        """Say whether a view has a table's name: nobody knows what it holds."""
        return (schema or self._default, name) in self._views

    def column(self, field: ScalarField) -> Column | None:
        """Return the column of a field."""
        table = self.find(field.model.schema, field.model.database_name)
        columns = table.columns if table is not None else ()
        return next((one for one in columns if one.name == field.database_name), None)
