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


BLOCKS = ROUTE + (
    "@router.post('/a')\nasync def a(session: Session = Depends(get)):\n    session.commit()\n"
)


def test_one_request_at_a_time_waits_for_nobody(finds):
    files = {"app/a.py": BLOCKS, "requirements.txt": "mangum\nfastapi\n"}
    assert finds("FD602", files) == []
    assert finds("FD602", {**files, "run.sh": "uvicorn app.a:app\n"}) == ["app/a.py:7"]


def test_what_a_deployment_calls_is_no_request(finds):
    text = "import psycopg\ndef handler(event, context):\n    psycopg.connect('postgresql://a/b')\n"
    assert finds("FD502", {"app/a.py": text}) == ["app/a.py:3"]
    text += "    return event['RequestType']\n"
    assert finds("FD502", {"app/a.py": text}) == []


def test_engines_of_other_databases_are_left_alone(finds):
    text = (
        "import os\nfrom sqlalchemy import create_engine\nURL = os.environ['DATABASE_URL']\n"
        "if URL.startswith('sqlite'):\n    engine = create_engine(URL)\n"
        "elif URL.startswith('postgresql'):\n    engine = create_engine(URL)\n"
        "else:\n    engine = create_engine(URL)\n"
    )
    files = {"app/a.py": text, "requirements.txt": "mangum\npsycopg2-binary\n"}
    assert finds("FD504", files) == ["app/a.py:7"]


def test_an_engine_of_a_job_is_one_a_run(finds):
    text = (
        "from sqlalchemy import create_engine\nclass Loader:\n    def __init__(self, url):\n"
        "        engine = create_engine(url)\n        self.prepare(engine)\n"
        "class Lipas(Loader):\n    pass\n"
        "def handler(event, context):\n    Lipas('postgresql://a/b').run()\n"
    )
    files = {"app/a.py": text, "requirements.txt": "aws-lambda-powertools\npsycopg2-binary\n"}
    assert finds("FD504", files) == finds("FD511", files) == []
    assert finds("FD501", files) == ["app/a.py:4"]


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("f\"at {os.getenv('DATABASE_URL')}\"", 1),
        ("os.environ['DATABASE_URL']", 1),
        ("settings.DATABASE_READ_URL", 1),
        ("os.getenv('SITE_URL')", 0),
    ],
)
def test_urls_that_are_logged(finds, shown, found):
    text = f"import os, psycopg, logging\nlogger = logging.getLogger()\nlogger.debug({shown})\n"
    assert len(finds("FD514", {"app/a.py": text})) == found
