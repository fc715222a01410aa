"""Django's pool and its kept connections, which exclude each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.django import Database, databases_of
from forebay.doctor.python.values import constant
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find databases with `OPTIONS: {'pool': …}` and `CONN_MAX_AGE` other than 0."""
    for database in repository.known(databases_of):
        pool = _pool(database)
        age = database.settings.get("CONN_MAX_AGE")
        if pool is None or age is None or constant(age) in (0, ...):
            continue
        yield Finding(
            "Django refuses to start: pooling does not go with persistent connections",
            database.module.span(age),
            notes=(Note("the pool", database.module.span(pool)),),
        )


def _pool(database: Database) -> ast.expr | None:
    options = database.settings.get("OPTIONS")
    if not isinstance(options, ast.Dict):
        return None
    for key, value in zip(options.keys, options.values, strict=True):
        if constant(key) == "pool" and constant(value) not in (False, None):
            return value
    return None


RULE = Rule(
    code="FD533",
    name="pool-and-conn-max-age",
    severity=Severity.ERROR,
    what="A Django database has a pool and `CONN_MAX_AGE` as well.",
    why="`ImproperlyConfigured: Pooling doesn't support persistent connections`, at the first "
    "connection of the process.",
    fix="leave `CONN_MAX_AGE` out: the pool keeps the connections",
    language="python",
    path="shop/settings.py",
    bad="""\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.internal",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"pool": True},
    }
}
""",
    good="""\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.internal",
        "OPTIONS": {"pool": True},
    }
}
""",
    check=check,
)
