"""A tenant extension that fills in the column and does nothing else: what an aim must get past."""

from __future__ import annotations

from typing import Any

from forebay.client.extensions.engines import Check, Performer, Rewriting
from forebay.client.extensions.tenant_rules import TenantRules
from forebay.client.extensions.tenant_walk import TenantWalk
from forebay.engine.catalog import Catalog, Entity, Link
from tests.client.extensions.world import GLOBAL


class Naive:
    """The extension."""

    def check(self, catalog: Catalog) -> None:
        pass

    def around(self, engine: Performer) -> Performer:
        return _NaiveEngine(engine)


class _NaiveEngine(Rewriting):
    def rewritten(self, request: Any) -> tuple[Any, list[Check]]:
        rules = TenantRules(self.catalog, "tenant_id", {}, GLOBAL)
        return _NaiveWalk(self.catalog, rules, "a", True).request(request), []


class _NaiveWalk(TenantWalk):
    def condition(self, entity: Entity) -> Any:
        return None

    def ordered_by(self, link: Link) -> None:
        pass

    def removed(self, entity: Entity) -> None:
        pass

    def follows(self, link: Link, name: str, value: Any) -> None:
        pass

    def _one(self, link: Link, made: Any) -> None:
        pass

    def new_row(self, entity: Entity, data: Any, via: Link | None) -> Any:
        return data if "tenant_id" in data else super().new_row(entity, data, via)

    def changed_row(self, entity: Entity, data: Any, via: Link | None) -> Any:
        return data

    def _refer(self, entity: Entity, data: Any, *, is_new: bool) -> None:
        pass
