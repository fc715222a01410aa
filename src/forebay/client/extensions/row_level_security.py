"""RowLevelSecurity: PostgreSQL's own policies, told for each operation who is asking.

The settings are the transaction's own, so that they never outlive it on a connection that the next
client gets. They travel in the round trip of the statements that they are for, as parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeAlias

from forebay.client.extensions.engines import Around, Json, Performer
from forebay.client.extensions.scoping.failures import ExtensionInvalid, Forbidden
from forebay.engine.catalog import Catalog
from forebay.engine.failures import DatabaseFailure
from forebay.engine.run import COMMIT, ROLLBACK, Work
from forebay.engine.statement import Bound, Result

Setting: TypeAlias = "str | Callable[[], str] | ContextVar[Any]"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+")
_BEGIN = "BEGIN"


class RowLevelSecurity:
    """Gives PostgreSQL settings, such as `app.tenant_id`, around each operation.

    Each value is a text, a function of nothing, or a ContextVar. Policies read them with
    `current_setting('app.tenant_id', true)`.
    """

    def __init__(self, settings: Mapping[str, Setting]) -> None:
        if not settings:
            raise ExtensionInvalid(
                "RowLevelSecurity was given no settings.",
                hint='Name what the policies read, as {"app.tenant_id": …}.',
            )
        for name in settings:
            if _NAME.fullmatch(name) is None:
                raise ExtensionInvalid(
                    f"RowLevelSecurity: `{name}` is no name of a setting of your own.",
                    hint="PostgreSQL wants a dot in such a name, as in `app.tenant_id`.",
                )
        self.settings = dict(settings)

    def check(self, catalog: Catalog) -> None:
        """Fit any schema: policies are the database's."""

    def around(self, engine: Performer) -> Performer:
        """Return the engine that sets them."""
        return _SettingEngine(engine, self)

    def statement(self) -> Bound:
        """Return the statement that sets what holds now.

        Raises:
            Forbidden: a value is missing.
        """
        parameters: list[str | None] = []
        for name, setting in self.settings.items():
            parameters += [name, _value(name, setting)]
        calls = [f"set_config(${n}, ${n + 1}, true)" for n in range(1, len(parameters), 2)]
        return Bound(f"SELECT {', '.join(calls)}", parameters)


def _value(name: str, setting: Any) -> str:
    if isinstance(setting, ContextVar):
        setting = setting.get(None)
    elif callable(setting):
        setting = setting()
    if setting is None or isinstance(setting, bool | dict | list):
        raise Forbidden(
            f"No operation runs without the setting `{name}`, and it has no value.",
            "Set it before the operation; for nobody in particular, set the empty text.",
        )
    return str(setting)


class _SettingEngine(Around):
    def __init__(self, inner: Performer, extension: RowLevelSecurity) -> None:
        super().__init__(inner)
        self._extension = extension

    def perform(self, request: Json, *, in_transaction: bool = False) -> Work:
        setting = self._extension.statement()
        work = self.inner.perform(request, in_transaction=in_transaction)
        try:
            bound = next(work)
            is_set = False
            while True:
                try:
                    if is_set or _ends(bound[:1]):
                        results = yield bound
                    elif in_transaction:
                        is_set = True
                        results = (yield [setting, *bound])[1:]
                    elif bound and bound[0].sql.startswith(_BEGIN):
                        is_set = True
                        found = yield [bound[0], setting, *bound[1:]]
                        results = [found[0], *found[2:]]
                    else:
                        results = yield from _framed(setting, bound)
                except DatabaseFailure as failure:
                    bound = work.throw(failure)
                else:
                    # A transaction of the engine's own ends as it began; then all starts anew.
                    is_set = is_set and (in_transaction or not _ends(bound))
                    bound = work.send(results)
        except StopIteration as stop:
            return stop.value
        finally:
            work.close()


def _framed(setting: Bound, bound: list[Bound]) -> Work:
    """Run statements in a transaction of one round trip."""
    frame = Bound(_BEGIN, [])
    try:
        found: list[Result] = yield [frame, setting, *bound, COMMIT]
    except DatabaseFailure:
        yield [ROLLBACK]
        raise
    return found[2:-1]


def _ends(bound: list[Bound]) -> bool:
    return bool(bound) and bound[-1].sql in (COMMIT.sql, ROLLBACK.sql)
