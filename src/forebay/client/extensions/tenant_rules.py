"""What a schema means for tenants: whose records are whose, and which links lead across."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from weakref import WeakKeyDictionary

from forebay.client.extensions.scoping.failures import ExtensionInvalid
from forebay.client.extensions.scoping.names import (
    check_covers,
    check_models,
    check_plain,
    check_words,
    columns_of,
)
from forebay.engine.catalog import Catalog, Column, Entity, Link

_NAME = "Tenant"
_HARMLESS = ("Restrict", "NoAction")


class TenantRules:
    """The models of tenants with their columns, and what follows for the rest.

    Raises:
        ExtensionInvalid: a model is neither a tenant's nor declared global.
    """

    def __init__(
        self,
        catalog: Catalog,
        column: str,
        columns: Mapping[str, str],
        global_models: Collection[str],
    ) -> None:
        # Not the catalog itself, which rules are kept by.
        self._entities = catalog.entities
        check_covers(_NAME)
        check_models(catalog, _NAME, (*global_models, *columns))
        check_words(catalog, _NAME)
        found, missing = columns_of(catalog, column, columns)
        undeclared = [name for name in missing if name not in global_models]
        if undeclared:
            raise ExtensionInvalid(
                f"Tenant: these models have no `{column}` and are not declared global: "
                f"{', '.join(undeclared)}.",
                hint=f"Add the column, name another one with columns={{…}}, or list them in "
                f"global_models=[{', '.join(map(repr, undeclared))}], which every tenant sees.",
            )
        self.columns = {name: one for name, one in found.items() if name not in global_models}
        for name, one in self.columns.items():
            check_plain(catalog.entities[name], one, _NAME, is_required=True)
        self._check_links()
        # Kept per model: the answers never change.
        self.endangers = cache(self._endangers)
        self.frozen = cache(self._frozen)

    def column(self, entity: Entity) -> str | None:
        """Return the column that says whose a record is; None where everybody sees it."""
        return self.columns.get(entity.name)

    def is_own(self, link: Link) -> bool:
        """Say whether the tenant's column is all that makes a relation, on the side of its keys."""
        column = self.columns.get(link.entity.name)
        return link.holds_keys and [one.name for one in link.near] == [column]

    def is_paired(self, link: Link) -> bool:
        """Say whether a foreign key holds the tenant's column on both sides.

        The database itself then keeps such a relation within one tenant.
        """
        here, there = self.columns.get(link.entity.name), self.columns.get(link.other.name)
        return here is not None and any(
            (near.name, far.name) == (here, there)
            for near, far in zip(link.near, link.far, strict=True)
        )

    def writes_column(self, link: Link) -> bool:
        """Say whether what is related gets its tenant's column from this side of the relation."""
        column = self.columns.get(link.other.name)
        return not link.holds_keys and not link.is_many_to_many and column in _names(link.far)

    def _check_links(self) -> None:
        """Check that no foreign key takes the tenant's column from another tenant's model."""
        for entity in self._entities.values():
            column = self.columns.get(entity.name)
            for link in entity.links.values():
                if not link.holds_keys or column not in _names(link.near):
                    continue
                if not self.is_paired(link) and not self._is_shared_own(link):
                    raise ExtensionInvalid(
                        f"Tenant: `{column}` of {entity.name} is part of the relation "
                        f"`{link.name}`, where it stands for another column of {link.other.name} "
                        "than its tenant's.",
                        hint=f"Name that column with columns={{{link.other.name!r}: …}}.",
                    )

    def _is_shared_own(self, link: Link) -> bool:
        return self.is_own(link) and link.other.name not in self.columns

    def _endangers(self, name: str, seen: frozenset[str] = frozenset()) -> str | None:
        """Say which tenants' model deleting a model's records may reach, or None.

        PostgreSQL, or the engine in its place, follows referential actions without a look at whose
        records they reach: from one tenant's record to that tenant's, but from a shared record to
        everybody's. Where it would refuse, that alone tells of a record which cannot be seen.
        """
        if name in seen:
            return None
        entity = self._entities[name]
        is_shared = name not in self.columns
        for link in entity.links.values():
            if link.holds_keys:
                continue
            if is_shared and link.other.name in self.columns:
                return link.other.name
            if not link.is_many_to_many and _cascades(link):
                found = self._endangers(link.other.name, seen | {name})
                if found is not None:
                    return found
        return None

    def _frozen(self, name: str) -> frozenset[str]:
        """Return the columns of a shared model that other records refer to."""
        if name in self.columns:
            return frozenset()
        entity = self._entities[name]
        return frozenset(
            column.name
            for link in entity.links.values()
            if not link.holds_keys
            if link.opposite.field.on_update not in _HARMLESS
            for column in link.near
        )


_kept: WeakKeyDictionary[Catalog, dict[object, TenantRules]] = WeakKeyDictionary()


def rules_of(
    catalog: Catalog, column: str, columns: Mapping[str, str], global_models: frozenset[str]
) -> TenantRules:
    """Return the rules of a schema, which are made once: a client may be made for each request."""
    found = _kept.setdefault(catalog, {})
    key = (column, tuple(sorted(columns.items())), global_models)
    rules = found.get(key)
    if rules is None:
        rules = found[key] = TenantRules(catalog, column, columns, global_models)
    return rules


def _names(columns: list[Column]) -> list[str]:
    return [column.name for column in columns]


def _cascades(link: Link) -> bool:
    """Say whether records that refer to a deleted one are deleted with it."""
    return link.opposite.field.on_delete == "Cascade"
