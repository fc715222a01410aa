"""Peewee's databases: connected for a request, closed or not, with a pool or without."""

import pytest

PLAIN = "from peewee import PostgresqlDatabase\n\ndb = PostgresqlDatabase('shop', host='db')\n"
POOLED = (
    "from playhouse.pool import PooledPostgresqlDatabase\n\n"
    "db = PooledPostgresqlDatabase('shop', host='db', max_connections={})\n"
)
FLASK = "from flask import Flask\n\nfrom app.db import db\n\napp = Flask(__name__)\n\n\n"
BEFORE = "@app.before_request\ndef begin():\n    db.connect()\n\n\n"
AFTER = "@app.teardown_request\ndef end(error):\n    if not db.is_closed():\n        db.close()\n"
WITHIN = "@app.get('/')\ndef home():\n    with db.connection_context():\n        return 'x'\n"


@pytest.mark.parametrize(
    ("made", "text", "opened", "left"),
    [
        (PLAIN, FLASK + BEFORE + AFTER, ["app/web.py:10"], []),
        (PLAIN, FLASK + BEFORE, ["app/web.py:10"], ["app/web.py:10"]),
        (PLAIN, FLASK + WITHIN, ["app/web.py:10"], []),
        (POOLED.format(8), FLASK + BEFORE + AFTER, [], []),
        (POOLED.format(8), FLASK + BEFORE, [], ["app/web.py:10"]),
        (PLAIN, FLASK + "def init():\n    db.connect()\n    db.create_tables([])\n", [], []),
        (PLAIN.replace("'db'", "'pgbouncer'"), FLASK + BEFORE + AFTER, [], []),
        (PLAIN.replace("Postgresql", "Sqlite"), FLASK + BEFORE, [], []),
    ],
)
def test_connections_of_requests(finds, made, text, opened, left):
    files = {"app/db.py": made, "app/web.py": text}
    if "pgbouncer" in made:
        url = "postgres://app@pgbouncer:6432/shop?pgbouncer=true"
        files[".env"] = f"DATABASE_URL={url}\n"
    assert finds("FD502", files) == opened
    assert finds("FD608", files) == left


def test_a_database_that_a_request_makes(finds):
    made = PLAIN.replace("\ndb = ", "\n{}\ndef home():\n    db = ").replace("import", "import")
    text = "from flask import Flask\n" + made.format("app = Flask(__name__)\n@app.get('/')")
    assert finds("FD502", {"app/web.py": text}) == ["app/web.py:7"]
    assert finds("FD501", {"app/web.py": text}) == []
    pooled = POOLED.format(8).replace("\ndb = ", "\n{}\ndef home():\n    db = ")
    text = "from flask import Flask\n" + pooled.format("app = Flask(__name__)\n@app.get('/')")
    assert finds("FD501", {"app/web.py": text}) == ["app/web.py:7"]
    assert finds("FD502", {"app/web.py": text}) == []


@pytest.mark.parametrize(("size", "found"), [(20, []), (40, ["app/db.py:3"])])
def test_the_size_of_its_pool(finds, size, found):
    files = {
        "app/db.py": POOLED.format(size),
        "Procfile": "web: gunicorn app.web:app --workers 4\n",
    }
    assert finds("FD507", files) == found


def test_its_pool_where_requests_come_one_at_a_time(finds):
    files = {"app/db.py": POOLED.format(8), "requirements.txt": "mangum\npeewee\n"}
    assert finds("FD506", files) == ["app/db.py:3"]
    files["app/db.py"] = POOLED.format(1)
    assert finds("FD506", files) == []
