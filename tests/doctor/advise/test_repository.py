"""What a repository says of itself, and where."""

from pathlib import Path

import pytest

from forebay.doctor.advise.repository import look
from forebay.doctor.advise.situation import Client, Runtime

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 6
---
kind: HorizontalPodAutoscaler
spec:
  minReplicas: 2
  maxReplicas: 24
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("name", "text", "runtime"),
    [
        ("vercel.json", "{}", Runtime.VERCEL),
        ("netlify.toml", "", Runtime.VERCEL),
        ("serverless.yml", "provider:\n  name: aws\n", Runtime.LAMBDA),
        ("template.yaml", "  F:\n    Type: AWS::Serverless::Function\n", Runtime.LAMBDA),
        ("requirements.txt", "mangum==0.19\n", Runtime.LAMBDA),
        ("fly.toml", "app = 'x'\n", Runtime.ALWAYS_ON),
        ("deploy/k8s/api.yaml", DEPLOYMENT, Runtime.ALWAYS_ON),
        ("supabase/config.toml", "", Runtime.SUPABASE),
        ("wrangler.toml", "", Runtime.EDGE),
        ("compose.yaml", "services: {}\n", Runtime.LOCAL),
    ],
)
def test_a_file_says_where_it_runs(name: str, text: str, runtime: Runtime, tmp_path: Path) -> None:
    found = look(write(tmp_path, {name: text}))
    assert [fact.value for fact in found.runtimes] == [runtime]
    assert found.runtimes[0].where.startswith(name)


def test_a_compose_file_beside_a_platform_is_for_developers(tmp_path: Path) -> None:
    files = {"compose.yaml": "", "vercel.json": "{}", "package.json": '{"dependencies": {}}'}
    found = look(write(tmp_path, files))
    assert [fact.value for fact in found.runtimes] == [Runtime.VERCEL, Runtime.LOCAL]


def test_the_largest_count_of_instances_decides(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"k8s.yml": DEPLOYMENT}))
    assert found.instances is not None
    assert (found.instances.value, found.instances.where) == (24, "k8s.yml:9")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Procfile", "web: gunicorn shop:app --workers 4\n"),
        ("Procfile", "web: gunicorn shop:app -w 4\n"),
        ("Dockerfile", 'FROM python\nCMD ["uvicorn", "shop:app", "--workers", "4"]\n'),
        ("Dockerfile", "ENV WEB_CONCURRENCY=4\n"),
        ("gunicorn.conf.py", "bind = ':8000'\nworkers = 4\n"),
        ("compose.yaml", "services:\n  web:\n    command: uvicorn shop:app --workers=4\n"),
    ],
)
def test_workers_are_found_where_they_are_started(name: str, text: str, tmp_path: Path) -> None:
    found = look(write(tmp_path, {name: text}))
    assert found.workers is not None
    assert found.workers.value == 4
    assert found.workers.where.startswith(f"{name}:")


def test_clients_are_the_dependencies(tmp_path: Path) -> None:
    files = {
        "package.json": '{"dependencies": {"@prisma/client": "7"}}',
        "pyproject.toml": '[project]\ndependencies = [\n  "SQLAlchemy>=2",\n  "asyncpg",\n]\n',
        "requirements.txt": "psycopg[binary]==3.2\n# forebay is not used\n",
    }
    found = look(write(tmp_path, files))
    assert [(fact.value, fact.where) for fact in found.clients] == [
        (Client.PRISMA, "package.json"),
        (Client.SQLALCHEMY_ASYNCPG, "pyproject.toml"),
    ]


@pytest.mark.parametrize(
    ("requirements", "clients"),
    [
        ("sqlalchemy", [Client.SQLALCHEMY]),
        ("SQLAlchemy[asyncio]\nasyncpg\npsycopg2-binary", [Client.SQLALCHEMY_ASYNCPG]),
        ("sqlmodel\npsycopg2-binary", [Client.SQLALCHEMY_PSYCOPG2]),
        ("sqlalchemy\npsycopg[binary]\npsycopg2", [Client.SQLALCHEMY]),
        ("psycopg2-binary==2.9", [Client.PSYCOPG2]),
        ("asyncpg\npsycopg[binary,pool]", [Client.ASYNCPG, Client.PSYCOPG]),
        ("psycopg-pool\n", [Client.PSYCOPG]),
        ("psycopg2x\nmy-asyncpg-tools", []),
    ],
)
def test_a_driver_beside_sqlalchemy_is_what_it_speaks_through(
    requirements: str, clients: list[Client], tmp_path: Path
) -> None:
    found = look(write(tmp_path, {"requirements.txt": f"{requirements}\n"}))
    assert [fact.value for fact in found.clients] == clients


ENGINES = """\
import asyncpg
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

URL = "postgresql://app@db/app"
engine = create_engine(URL)
fast = create_async_engine("postgresql+asyncpg://app@db/app")


async def pool():
    return await asyncpg.create_pool(URL)
"""


def test_the_engines_that_are_made_count_more_than_the_packages(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "sqlalchemy[asyncio]\nasyncpg\npsycopg2-binary\npsycopg\n",
        "app/db.py": ENGINES,
        "alembic/env.py": "import psycopg\npsycopg.connect('postgresql://app@db/app')\n",
    }
    found = look(write(tmp_path, files))
    assert [(fact.value, fact.where) for fact in found.clients] == [
        (Client.SQLALCHEMY_ASYNCPG, "app/db.py"),
        (Client.SQLALCHEMY_PSYCOPG2, "app/db.py"),
        (Client.ASYNCPG, "app/db.py"),
    ]


def test_a_folder_without_a_word_says_nothing(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"package.json": "[1,", "a.yaml": "\x00\xff", "b.yml": ""}))
    assert (found.runtimes, found.instances, found.workers, found.clients) == ([], None, None, [])
