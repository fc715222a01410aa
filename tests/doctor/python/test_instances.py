"""Pools count once for each worker, and once for each replica."""

import pytest

from forebay.doctor.registry import find_rule
from forebay.doctor.run import examine
from tests.doctor.conftest import written

POOL = {
    "app/db.py": "import os\n\nfrom sqlalchemy import create_engine\n\n"
    'engine = create_engine(os.environ["DATABASE_URL"], pool_size=10, max_overflow=5)\n'
}
SERVICE = "services:\n  api:\n    build: .\n{}"
REPLICAS = "    deploy:\n      replicas: 4\n"
GIVEN = "    environment:\n      DATABASE_URL: postgres://app@db:5432/shop\n"
DEPLOYMENT = (
    "kind: Deployment\nmetadata:\n  name: api\nspec:\n  replicas: {}\n  template:\n    spec:\n"
    "      containers:\n        - name: api\n          image: shop\n          {}\n"
    "          env:\n            - name: {}\n              value: x\n"
)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"Procfile": "web: uvicorn app:app --workers 4\n"}, ""),
        ({"Procfile": "web: uvicorn app:app --workers 8\n"}, "8 workers: 120"),
        (
            {"compose.yml": SERVICE.format("    command: gunicorn app:app -w 2\n" + REPLICAS)},
            "2 workers in 4 replicas: 120",
        ),
        ({"compose.yml": SERVICE.format("    command: gunicorn app:app\n" + REPLICAS)}, ""),
        (
            {
                "Dockerfile": "FROM python:3.13\nENV WEB_CONCURRENCY=2\nCMD gunicorn app:app\n",
                "compose.yml": SERVICE.format(REPLICAS + GIVEN),
            },
            "2 workers in 4 replicas: 120",
        ),
        # What it runs, nobody says: it may be the other language's.
        (
            {
                "Dockerfile": "FROM python:3.13\nENV WEB_CONCURRENCY=2\nCMD gunicorn app:app\n",
                "web/package.json": "{}",
                "compose.yml": SERVICE.format(REPLICAS + GIVEN),
            },
            "",
        ),
        (
            {
                "Procfile": "web: gunicorn app:app --workers 2\n",
                "compose.yml": SERVICE.format("    command: celery worker\n" + REPLICAS),
            },
            "",
        ),
        (
            {"k8s/api.yaml": DEPLOYMENT.format(8, 'command: ["uvicorn", "app:app"]', "A")},
            "8 replicas: 120",
        ),
        (
            {
                "k8s/api.yaml": DEPLOYMENT.format(
                    2, 'command: ["gunicorn", "app:app", "--workers", "4"]', "A"
                )
            },
            "4 workers in 2 replicas: 120",
        ),
        ({"k8s/api.yaml": DEPLOYMENT.format(8, "tty: false", "DATABASE_URL")}, "8 replicas: 120"),
        ({"k8s/api.yaml": DEPLOYMENT.format(8, "tty: false", "OTHER")}, ""),
        (
            {
                "Procfile": "web: uvicorn app:app --workers 8\n",
                "postgresql.conf": "max_connections = 200\n",
            },
            "",
        ),
    ],
)
def test_a_pool_for_each_process(tmp_path, files, said):
    found = examine([find_rule("FD507")], written(tmp_path, {**POOL, **files})).found
    assert bool(found) == bool(said)
    assert all(f"in each of {said} in all" in one.finding.message for one in found)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("uvicorn app:app --workers 8", ["compose.yml:7"]),
        ("uvicorn app:app --workers 4", []),
        ("node server.js --workers 8", []),
    ],
)
def test_workers_of_one_instance(finds, command, found):
    limited = GIVEN.replace("/shop", "/shop?connection_limit=20")
    text = SERVICE.format(f"    command: {command}\n{limited}")
    text += "  db:\n    image: postgres:18\n"
    text = text.replace("    build: .\n", "    image: shop\n    init: true\n")
    assert finds("FD251", {"compose.yml": text}) == found


def test_workers_of_replicas(tmp_path):
    url = "DATABASE_URL: postgres://app@db:5432/shop?connection_limit=10"
    text = SERVICE.format(
        "    command: gunicorn app:app\n" + REPLICAS
        + f'    environment:\n      WEB_CONCURRENCY: "3"\n      {url}\n'
    )  # fmt: skip
    (one,) = examine([find_rule("FD251")], written(tmp_path, {"compose.yml": text})).found
    assert one.finding.message.startswith(
        "4 replicas of api with 3 workers with connection_limit=10 each may open 120 connections"
    )


def test_the_arguments_of_kubernetes_are_a_line_each(finds):
    env = (
        "command:\n            - gunicorn\n            - --workers\n            - '4'\n"
        "            - app:app"
    )
    text = DEPLOYMENT.format(3, env, "A")
    text += "            DATABASE_URL: postgres://app@db:5432/shop?connection_limit=10\n"
    text = text.replace("            - name: A\n              value: x\n", "")
    assert len(finds("FD251", {"k8s/api.yaml": text})) == 1
    assert finds("FD251", {"k8s/api.yaml": text.replace("'4'", "'2'")}) == []
