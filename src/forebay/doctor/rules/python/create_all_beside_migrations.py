"""Tables that are created at start, beside migrations that create them too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note, Span
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.python.held import held_of
from forebay.doctor.python.module import Module
from forebay.doctor.python.project import project_of
from forebay.doctor.python.source import production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `metadata.create_all` at import or in a lifespan, where Alembic's env.py stands."""
    alembic = next(
        (
            one.file.line_span(1)
            for one in repository.modules
            if one.file.name == "env.py" and one.imports_from("alembic")
        ),
        None,
    )
    if alembic is None:
        return
    held = repository.known(held_of)
    for module in production(repository):
        for node in module.of(ast.Attribute):
            if node.attr == "create_all":
                if module.name_of(node).endswith("metadata.create_all") or held.extension(
                    node.value, module
                ):
                    yield from _finding(repository, module, node, alembic)


def _finding(
    repository: Repository, module: Module, node: ast.Attribute, alembic: Span
) -> Iterator[Finding]:
    when = _when(repository, module, node)
    if when is not None:
        yield Finding(
            f"`{module.name_of(node)}` creates tables {when}, and so do the migrations",
            module.span(node),
            notes=(Note("Alembic's own", alembic),),
        )


def _is_for_sqlite(module: Module, node: ast.AST) -> bool:
    """Whether a node runs only where the database is a file, or in memory."""
    below = node
    for above in module.around(node):
        if isinstance(above, ast.If) and below in above.body:
            if "sqlite" in ast.unparse(above.test).lower():
                return True
        below = above
    return False


def _when(repository: Repository, module: Module, node: ast.AST) -> str | None:
    if _is_for_sqlite(module, node):
        return None
    function = module.function_around(node)
    if function is None:
        is_guarded = any(
            isinstance(one, ast.If) and "__name__" in ast.dump(one.test)
            for one in module.around(node)
        )
        return None if is_guarded else "when it is imported"
    if function.name in ("create_app", "make_app"):
        return "when the application is made"
    handlers = repository.known(handlers_of)
    for one in module.functions_around(node):
        if one in handlers and handlers[one].kind is Kind.LIFESPAN:
            return "when the application starts"
    for where, call in repository.known(project_of).callers(function, module):
        caller = where.function_around(call.node)
        if caller is not None and caller in handlers and handlers[caller].kind is Kind.LIFESPAN:
            return "when the application starts"
    return None


RULE = Rule(
    code="FD527",
    name="create-all-beside-migrations",
    severity=Severity.WARNING,
    what="The application creates its tables when it starts, and has migrations too.",
    why="`create_all` makes a new table before the migration that should, which then fails with "
    "`relation already exists`; it changes no table that is there. Every worker and every function "
    "instance runs it at once.",
    fix="leave it to `alembic upgrade head` in the deployment, on the direct URL",
    language="python",
    bad="""\
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import declarative_base

Base = declarative_base()
engine = create_engine("postgresql://db.internal/shop")
Base.metadata.create_all(engine)
app = FastAPI()
""",
    good="""\
from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import declarative_base

Base = declarative_base()
engine = create_engine("postgresql://db.internal/shop")
app = FastAPI()
""",
    files={"migrations/env.py": "from alembic import context  # sqlalchemy\n"},
    check=check,
)
