"""The document that generators are given: data model, types, and names of operations."""

from __future__ import annotations

from typing import Any, TypeAlias

from forebay.schema.collection import paused
from forebay.schema.dmmf.client import Client
from forebay.schema.dmmf.datamodel import datamodel
from forebay.schema.dmmf.table import Table
from forebay.schema.model import Schema

Json: TypeAlias = dict[str, Any]


@paused()
def document(schema: Schema, prisma: int) -> Json:
    """Return what Prisma's ``get_dmmf`` returns for a schema without errors."""
    table = Table(Client(schema, prisma))
    return {
        "datamodel": datamodel(schema),
        "schema": table.types,
        "mappings": table.mappings,
    }
