"""The lines that Python's clients are built with, one function a client."""

from __future__ import annotations

from forebay.doctor.advise.paste.facts import WAIT, Facts
from forebay.doctor.advise.situation import Client

# Seconds a statement may run before the client gives up on it.
STATEMENT = 30


def sqlalchemy(facts: Facts) -> str:
    """Write SQLAlchemy's engine: a small pool, or none where a pooler and a function make it so."""
    lines = ["import os", "", "from sqlalchemy import create_engine, make_url"]
    is_nameless = facts.is_unprepared
    arguments = f'"connect_timeout": {WAIT}'
    if is_nameless:
        arguments += ', "prepare_threshold": None'
    head = 'url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg")'
    if facts.is_function and not facts.is_direct:
        lines += [
            "from sqlalchemy.pool import NullPool",
            "",
            head,
            "# The pooler keeps the servers. Without one, NullPool would log in for each request.",
            f"engine = create_engine(url, poolclass=NullPool, connect_args={{{arguments}}})",
        ]
    else:
        lines += [
            "",
            head,
            "engine = create_engine(",
            "    url,",
            f"    pool_size={facts.limit},",
            "    max_overflow=0,  # or the limit is another one than the formula's",
            f"    pool_timeout={WAIT},",
            "    pool_pre_ping=True,",
            "    pool_recycle=1800,",
            f"    connect_args={{{arguments}}},",
            ")",
        ]
    return "\n".join([*lines, ""])


def asyncpg(facts: Facts) -> str:
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
        lines.append("        statement_cache_size=0,  # this pooler does not know them")
    return "\n".join([*lines, "    )", ""])


def psycopg(facts: Facts) -> str:
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


def forebay(facts: Facts) -> str:
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


PYTHON = {
    Client.SQLALCHEMY: sqlalchemy,
    Client.ASYNCPG: asyncpg,
    Client.PSYCOPG: psycopg,
    Client.FOREBAY: forebay,
}
