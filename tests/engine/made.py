"""An engine for a small schema, and requests for it."""

from typing import Any

from forebay.engine.engine import Engine
from forebay.engine.failures import RequestError
from forebay.engine.statement import Bound
from forebay.schema.check import check

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

enum Colour {
  RED
  BLUE
}

model Author {
  id     Int      @id @default(autoincrement())
  email  String   @unique
  born   DateTime?
  facts  Json?
  tags   String[]
  colour Colour   @default(RED)
  books  Book[]
}

model Book {
  id       Int     @id @default(autoincrement())
  title    String
  pages    Int     @default(0)
  authorId Int
  author   Author  @relation(fields: [authorId], references: [id])
}
"""
ALL = {"$scalars": True, "$composites": True}


def make_engine(**options: Any) -> Engine:
    """Make an engine."""
    checked = check((("schema.prisma", SCHEMA),), 6)
    assert not checked.errors
    return Engine(checked.schema, **options)


def request(what: str, selection: Any = None, **arguments: Any) -> dict[str, Any]:
    """Write a request: an action and a model, then its arguments."""
    action, model = what.split()
    query = {"arguments": arguments, "selection": ALL if selection is None else selection}
    return {"modelName": model, "action": action, "query": query}


def first_trip(engine: Engine, body: Any) -> list[Bound]:
    """Return the statements of a request's first round trip."""
    work = engine.work(body)
    bound: list[Bound] = next(work)
    work.close()
    return bound


def refusal(engine: Engine, body: Any) -> RequestError:
    """Return why the engine refuses a request."""
    try:
        engine.plan(body)
    except RequestError as error:
        return error
    raise AssertionError("the request was not refused")
