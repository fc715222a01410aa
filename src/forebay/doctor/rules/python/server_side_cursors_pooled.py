"""Django's server-side cursors, through a pooler that forgets them."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding
from forebay.doctor.python.django import databases_of
from forebay.doctor.python.pooled import behind_pooler
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find databases behind a pooler without `DISABLE_SERVER_SIDE_CURSORS`."""
    for database in repository.known(databases_of):
        pooler = behind_pooler(repository, database.url)
        if pooler is None or database.setting("DISABLE_SERVER_SIDE_CURSORS") not in (None, False):
            continue
        if b"DISABLE_SERVER_SIDE_CURSORS" in database.module.file.data:
            continue
        yield Finding(
            "`.iterator()` opens a cursor that the next statement does not find: it may run on "
            "another server connection",
            database.span,
            notes=(pooler,),
        )


RULE = Rule(
    code="FD524",
    name="server-side-cursors-pooled",
    severity=Severity.WARNING,
    what="Django goes through a transaction pooler with its server-side cursors on.",
    why="`QuerySet.iterator()` declares a cursor WITH HOLD outside a transaction. The pooler gives "
    'the next FETCH to any server: `cursor "_django_curs_…" does not exist`, but only under load.',
    fix="`'DISABLE_SERVER_SIDE_CURSORS': True` in this database's settings",
    language="python",
    path="shop/settings.py",
    bad="""\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "pgbouncer",
        "PORT": "6432",
    }
}
""",
    good="""\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "pgbouncer",
        "PORT": "6432",
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
""",
    references=("https://docs.djangoproject.com/en/5.2/ref/databases/",),
    check=check,
)
