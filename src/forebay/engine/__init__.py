"""The query engine: a request in Prisma's JSON protocol becomes SQL, and rows become its answer."""

from forebay.engine.engine import Engine

__all__ = ["Engine"]
