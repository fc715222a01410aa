"""Finds the tables and columns of a database by what a client calls them."""

from __future__ import annotations

from forebay.migrate.connect import DEFAULT_SCHEMA
from forebay.migrate.database import Column, Database, Table, View
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
        self._views = {
            (view.schema or view.home or default, view.name): view for view in database.views
        }

    def find(self, schema: str | None, name: str) -> Table | None:
        """Return a table."""
        return self._found.get((schema or self._default, name))

    def view(self, schema: str | None, name: str) -> View | None:
        """Return the view that has a table's name."""
        return self._views.get((schema or self._default, name))

    def column(self, field: ScalarField) -> Column | None:
        """Return the column of a field."""
        table = self.find(field.model.schema, field.model.database_name)
        columns = table.columns if table is not None else ()
        return next((one for one in columns if one.name == field.database_name), None)
