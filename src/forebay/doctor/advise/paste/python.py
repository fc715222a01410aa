"""The lines that Python's clients are built with, one function a client."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from forebay.doctor.advise.paste.facts import WAIT, Facts
from forebay.doctor.advise.situation import Client

# Seconds a statement may run before the client gives up on it.
STATEMENT = 30

# What each needs to be installed, for whoever has another driver than the one that is printed.
_NEEDS = {
    Client.SQLALCHEMY: 'sqlalchemy "psycopg[binary]"',
    Client.SQLALCHEMY_PSYCOPG_ASYNC: '"sqlalchemy[asyncio]" "psycopg[binary]"',
    Client.SQLALCHEMY_ASYNCPG: '"sqlalchemy[asyncio]" asyncpg',
    Client.SQLALCHEMY_PSYCOPG2: "sqlalchemy psycopg2-binary",
    Client.ASYNCPG: "asyncpg",
    Client.PSYCOPG: '"psycopg[binary,pool]"',
    Client.PSYCOPG2: "psycopg2-binary",
}
_ASYNC = frozenset({Client.SQLALCHEMY_ASYNCPG, Client.SQLALCHEMY_PSYCOPG_ASYNC})
# Those that name their prepared statements, and the line that they connect in.
_NAMING = frozenset({Client.ASYNCPG, Client.SQLALCHEMY_ASYNCPG, Client.PSYCOPG})
_CONNECTS = re.compile(
    r"^( *)(?:return await asyncpg\.create_pool|engine = create_async_engine|pool = ConnectionPool"
    r"|return psycopg\.connect)\(",
    re.MULTILINE,
)
_UNKNOWN = "  # this pooler does not know them"


def module_of(client: Client) -> str:
    """Return the name of the file for a client; never that of a package it imports."""
    return f"db_{client.replace('+', '_')}.py"


def lines_of(client: Client, facts: Facts) -> str:
    """Write the lines that a client is built with, and what they need."""
    needs = _NEEDS.get(client)
    head = f"# pip install {needs}\n" if needs else ""
    text = _WRITERS[client](facts)
    if client in _NAMING and facts.keeps_statements:
        text = _CONNECTS.sub(rf"\1{facts.kept('FD525')}\n\g<0>", text, count=1)
    return head + text


def _sqlalchemy(client: Client, facts: Facts) -> str:
    """Write an engine: a small pool, or none where a pooler and a function make it so."""
    dialect = client.partition("+")[2] or "psycopg"
    is_async = client in _ASYNC
    maker = "create_async_engine" if is_async else "create_engine"
    is_poolless = facts.is_function and not facts.is_direct
    arguments = _connect_arguments(client, facts)
    url = [f'url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+{dialect}")']
    url[0] = url[0].replace("psycopg_async", "psycopg")
    if facts.sslmode and client is Client.SQLALCHEMY_ASYNCPG:
        url.append('url = url.difference_update_query(["sslmode"])  # asyncpg calls it ssl')
    is_named = any("uuid4" in line for line in arguments)
    lines = [
        "import os",
        *(["from uuid import uuid4"] if is_named else []),
        "",
        *(
            ["from sqlalchemy import make_url", f"from sqlalchemy.ext.asyncio import {maker}"]
            if is_async
            else [f"from sqlalchemy import {maker}, make_url"]
        ),
        *(["from sqlalchemy.pool import NullPool"] if is_poolless else []),
        "",
        *url,
    ]
    if is_poolless:
        lines += [
            "# The pooler keeps the servers. Without one, NullPool would log in for each request.",
            f"engine = {maker}(",
            "    url,",
            "    poolclass=NullPool,",
        ]
    else:
        lines += [
            f"engine = {maker}(",
            "    url,",
            f"    pool_size={facts.limit},",
            "    max_overflow=0,  # or the limit is another one than the formula's",
            f"    pool_timeout={WAIT},",
            "    pool_pre_ping=True,",
            "    pool_recycle=1800,",
        ]
    lines += ["    connect_args={", *(f"        {line}" for line in arguments), "    },", ")"]
    return "\n".join([*lines, ""])


def _connect_arguments(client: Client, facts: Facts) -> list[str]:
    """Return the lines inside of connect_args, which each driver spells in its own way."""
    if client is not Client.SQLALCHEMY_ASYNCPG:
        lines = [f'"connect_timeout": {WAIT},']
        if facts.is_unprepared and client is not Client.SQLALCHEMY_PSYCOPG2:
            lines.append(f'"prepare_threshold": None,{_UNKNOWN}')
        return lines
    lines = [f'"timeout": {WAIT},', f'"command_timeout": {STATEMENT},']
    if facts.sslmode:
        lines.append(f'"ssl": "{facts.sslmode}",')
    if facts.is_unprepared:
        lines += [
            f'"statement_cache_size": 0,{_UNKNOWN}',
            '"prepared_statement_cache_size": 0,',
            '"prepared_statement_name_func": lambda: f"__{uuid4()}__",',
        ]
    return lines


def _asyncpg(facts: Facts) -> str:
    """Write asyncpg's pool."""
    lines = [
        "import os",
        "",
        "import asyncpg",
        "",
        "",
        "async def open_pool() -> asyncpg.Pool:",
        "    return await asyncpg.create_pool(",
        '        os.environ["DATABASE_URL"],',
        "        min_size=0,",
        f"        max_size={facts.limit},",
        f"        timeout={WAIT},",
        f"        command_timeout={STATEMENT},",
        "        max_inactive_connection_lifetime=300,",
    ]
    if facts.is_unprepared:
        lines.append(f"        statement_cache_size=0,{_UNKNOWN}")
    return "\n".join([*lines, "    )", ""])


def _psycopg(facts: Facts) -> str:
    """Write psycopg's pool, or its connection where a function needs but one."""
    arguments = ["autocommit=True", f"connect_timeout={WAIT}"]
    if facts.is_unprepared:
        arguments.append("prepare_threshold=None")
    if facts.is_function and not facts.is_direct:
        return "\n".join(
            [
                "import os",
                "",
                "import psycopg",
                "",
                "",
                "def connect() -> psycopg.Connection:",
                f'    return psycopg.connect(os.environ["DATABASE_URL"], {", ".join(arguments)})',
                "",
            ]
        )
    inside = ", ".join(f'"{name}": {value}' for name, value in (a.split("=") for a in arguments))
    return "\n".join(
        [
            "import os",
            "",
            "from psycopg_pool import ConnectionPool",
            "",
            "pool = ConnectionPool(",
            '    os.environ["DATABASE_URL"],',
            "    min_size=0,",
            f"    max_size={facts.limit},",
            f"    timeout={WAIT},",
            f"    kwargs={{{inside}}},",
            "    open=False,  # pool.open() once the process has forked",
            ")",
            "",
        ]
    )


def _psycopg2(facts: Facts) -> str:
    """Write psycopg2's pool, or its connection where a function needs but one."""
    arguments = f'os.environ["DATABASE_URL"], connect_timeout={WAIT}'
    if facts.is_function and not facts.is_direct:
        return "\n".join(
            [
                "import os",
                "",
                "import psycopg2",
                "from psycopg2.extensions import connection",
                "",
                "",
                "def connect() -> connection:",
                f"    return psycopg2.connect({arguments})",
                "",
            ]
        )
    return "\n".join(
        [
            "import os",
            "",
            "from psycopg2.pool import ThreadedConnectionPool",
            "",
            "",
            "def open_pool() -> ThreadedConnectionPool:  # once the process has forked",
            "    # The most it opens; whoever asks for one more is refused, and does not wait.",
            f"    return ThreadedConnectionPool(0, {facts.limit}, {arguments})",
            "",
        ]
    )


def _forebay(facts: Facts) -> str:
    """Write the client of a generated package, which reads its limits from the URL."""
    return "\n".join(
        [
            "from db import Client  # what `forebay generate` writes",
            "",
            f"# connection_limit={facts.limit} in DATABASE_URL is its pool;"
            " it connects with the first query.",
            "db = Client()",
            "",
        ]
    )


_WRITERS: dict[Client, Callable[[Facts], str]] = {
    **{client: partial(_sqlalchemy, client) for client in Client if "sqlalchemy" in client},
    Client.ASYNCPG: _asyncpg,
    Client.PSYCOPG: _psycopg,
    Client.PSYCOPG2: _psycopg2,
    Client.FOREBAY: _forebay,
}
