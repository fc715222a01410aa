"""A relation that every round of a loop loads anew."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import inside
from forebay.doctor.python.models import entity_of
from forebay.doctor.python.module import Module
from forebay.doctor.python.source import COMPREHENSIONS, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `for x in <rows of A>: x.relation`, where A loads that relation when it is read."""
    for module in production(repository):
        seen: set[tuple[ast.AST | None, str, str]] = set()
        for node in module.of(ast.For, *COMPREHENSIONS):
            for rows, target, body in _loops(node):
                yield from _in_loop(repository, module, rows, target, body, seen)


def _loops(node: ast.AST) -> Iterator[tuple[ast.expr, str, list[ast.AST]]]:
    if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
        yield node.iter, node.target.id, list(node.body)
    elif isinstance(node, COMPREHENSIONS):
        first = node.generators[0]
        if isinstance(first.target, ast.Name):
            yield first.iter, first.target.id, [node]


def _in_loop(
    repository: Repository,
    module: Module,
    rows: ast.expr,
    target: str,
    body: list[ast.AST],
    seen: set[tuple[ast.AST | None, str, str]],
) -> Iterator[Finding]:
    read = [
        one
        for part in body
        for one in [part, *inside(part)]
        if isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name)
        and one.value.id == target
        and isinstance(one.ctx, ast.Load)
    ]
    model = entity_of(repository, module, rows) if read else None
    if model is None:
        return
    given = _given(body, target)
    lazy = [
        one
        for one in read
        if one.attr in model.lazy and given.get(one.attr, one.lineno) >= one.lineno
    ]
    lazy.sort(key=lambda one: (one.lineno, one.col_offset))
    names = list(dict.fromkeys(one.attr for one in lazy))
    # What one loop has loaded is there for the next one over the same rows.
    key = (module.function_around(rows), ast.unparse(rows), names[0] if names else "")
    if not names or key in seen:
        return
    seen.add(key)
    others = "".join(f", and so is `{target}.{name}`" for name in names[1:])
    yield Finding(
        f"`{target}.{names[0]}` is a query for every {model.name} of the loop{others}",
        module.span(lazy[0]),
        help="load it with the rows: "
        + (
            f"`.select_related({', '.join(repr(name) for name in names)})`".replace("'", '"')
            if model.is_django
            else f"`.options({', '.join(f'selectinload({model.name}.{name})' for name in names)})`"
        ),
        notes=(
            Note("it is loaded when it is first read", model.lazy[names[0]]),
            Note("the rows come without it", module.span(rows)),
        ),
    )


def _given(body: list[ast.AST], target: str) -> dict[str, int]:
    """Return the attributes that the loop itself sets, each with the first line that does."""
    found: dict[str, int] = {}
    for part in body:
        for one in inside(part):
            if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store):
                if isinstance(one.value, ast.Name) and one.value.id == target:
                    found[one.attr] = min(one.lineno, found.get(one.attr, one.lineno))
    return found


RULE = Rule(
    code="FD612",
    name="lazy-load-in-loop",
    severity=Severity.WARNING,
    what="A loop over rows reads a relation that is loaded lazily.",
    why="Each round asks the database again: 1 + n queries where 2 would do. With AsyncSession it "
    "does not work at all: `MissingGreenlet`.",
    fix="load it with the rows: `.options(selectinload(Order.items))`; in Django `select_related` "
    "or `prefetch_related`",
    language="python",
    bad="""\
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session, relationship


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    items = relationship("Item")


def sizes(session: Session) -> list[int]:
    orders = session.scalars(select(Order)).all()
    return [len(order.items) for order in orders]
""",
    good="""\
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Session, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    items = relationship("Item")


def sizes(session: Session) -> list[int]:
    orders = session.scalars(select(Order).options(selectinload(Order.items))).all()
    return [len(order.items) for order in orders]
""",
    references=("https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html",),
    check=check,
)
