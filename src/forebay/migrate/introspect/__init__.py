"""A live PostgreSQL as the database that it holds."""

from forebay.migrate.introspect.reader import introspect

__all__ = ["introspect"]
