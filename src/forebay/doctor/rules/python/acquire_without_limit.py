"""asyncpg's `acquire()`, which waits for a free connection without a limit."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.children import walk
from forebay.doctor.python.engines import Kind, engines_of
from forebay.doctor.python.module import FUNCTIONS, Call, Module
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_MAKERS = ("asyncpg.create_pool", "asyncpg.pool.create_pool")
_CLASSES = ("asyncpg.Pool", "asyncpg.pool.Pool")
# Packages whose pools and locks have an `acquire` too.
_OTHERS = (
    "oracledb", "cx_Oracle", "cx_Oracle_async", "psycopg", "psycopg2", "psycopg_pool", "aiopg",
    "aiomysql", "asyncmy", "aioodbc", "aiosqlite", "redis", "aioredis",
)  # fmt: skip
_POOL = re.compile(r"(^|[._])pool(\(\))?$", re.IGNORECASE)


def check(repository: Repository) -> Iterator[Finding]:
    """Find calls of `acquire` on asyncpg's pools, one finding a repository."""
    if not any(one.kind is Kind.ASYNCPG_POOL for one in repository.known(engines_of)):
        return
    own = {
        node.name
        for module in repository.modules
        for node in module.classes
        if any(isinstance(one, FUNCTIONS) and one.name == "acquire" for one in node.body)
    }
    found = [
        (module, call)
        for module in repository.modules
        if module.file.role is Role.APPLICATION
        for call in module.calls
        if call.last == "acquire" and not call.node.args and not call.node.keywords
        if _is_asyncpgs(module, call, own, repository.known(project_of))
    ]
    if found:
        (module, call), *others = found
        plural = "s" if len(others) > 1 else ""
        more = f", here and in {len(others)} more place{plural}" if others else ""
        yield Finding(
            f"`{call.name}()` waits for a free connection without a limit{more}",
            module.span(call.node),
            notes=tuple(Note("another", where.span(one.node)) for where, one in others[:3]),
        )


def _is_asyncpgs(module: Module, call: Call, own: set[str], project: Project) -> bool:
    """Whether what `acquire` is called on is a pool of asyncpg's; ``own`` classes have their own.

    It is where it is made or annotated so, here or where it is imported from; and where a file
    uses asyncpg and nothing else that has pools, what is called a pool.
    """
    holder = call.name.rpartition(".")[0]
    if holder in _named(module):
        return True
    made = project.definition(holder, module)
    if made is not None:
        is_import = made.module is not module
        if is_import and holder.rpartition(".")[2] in _named(made.module):
            return True
        inner = made.module.call(made.node)
        return inner is not None and inner.name in _MAKERS
    return (
        module.imports_from("asyncpg")
        and not module.imports_from(*_OTHERS)
        and _POOL.search(holder) is not None
        and "_or_" not in holder
        and not own & (module.imports.keys() | module.defined.keys())
    )


def _named(module: Module) -> set[str]:
    """Return the names of a file that are made or annotated as asyncpg's pools."""
    found = set()
    for node in (*module.of(ast.Assign, ast.AnnAssign, ast.arg), *module.of(ast.withitem)):
        if isinstance(node, ast.Assign):
            made = module.call(node.value)
            if made is not None and made.name in _MAKERS:
                found |= {module.name_of(one) for one in node.targets}
        elif isinstance(node, ast.AnnAssign) and _says(module, node.annotation):
            found.add(module.name_of(node.target))
        elif isinstance(node, ast.arg) and node.annotation and _says(module, node.annotation):
            found.add(node.arg)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            made = module.call(node.context_expr)
            if made is not None and made.name in _MAKERS:
                found.add(module.name_of(node.optional_vars))
    return found


def _says(module: Module, annotation: ast.expr) -> bool:
    """Whether an annotation names asyncpg's pool."""
    for one in walk(annotation):
        if isinstance(one, ast.Name | ast.Attribute) and module.name_of(one) in _CLASSES:
            return True
        if isinstance(one, ast.Constant) and "asyncpg.Pool" in str(one.value):
            return True
    return False


RULE = Rule(
    code="FD510",
    name="acquire-without-limit",
    severity=Severity.NOTE,
    what="asyncpg's `pool.acquire()` is called without `timeout`.",
    why="asyncpg has no default limit: when the pool is used up, requests queue silently, each "
    "with its memory and its client, until somebody restarts the process. With a limit the "
    "exhausted pool is an error that says so.",
    fix="`pool.acquire(timeout=5)`",
    language="python",
    bad="""\
import asyncpg


class Store:
    async def open(self, url):
        self.pool = await asyncpg.create_pool(url)

    async def count(self):
        async with self.pool.acquire() as connection:
            return await connection.fetchval("select count(*) from orders")
""",
    good="""\
import asyncpg


class Store:
    async def open(self, url):
        self.pool = await asyncpg.create_pool(url)

    async def count(self):
        async with self.pool.acquire(timeout=5) as connection:
            return await connection.fetchval("select count(*) from orders")
""",
    check=check,
)
