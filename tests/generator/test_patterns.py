"""Six patterns of a blog: they run as they are type-checked, on both interfaces."""

from dataclasses import replace

import psycopg
import pytest

from forebay.postgres.embedded import EmbeddedServer
from tests.generator.made import FOLDER, SCHEMAS, generate, python, schema_text, without_waiting

_TOGETHER = {
    "asyncio": """
import asyncio

async def everyone(asked, function):
    await asyncio.gather(*(function(*one) for one in asked))

def start(main):
    asyncio.run(main())
""",
    "sync": """
from concurrent.futures import ThreadPoolExecutor

def everyone(asked, function):
    with ThreadPoolExecutor(64) as threads:
        list(threads.map(lambda one: function(*one), asked))

def start(main):
    main()
""",
}
_DATABASE = "patterns"


@pytest.fixture
def url(embedded: EmbeddedServer) -> str:
    """An empty database of the blog."""
    with psycopg.connect(embedded.socket_url.text(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
    found = replace(embedded.socket_url, database=_DATABASE).text()
    with psycopg.connect(found, autocommit=True) as connection:
        connection.execute((SCHEMAS / "blog.sql").read_bytes())
    return found


def test_the_patterns_of_a_blog(tmp_path, interface, url, monkeypatch):
    generate(schema_text("blog"), tmp_path, interface)
    (tmp_path / "together.py").write_text(_TOGETHER[interface])
    for name in ("patterns", "run"):
        text = (FOLDER / "uses" / f"{name}.txt").read_text(encoding="utf-8")
        if interface == "sync":
            text = without_waiting(text)
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setenv("DATABASE_URL", url)
    assert python(tmp_path, "import run") == "done 64\n"
