"""Django's blocking queries in an async function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from forebay.doctor.finding import Finding, Span
from forebay.doctor.python.module import Call, Module
from forebay.doctor.python.source import once_a_file, production
from forebay.doctor.repository.repository import Repository
from forebay.doctor.rule import Rule, Severity

_ASKS = re.compile(
    r"\.objects\.(\w+\(\)\.)*(get|create|first|last|count|exists|delete|update|aggregate|"
    r"get_or_create|update_or_create|bulk_create|bulk_update|in_bulk|latest|earliest)$"
)


def check(repository: Repository) -> Iterator[Finding]:
    """Find `Model.objects.….get()` and the like straight in an `async def`, once a file."""
    yield from once_a_file(_found(repository))


def _found(repository: Repository) -> Iterator[tuple[Span, str]]:
    for module in production(repository):
        if not module.imports_from("django", "channels", "ninja"):
            continue
        for call in module.calls:
            function = module.function_around(call.node)
            if isinstance(function, ast.AsyncFunctionDef) and _asks(module, call):
                yield (
                    module.span(call.node),
                    f"`{call.last}()` raises SynchronousOnlyOperation in `{function.name}`, which "
                    "is async",
                )


def _asks(module: Module, call: Call) -> bool:
    if not _ASKS.search(call.name):
        return False
    return not isinstance(module.parent(call.node), ast.Await) and not any(
        isinstance(one, ast.Lambda) for one in module.around(call.node)
    )


RULE = Rule(
    code="FD620",
    name="blocking-orm-in-async-view",
    severity=Severity.ERROR,
    what="An `async def` asks Django's ORM without awaiting.",
    why="Django refuses: `SynchronousOnlyOperation: You cannot call this from an async context`.",
    fix="the method with an `a` before it: `await Order.objects.aget(…)`; or `sync_to_async`",
    language="python",
    path="shop/views.py",
    bad="""\
from django.http import JsonResponse

from shop.models import Order


async def order(request, number):
    found = Order.objects.get(pk=number)
    return JsonResponse({"total": found.total})
""",
    good="""\
from django.http import JsonResponse

from shop.models import Order


async def order(request, number):
    found = await Order.objects.aget(pk=number)
    return JsonResponse({"total": found.total})
""",
    references=("https://docs.djangoproject.com/en/5.2/topics/async/",),
    check=check,
)
