"""Django's connections that are kept, in threads that are not."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.django import Database, databases_of, served_otherwise
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `CONN_MAX_AGE` other than 0 in projects that ASGI or functions serve."""
    for database in repository.known(databases_of):
        age = _age(database)
        if age is None:
            continue
        evidence = served_otherwise(repository, database.module)
        if evidence is not None:
            node = database.settings["CONN_MAX_AGE"]
            yield Finding(
                f"connections are kept {age}, by threads that do not come back to use them",
                database.module.span(node),
                notes=(evidence,),
            )


def _age(database: Database) -> str | None:
    if "CONN_MAX_AGE" not in database.settings:
        return None
    age = database.setting("CONN_MAX_AGE")
    if age is None:
        return "for ever"
    if isinstance(age, int | float) and age:
        return f"for {age} seconds"
    return None


RULE = Rule(
    code="FD523",
    name="conn-max-age-asgi",
    severity=Severity.WARNING,
    what="`CONN_MAX_AGE` is not 0, and Django runs under ASGI or in functions.",
    why="Django keeps a connection per thread. Under ASGI a request may run in any thread and the "
    "next one in another, so that kept connections pile up until PostgreSQL refuses; a function "
    "that is frozen keeps one that nobody uses.",
    fix="`CONN_MAX_AGE = 0`; keep connections with Django's pool (`OPTIONS: {'pool': True}`, "
    "Django 5.1 and psycopg 3) or a pooler",
    language="python",
    path="shop/settings.py",
    bad="""\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DB_HOST"],
        "CONN_MAX_AGE": 600,
    }
}
""",
    good="""\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DB_HOST"],
        "OPTIONS": {"pool": True},
    }
}
""",
    files={"Procfile": "web: uvicorn shop.asgi:application\n"},
    references=("https://docs.djangoproject.com/en/5.2/ref/databases/",),
    check=check,
)
