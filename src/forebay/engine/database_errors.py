"""PostgreSQL's errors in Prisma's codes."""

from __future__ import annotations

from typing import Any

from forebay.engine.catalog import Catalog
from forebay.engine.failures import DatabaseFailure, RequestError


def request_error(failure: DatabaseFailure, catalog: Catalog, request: Any) -> RequestError:
    """Say in Prisma's words what PostgreSQL said of a request."""
    return RequestError("P2010", f"{failure.sqlstate}: {failure.message}")
