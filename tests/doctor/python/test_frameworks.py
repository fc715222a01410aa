"""What Flask-SQLAlchemy and Tortoise are told elsewhere, and how they ask."""

import pytest

REQUIREMENTS = {"requirements.txt": "flask-sqlalchemy\npsycopg2-binary\nmangum\n"}
FLASK = "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy({})\n"
SETTING = "SQLALCHEMY_ENGINE_OPTIONS = {}\n"


@pytest.mark.parametrize(
    ("given", "settings", "found"),
    [
        ("", "", 1),
        ("", SETTING.format('{"pool_size": 1, "max_overflow": 0}'), 0),
        ("", 'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = dict(pool_size=1)\n', 0),
        ("", 'app.config.update({"SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": x}})\n', 0),
        ("", "app.config.from_mapping(SQLALCHEMY_ENGINE_OPTIONS={'pool_size': 1})\n", 0),
        ("", SETTING.format("options()"), 0),
        ("", SETTING.format("{**options}"), 0),
        ('engine_options={"pool_size": 1}', "", 0),
        ('engine_options={"pool_pre_ping": True}', "", 1),
        ("", SETTING.format('{"pool_pre_ping": True}'), 1),
    ],
)
def test_the_options_of_flask_sqlalchemy(finds, given, settings, found):
    files = {**REQUIREMENTS, "app/db.py": FLASK.format(given), "app/config.py": settings}
    assert len(finds("FD504", files)) == found


def test_flask_on_another_database_is_left_alone(finds):
    uri = "SQLALCHEMY_DATABASE_URI = 'sqlite:///a.db'\n"
    files = {**REQUIREMENTS, "app/db.py": FLASK.format(""), "app/config.py": uri}
    files["requirements.txt"] = "flask-sqlalchemy\nmangum\n"
    assert finds("FD504", files) == []


TORTOISE = "from tortoise import Tortoise\n"
CREDENTIALS = (
    'CONFIG = {"connections": {"default": {"engine": "tortoise.backends.asyncpg", '
    '"credentials": {"host": "db", %s}}}}\n'
)


@pytest.mark.parametrize(
    ("text", "variables", "found"),
    [
        ("async def start():\n    await Tortoise.init(db_url='postgres://db.internal/a')\n", "", 1),
        ("async def start():\n"
         "    await Tortoise.init(db_url='postgres://db.internal/a?maxsize=1')\n", "", 0),
        ("async def start():\n    await Tortoise.init(db_url='sqlite://a.db')\n", "", 0),
        ("async def start():\n    await Tortoise.init(db_url=os.environ['URL'])\n",
         "URL=postgres://db.internal/a?minsize=1&maxsize=1\n", 0),
        ("async def start():\n    await Tortoise.init(db_url=os.environ['URL'])\n",
         "URL=postgres://db.internal/a?maxsize=8\n", 1),
        (CREDENTIALS % '"maxsize": 1' + "async def start():\n    await Tortoise.init(CONFIG)\n",
         "", 0),
        (CREDENTIALS % '"maxsize": 9'
         + "async def start():\n    await Tortoise.init(config=CONFIG)\n", "", 1),
        ("async def start():\n    await Tortoise.init(config=load())\n", "", 0),
    ],
)  # fmt: skip
def test_the_pool_of_tortoise_in_a_function(finds, text, variables, found):
    files = {
        "requirements.txt": "tortoise-orm\nasyncpg\nmangum\n",
        ".env": variables,
        "app/db.py": "import os\n" + TORTOISE + text,
    }
    assert len(finds("FD506", files)) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("    await Tortoise.init(db_url=URL)\n    yield\n", 1),
        ("    await Tortoise.init(db_url=URL)\n    yield\n    await connections.close_all()\n", 0),
        ("    await Tortoise.init(db_url=URL)\n    yield\n"
         "    await Tortoise.close_connections()\n", 0),
        ("    async with RegisterTortoise(app, db_url=URL):\n        yield\n", 0),
    ],
)  # fmt: skip
def test_connections_of_tortoise_are_closed(finds, body, found):
    text = (
        "from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\n"
        "from tortoise.contrib.fastapi import RegisterTortoise\n" + TORTOISE
        + "URL = 'postgres://db.internal/a'\n"
        "@asynccontextmanager\nasync def lifespan(app: FastAPI):\n" + body
    )  # fmt: skip
    assert len(finds("FD529", {"app/main.py": text})) == found


MODELS = "from tortoise.models import Model\nclass A(Model):\n    pass\nclass B(Model):\n    pass\n"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("for a in await A.all():\n        await B.get(a=a.id)\n", 1),
        ("for a in await A.filter(x=1):\n        await B.filter(a=a.id).first()\n", 1),
        ("for a in await A.all():\n        B.filter(a=a.id)\n", 0),
        ("for a in await A.all():\n        await C.get(a=a.id)\n", 0),
        ("for a in await A.all():\n        await B.get(id=1)\n", 0),
    ],
)
def test_queries_of_tortoise_in_a_loop(finds, body, found):
    text = f"from app.models import A, B\nasync def run():\n    {body}"
    files = {"app/models.py": MODELS, "app/run.py": "import tortoise\n" + text}
    assert len(finds("FD611", files)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def run(session: Session):\n    Thread(target=work, args=(session,)).start()\n", 1),
        ("def run(session: Session):\n    Thread(target=work, kwargs={'s': session}).start()\n", 1),
        ("def run(session: Session):\n    Thread(target=work, args=(session.id,)).start()\n", 0),
        ("def run(session):\n    Thread(target=work, args=(session,)).start()\n", 0),
    ],
)
def test_sessions_that_a_thread_gets(finds, text, found):
    head = "from threading import Thread\nfrom sqlalchemy.orm import Session\n"
    assert len(finds("FD623", {"app/a.py": head + text})) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("async def start():\n    await Tortoise.generate_schemas()\n", 0),
        ("@app.on_event('startup')\nasync def start():\n"
         "    await Tortoise.generate_schemas()\n", 1),
        ("@app.on_event('startup')\nasync def start():\n    if DEBUG:\n"
         "        await Tortoise.generate_schemas()\n", 0),
    ],
)  # fmt: skip
def test_schemas_at_start(finds, text, found):
    assert len(finds("FD534", {"app/a.py": TORTOISE + text})) == found


POOL = (
    "from flask import Flask\nfrom psycopg_pool import ConnectionPool\napp = Flask('a')\n"
    "pool = ConnectionPool('postgresql://db.internal/a'{})\n@app.route('/')\ndef a():\n    pass\n"
)


@pytest.mark.parametrize(
    ("given", "ini", "found"),
    [
        ("", "[uwsgi]\nmaster = true\nprocesses = 4\n", 1),
        ("", "[uwsgi]\nmaster = true\nprocesses = 4\nlazy-apps = true\n", 0),
        ("", "[uwsgi]\nmaster = true\nprocesses = 1\n", 0),
        (", open=False", "[uwsgi]\nmaster = true\nprocesses = 4\n", 0),
    ],
)
def test_a_pool_that_uwsgi_forks(finds, given, ini, found):
    assert len(finds("FD515", {"uwsgi.ini": ini, "app/a.py": POOL.format(given)})) == found
