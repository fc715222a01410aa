"""Every engine, pool, connection and client that a repository makes: with what, where, to whom."""

from __future__ import annotations

import ast
import enum
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from forebay.doctor.finding import Span
from forebay.doctor.python.children import walk
from forebay.doctor.python.classes import classes_of
from forebay.doctor.python.extensions import Told, told_to_flask, told_to_tortoise
from forebay.doctor.python.handlers import PER_REQUEST, Handler, handlers_of
from forebay.doctor.python.module import FUNCTIONS, Call, Function, Module
from forebay.doctor.python.project import Project, project_of
from forebay.doctor.python.values import Value, constant, value_of
from forebay.doctor.repository.file import Role
from forebay.doctor.repository.repository import Repository


class Kind(enum.Enum):
    """What is made, as words for a message."""

    ENGINE = "SQLAlchemy engine"
    ASYNC_ENGINE = "async SQLAlchemy engine"
    ASYNCPG_POOL = "asyncpg pool"
    ASYNCPG_CONNECTION = "asyncpg connection"
    PSYCOPG_POOL = "psycopg pool"
    PSYCOPG_ASYNC_POOL = "async psycopg pool"
    PSYCOPG_CONNECTION = "psycopg connection"
    PSYCOPG2_POOL = "psycopg2 pool"
    PSYCOPG2_CONNECTION = "psycopg2 connection"
    AIOPG_POOL = "aiopg pool"
    DATABASES = "`databases` client"
    PRISMA = "Prisma client"
    TORTOISE = "Tortoise pool"
    FOREBAY = "Forebay client"
    PEEWEE = "Peewee database"
    PEEWEE_POOL = "Peewee pool"


SQLALCHEMY = frozenset({Kind.ENGINE, Kind.ASYNC_ENGINE})
CONNECTIONS = frozenset(
    {Kind.ASYNCPG_CONNECTION, Kind.PSYCOPG_CONNECTION, Kind.PSYCOPG2_CONNECTION}
)
# Those of Peewee connect when they are told to, or asked for the first time in a thread.
PEEWEE = frozenset({Kind.PEEWEE, Kind.PEEWEE_POOL})
# What belongs to the event loop that it was made or first used on.
ASYNC = frozenset(
    {Kind.ASYNC_ENGINE, Kind.ASYNCPG_POOL, Kind.ASYNCPG_CONNECTION, Kind.PSYCOPG_ASYNC_POOL,
     Kind.AIOPG_POOL, Kind.DATABASES}
)  # fmt: skip

_MAKERS = {
    "sqlalchemy.create_engine": Kind.ENGINE,
    "sqlalchemy.engine.create_engine": Kind.ENGINE,
    "sqlalchemy.engine_from_config": Kind.ENGINE,
    "sqlmodel.create_engine": Kind.ENGINE,
    "sqlalchemy.ext.asyncio.create_async_engine": Kind.ASYNC_ENGINE,
    "sqlalchemy.ext.asyncio.engine.create_async_engine": Kind.ASYNC_ENGINE,
    "sqlmodel.ext.asyncio.create_async_engine": Kind.ASYNC_ENGINE,
    "sqlalchemy.ext.asyncio.async_engine_from_config": Kind.ASYNC_ENGINE,
    "asyncpg.create_pool": Kind.ASYNCPG_POOL,
    "asyncpg.pool.create_pool": Kind.ASYNCPG_POOL,
    "asyncpg.connect": Kind.ASYNCPG_CONNECTION,
    "psycopg_pool.ConnectionPool": Kind.PSYCOPG_POOL,
    "psycopg_pool.NullConnectionPool": Kind.PSYCOPG_POOL,
    "psycopg_pool.AsyncConnectionPool": Kind.PSYCOPG_ASYNC_POOL,
    "psycopg_pool.AsyncNullConnectionPool": Kind.PSYCOPG_ASYNC_POOL,
    "psycopg.connect": Kind.PSYCOPG_CONNECTION,
    "psycopg.Connection.connect": Kind.PSYCOPG_CONNECTION,
    "psycopg.AsyncConnection.connect": Kind.PSYCOPG_CONNECTION,
    "psycopg2.connect": Kind.PSYCOPG2_CONNECTION,
    "psycopg2.pool.SimpleConnectionPool": Kind.PSYCOPG2_POOL,
    "psycopg2.pool.ThreadedConnectionPool": Kind.PSYCOPG2_POOL,
    "aiopg.create_pool": Kind.AIOPG_POOL,
    "databases.Database": Kind.DATABASES,
    "flask_sqlalchemy.SQLAlchemy": Kind.ENGINE,
    "tortoise.Tortoise.init": Kind.TORTOISE,
    **{
        f"tortoise.contrib.{framework}.{name}": Kind.TORTOISE
        for framework in ("fastapi", "starlette", "sanic", "quart", "aiohttp", "blacksheep")
        for name in ("register_tortoise", "RegisterTortoise")
    },
    "prisma.Prisma": Kind.PRISMA,
    "forebay.client.Prisma": Kind.FOREBAY,
    "peewee.PostgresqlDatabase": Kind.PEEWEE,
    "playhouse.postgres_ext.PostgresqlExtDatabase": Kind.PEEWEE,
    "playhouse.pool.PooledPostgresqlDatabase": Kind.PEEWEE_POOL,
    "playhouse.pool.PooledPostgresqlExtDatabase": Kind.PEEWEE_POOL,
}
_LASTS = frozenset(name.rpartition(".")[2] for name in _MAKERS)
_OTHERS = re.compile(r"sqlite|mysql|mariadb|oracle|mssql")
_CACHES = re.compile(r"(^|\.)(lru_cache|cache|cached_property|cached|singleton|alru_cache)$")
OTHER_DRIVERS = (
    "mysqlclient", "pymysql", "aiomysql", "asyncmy", "mysql-connector-python", "aiosqlite",
    "oracledb", "cx-oracle", "pyodbc", "pymssql", "snowflake-sqlalchemy", "duckdb-engine",
    "clickhouse-sqlalchemy", "sqlalchemy-bigquery", "sqlalchemy-redshift", "sqlalchemy-libsql",
)  # fmt: skip
DRIVERS = ("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "pg8000", "aiopg",
           "psycopg-pool")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Engine:
    """One place where an engine, pool, connection or client is made.

    ``function`` is the function it is made in, None at import; ``handler`` is the handler that
    this happens in, once a call, and ``via`` the call in the handler when it is a step away.
    """

    module: Module
    call: Call
    kind: Kind
    url: Value
    function: Function | None
    is_kept: bool
    handler: Handler | None
    via: Span | None
    told: Told | None = None

    @property
    def span(self) -> Span:
        """Where it is made."""
        return self.module.span(self.call.node)

    @property
    def is_at_import(self) -> bool:
        """Whether it is made once, when its module is imported."""
        return self.function is None

    def argument(self, name: str) -> ast.expr | None:
        """Return the value of a keyword, or of an option that is told elsewhere."""
        found = self.call.keyword(name)
        return self.told.options.get(name) if found is None and self.told is not None else found

    @property
    def has_unknown_arguments(self) -> bool:
        """Whether arguments come from somewhere else: `**options`, a configuration."""
        is_known = self.told is None or self.told.is_known
        return not is_known or any(one.arg is None for one in self.call.node.keywords)

    def poolclass(self) -> str:
        """Return the last part of the pool class's name; empty when none is given."""
        given = self.argument("poolclass")
        return self.module.name_of(given).rpartition(".")[2] if given is not None else ""

    @property
    def driver(self) -> str:
        """What speaks the protocol: asyncpg, psycopg, psycopg2, or empty when nothing tells."""
        if self.kind in (Kind.ASYNCPG_POOL, Kind.ASYNCPG_CONNECTION):
            return "asyncpg"
        if self.kind in (Kind.PSYCOPG_POOL, Kind.PSYCOPG_ASYNC_POOL, Kind.PSYCOPG_CONNECTION):
            return "psycopg"
        if self.kind in (Kind.PSYCOPG2_POOL, Kind.PSYCOPG2_CONNECTION):
            return "psycopg2"
        match = re.match(r"postgres(?:ql)?\+(\w+)", self.url.text or "")
        return match[1] if match else ""


def engines_of(repository: Repository) -> tuple[Engine, ...]:
    """Return what production code makes for PostgreSQL; ask for it by `Repository.known`."""
    return tuple(_read(repository))


def _read(repository: Repository) -> Iterator[Engine]:
    project = repository.known(project_of)
    for module in repository.modules:
        if module.file.role is not Role.APPLICATION or module.imports_from("alembic"):
            continue
        for call in module.calls:
            if call.last not in _LASTS or _is_trial(module, call) or _is_for_others(module, call):
                continue
            kind = _MAKERS.get(call.name)
            if kind is None:
                continue
            told = _told(repository, module, call, kind, project)
            url = told.url if told is not None else value_of(_url(call), module, project)
            if not _is_postgres(repository, module, kind, url, is_told=told is not None):
                continue
            yield _engine(repository, module, call, kind, url, told)


def _told(
    repository: Repository, module: Module, call: Call, kind: Kind, project: Project
) -> Told | None:
    if call.name == "flask_sqlalchemy.SQLAlchemy":
        return told_to_flask(repository, module, call, project)
    return told_to_tortoise(repository, module, call, project) if kind is Kind.TORTOISE else None


def _is_for_others(module: Module, call: Call) -> bool:
    """Whether it is in a branch for another database: `if url.startswith("sqlite")`, the rest."""
    below: ast.AST = call.node
    for above in module.around(call.node):
        if isinstance(above, ast.If):
            test = ast.unparse(above.test).lower()
            if below in above.body and _OTHERS.search(test) and "not " not in test:
                return True
            if below in above.orelse and "postgres" in test and not isinstance(below, ast.If):
                return True
        below = above
    return False


def _is_trial(module: Module, call: Call) -> bool:
    """Whether something is made to see whether it can be, and thrown away."""
    function = module.function_around(call.node)
    return function is not None and bool(
        re.match(r"_*(test|check|ping|probe|validate|verify)", function.name)
    )


def _engine(
    repository: Repository, module: Module, call: Call, kind: Kind, url: Value, told: Told | None
) -> Engine:
    function = module.function_around(call.node)
    is_kept = function is not None and _is_kept(module, call, function)
    handler, via = None, None
    # What an object keeps is kept for as long as the object is.
    is_of_object = (
        is_kept and function is not None and _is_kept_by_self(repository, module, call, function)
    )
    if function is not None and (not is_kept or is_of_object):
        handler, via = _handler(repository, module, function)
        is_kept = is_kept and handler is None
    if kind is Kind.TORTOISE and (handler is None or handler.kind not in PER_REQUEST):
        is_kept, handler, via = True, None, None  # Tortoise keeps its pools in a module of its own
    return Engine(module, call, kind, url, function, is_kept, handler, via, told)


def _is_of_constructor(repository: Repository, module: Module, function: Function) -> bool:
    """Whether nobody but the constructor of its class calls a method."""
    owner = module.class_around(function)
    if owner is None or not function.name.startswith("_"):
        return False
    callers = [
        where.function_around(call.node)
        for where, call in repository.known(classes_of).callers(module, function)
    ]
    return bool(callers) and all(
        one is not None and one.name == "__init__" and one in owner.body for one in callers
    )


def _is_kept_by_self(
    repository: Repository, module: Module, call: Call, function: Function
) -> bool:
    """Whether a constructor gives it to an attribute of the new object, whatever that was."""
    holder = module.parent(call.node)
    if isinstance(holder, ast.Await):
        holder = module.parent(holder)
    return (
        (function.name == "__init__" or _is_of_constructor(repository, module, function))
        and isinstance(holder, ast.Assign)
        and module.parent(holder) is function
        and all(
            isinstance(one, ast.Attribute)
            and isinstance(one.value, ast.Name)
            and one.value.id == "self"
            for one in holder.targets
        )
    )


def _url(call: Call) -> ast.expr | None:
    for name in ("url", "dsn", "conninfo"):
        given = call.keyword(name)
        if given is not None:
            return given
    if call.last.endswith("Database") and call.keyword("host") is not None:
        return call.keyword("host")  # the first is the database's name
    first = call.node.args[0] if call.node.args else None
    # SimpleConnectionPool(minconn, maxconn, dsn)
    if isinstance(constant(first), int):
        return call.node.args[2] if len(call.node.args) > 2 else call.keyword("host")
    return first if first is not None else call.keyword("host")


def _is_postgres(
    repository: Repository, module: Module, kind: Kind, url: Value, *, is_told: bool = False
) -> bool:
    if kind not in SQLALCHEMY | {Kind.DATABASES, Kind.PRISMA, Kind.TORTOISE}:
        return True
    if kind is Kind.TORTOISE and url.text and "://" in url.text:
        return url.text.startswith(("postgres", "asyncpg", "psycopg"))
    if url.text and "://" in url.text and not url.text.startswith("{"):
        if re.match(r"(postgres|cockroachdb)", url.text):
            return True
        # A default for development says nothing of what the variable holds elsewhere.
        return bool(url.variables) and repository.depends_on(module.file, *DRIVERS)
    if kind is Kind.PRISMA or repository.depends_on(module.file, *DRIVERS):
        return True
    if any(
        v.name in url.variables and v.value.startswith("postgres") for v in repository.variables
    ):
        return True
    return not is_told and not repository.depends_on(module.file, *OTHER_DRIVERS)


def _is_kept(module: Module, call: Call, function: Function) -> bool:
    """Whether what a function makes is kept for the next call: a cache, a global, an attribute."""
    if _is_cached(module, function):
        return True
    names = {name for one in walk(function) if isinstance(one, ast.Global) for name in one.names}
    holder = module.parent(call.node)
    while isinstance(holder, ast.Await | ast.IfExp | ast.BoolOp | ast.NamedExpr):
        holder = module.parent(holder)
    if not isinstance(holder, ast.Assign | ast.AnnAssign):
        return False
    targets = holder.targets if isinstance(holder, ast.Assign) else [holder.target]
    for target in targets:
        if isinstance(target, ast.Attribute | ast.Subscript):
            return True
        if isinstance(target, ast.Name) and (
            target.id in names or _is_handed_on(function, target.id)
        ):
            return True
    return False


def _is_cached(module: Module, function: Function) -> bool:
    for decorator in function.decorator_list:
        made = module.call(decorator)
        if _CACHES.search(made.name if made else module.name_of(decorator)):
            return True
    return False


def _is_handed_on(function: Function, name: str) -> bool:
    """Whether a local name is later put into an attribute, a global or a cache's place."""
    for node in walk(function):
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == name for one in walk(node.value)
        ):
            if any(isinstance(one, ast.Attribute | ast.Subscript) for one in node.targets):
                return True
    return False


def _handler(
    repository: Repository, module: Module, function: Function
) -> tuple[Handler | None, Span | None]:
    """Return the handler that a function is, or that leads to it and keeps nothing on the way."""
    handlers = repository.known(handlers_of)
    classes = repository.known(classes_of)
    seen = {function}
    waiting: deque[tuple[Module, Function, Span | None]] = deque([(module, function, None)])
    while waiting:
        module, function, via = waiting.popleft()
        for one in (function, *module.functions_around(function)):
            if one in handlers:
                return handlers[one], via
        if _is_cached(module, function) or _is_kept_class(module, function):
            continue
        for where, call in classes.callers(module, function):
            caller = _runner(where, call)
            if caller is None or caller in seen or _is_kept(where, call, caller):
                continue
            if where.file.role is Role.APPLICATION:
                seen.add(caller)
                waiting.append((where, caller, where.span(call.node)))
    return None, None


def _runner(module: Module, call: Call) -> Function | None:
    """Return the function that runs a call: of a default or a decorator the one around it all."""
    below: ast.AST = call.node
    for above in module.around(call.node):
        if isinstance(above, FUNCTIONS):
            if below is not above.args and below not in above.decorator_list:
                return above
        below = above
    return None


def _is_kept_class(module: Module, function: Function) -> bool:
    """Whether there is one object of a class, however often it is asked for."""
    owner = module.class_around(function) if function.name == "__init__" else None
    if owner is None:
        return False
    words = [module.name_of(one).rpartition(".")[2] for one in owner.decorator_list]
    words += [module.name_of(one.value) for one in owner.keywords]
    words += [one.name for one in owner.body if isinstance(one, ast.FunctionDef)]
    return any(re.search(r"singleton|__new__|_?instance", word, re.IGNORECASE) for word in words)
