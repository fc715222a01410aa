"""Tenant: a client that reads and writes one tenant's records, and cannot reach another's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from typing import Any, TypeAlias

from forebay.client.extensions.engines import Check, Json, Performer, Rewriting
from forebay.client.extensions.scoping.failures import Forbidden
from forebay.client.extensions.tenant_rules import TenantRules, rules_of
from forebay.client.extensions.tenant_walk import TenantWalk
from forebay.engine.catalog import Catalog
from forebay.engine.failures import RequestError
from forebay.engine.run import Work

TenantId: TypeAlias = str | int | uuid.UUID


class Tenant:
    """Limits every operation of a client to the records of one tenant.

    ``tenant_id`` is a value, a function of nothing, or a ContextVar: asked for each operation.
    ``column`` is the field that says whose a record is; ``columns`` names another one for some
    models. ``global_models`` are those that all tenants share. Raw SQL is refused unless
    ``allow_raw``.
    """

    def __init__(
        self,
        tenant_id: TenantId | Callable[[], TenantId] | ContextVar[Any],
        column: str = "tenant_id",
        *,
        columns: Mapping[str, str] | None = None,
        global_models: Collection[str] = (),
        allow_raw: bool = False,
    ) -> None:
        self._tenant_id = tenant_id
        self.column = column
        self.columns = dict(columns or {})
        self.global_models = frozenset(global_models)
        self.allow_raw = allow_raw

    def check(self, catalog: Catalog) -> TenantRules:
        """Return what a schema means for tenants.

        Raises:
            ExtensionInvalid: a model is neither a tenant's nor declared global.
        """
        return rules_of(catalog, self.column, self.columns, self.global_models)

    def around(self, engine: Performer) -> Performer:
        """Return the engine that serves one tenant."""
        return _TenantEngine(engine, self, self.check(engine.catalog))

    def current(self) -> TenantId:
        """Return whose operation this is.

        Raises:
            Forbidden: nobody has said, or it is nothing that could be a tenant's.
        """
        given: Any = self._tenant_id
        if isinstance(given, ContextVar):
            given = given.get(None)
        elif callable(given):
            given = given()
        # A text out of a request may turn out to be an object, which would be a condition.
        if isinstance(given, bool) or not isinstance(given, str | int | uuid.UUID):
            raise Forbidden(
                f"No operation runs without a tenant, and there is none: tenant_id gave "
                f"{'None' if given is None else 'a ' + type(given).__name__}.",
                "Set it before the operation, to a text, a number or a UUID.",
            )
        return given


class _TenantEngine(Rewriting):
    def __init__(self, inner: Performer, tenant: Tenant, rules: TenantRules) -> None:
        super().__init__(inner)
        self._tenant = tenant
        self._rules = rules

    def rewritten(self, request: Json) -> tuple[Json, list[Check]]:
        walk = TenantWalk(self.catalog, self._rules, self._tenant.current(), self._tenant.allow_raw)
        made = walk.request(request)
        if not walk.references:
            return made, []
        checks: list[Check] = [
            _References(walk, model, names, list(values.values()))
            for (model, names), values in walk.references.items()
        ]
        return made, checks


class _References:
    """Foreign keys that name records: all of them must be the tenant's."""

    def __init__(
        self, walk: TenantWalk, model: str, names: tuple[str, ...], values: list[dict[str, Any]]
    ) -> None:
        self._model = model
        self._names = names
        self._values = values
        if len(names) == 1:
            which: Json = {names[0]: {"in": [one[names[0]] for one in values]}}
        else:
            which = {"OR": values}
        entity = walk.catalog.entities[model]
        self._request = {
            "modelName": model,
            "action": "aggregate",
            "query": {
                "arguments": {"where": {"AND": [which, walk.condition(entity) or {}]}},
                "selection": {"_count": {"selection": {"_all": True}}},
            },
        }

    def run(self, engine: Performer, in_transaction: bool) -> Work:
        """Count them."""
        found = yield from engine.perform(self._request, in_transaction=in_transaction)
        if found["_count"]["_all"] < len(self._values):
            # Another tenant's record and none at all must look alike.
            raise RequestError(
                "P2003",
                f"Foreign key constraint violated: `{', '.join(self._names)}` names a "
                f"{self._model} that is not there for this tenant. Create it first, or name "
                "another.",
                model_name=self._model,
                field_name=", ".join(self._names),
            )
