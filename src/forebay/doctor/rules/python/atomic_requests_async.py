"""`ATOMIC_REQUESTS`, and async views, which cannot have it."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.doctor.finding import Finding, Note
from forebay.doctor.python.django import databases_of
from forebay.doctor.python.handlers import Kind, handlers_of
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity


def check(repository: Repository) -> Iterator[Finding]:
    """Find `ATOMIC_REQUESTS: True` in projects with an async view."""
    for database in repository.known(databases_of):
        if database.setting("ATOMIC_REQUESTS") is not True:
            continue
        view = next(
            (
                one
                for one in repository.known(handlers_of).values()
                if one.kind is Kind.VIEW
                and one.is_async
                and not any(
                    "non_atomic" in one.module.name_of(each) for each in one.node.decorator_list
                )
            ),
            None,
        )
        if view is not None:
            yield Finding(
                f"async views refuse to run with it: `{view.node.name}` raises RuntimeError",
                database.module.span(database.settings["ATOMIC_REQUESTS"]),
                notes=(Note(view.label, view.span),),
            )


RULE = Rule(
    code="FD532",
    name="atomic-requests-async",
    severity=Severity.ERROR,
    what="`ATOMIC_REQUESTS` is on, and a view is async.",
    why="Django cannot hold a transaction around an async view: every request for it ends in "
    "`RuntimeError: You cannot use ATOMIC_REQUESTS with async views`. For the others the "
    "transaction is open as long as the request is, whatever it waits for.",
    fix="switch it off, and put `transaction.atomic()` around what has to happen together",
    language="python",
    path="shop/settings.py",
    bad="""\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.internal",
        "ATOMIC_REQUESTS": True,
    }
}
""",
    good="""\
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "db.internal",
    }
}
""",
    files={
        "shop/views.py": "from django.http import HttpResponse\n\n\n"
        "async def orders(request):\n    return HttpResponse('')\n"
    },
    check=check,
)
