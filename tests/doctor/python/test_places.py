"""Where the rules about Python point, and what only looks like the mistake."""

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

MADE = {"app/db.py": "import asyncpg\n\nasync def open(url):\n    global pool\n"
        "    pool = await asyncpg.create_pool(url)\n"}  # fmt: skip
USE = "\nasync def use(self, {}):\n    async with {}.acquire() as one:\n        pass\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import asyncpg\n" + USE.format("x", "self.pool"), 1),
        ("import asyncpg\n" + USE.format("pool: asyncpg.Pool", "pool"), 1),
        ("from asyncpg import Pool\n" + USE.format("held: Pool | None", "held"), 1),
        ("import oracledb\n" + USE.format("pool", "pool"), 0),
        ("import asyncpg\nimport psycopg\n" + USE.format("pool", "pool"), 0),
        ("import asyncpg\nimport aiomysql\n" + USE.format("pool: asyncpg.Pool", "pool"), 1),
        (USE.format("pool", "pool"), 0),
        ("import asyncpg\n" + USE.format("x", "backend_or_pool"), 0),
        ("import asyncpg\nclass WorkerPool:\n    def acquire(self): ...\n"
         + USE.format("pool", "pool"), 0),
    ],
)  # fmt: skip
def test_only_asyncpgs_pools_wait_without_a_limit(finds, text, expected):
    assert len(finds("FD510", {**MADE, "app/use.py": text})) == expected


def test_the_other_places_are_listed(tmp_path):
    text = "import asyncpg\n" + USE.format("x", "self.pool") * 3
    repository = written(tmp_path, {**MADE, "app/use.py": text})
    (one,) = examine([find_rule("FD510")], repository).found
    assert [note.span.line for note in one.finding.notes if note.span] == [8, 12]


ROUTE = (
    "from fastapi import APIRouter, Depends\nfrom sqlalchemy import select\n"
    "from sqlalchemy.orm import Session\nrouter = APIRouter()\n"
)


def test_a_blocking_call_is_the_first_that_has_the_session(finds):
    text = ROUTE + (
        "@router.post('/a')\nasync def a(session: Session = Depends(get)):\n    try:\n"
        "        crud.create(session)\n    except ValueError:\n        session.rollback()\n"
    )
    assert finds("FD602", {"app/a.py": text}) == ["app/a.py:8"]


def test_work_in_a_thread_does_not_block(finds):
    text = ROUTE + (
        "@router.post('/a')\nasync def a(session: Session = Depends(get)):\n"
        "    await run_in_threadpool(crud.create, session)\n    session.commit()\n"
    )
    assert finds("FD602", {"app/a.py": text}) == ["app/a.py:8"]


def test_a_routes_own_query_is_pointed_at(finds):
    files = {
        "app/a.py": "from sqlalchemy import select\ndef some(n):\n    return select(A).offset(n)\n",
        "app/b.py": ROUTE + "@router.get('/b')\ndef b(n: int):\n    return select(A).offset(n)\n",
    }
    assert finds("FD614", files) == ["app/b.py:7"]
