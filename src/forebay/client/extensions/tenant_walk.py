"""Limits a request to one tenant's records, in what it reads, writes and refers to."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from forebay.client.extensions.scoping.failures import Forbidden
from forebay.client.extensions.scoping.walk import Json, Object
from forebay.client.extensions.scoping.writes import WriteWalk
from forebay.client.extensions.tenant_rules import TenantRules
from forebay.engine.catalog import Catalog, Entity, Link
from forebay.engine.shape import SCOPE

# What a foreign key may be given: one value, and nothing that the engine would read as more.
_VALUES = (str, int, Decimal, uuid.UUID, datetime, date, bytes, enum.Enum)
_TAGS = frozenset({"BigInt", "Decimal", "DateTime", "Bytes", "Enum"})

# Operations that give a related record its keys.
_TIES = frozenset({"create", "createMany", "connect", "connectOrCreate", "set", "upsert"})


class TenantWalk(WriteWalk):
    """One request of one tenant's.

    ``references`` are the records that foreign keys in it name: whoever runs the request looks
    them up first, and does not run it where one of them is not the tenant's.
    """

    def __init__(
        self, catalog: Catalog, rules: TenantRules, value: object, allows_raw: bool
    ) -> None:
        super().__init__(catalog)
        self.rules = rules
        self.value = value
        self.allows_raw = allows_raw
        self.references: dict[tuple[str, tuple[str, ...]], dict[str, Object]] = {}

    def condition(self, entity: Entity) -> Object | None:
        """Return the condition that a record is the tenant's."""
        column = self.rules.column(entity)
        return None if column is None else {column: self.value}

    def scoped(self, entity: Entity, node: Json) -> Object:
        """Leave a key alone that names the tenant itself: it stays one statement for an upsert."""
        if isinstance(node, dict) and len(node) == 1 and self._names_tenant(entity, node):
            return node
        return super().scoped(entity, node)

    def _names_tenant(self, entity: Entity, node: Object) -> bool:
        ((name, key),) = node.items()
        column = self.rules.column(entity)
        columns = entity.keys.get(name)
        if column is None or columns is None or len(columns) < 2 or not isinstance(key, dict):
            return False
        return set(key) == {one.name for one in columns} and self._is_own(key.get(column))

    def _is_own(self, value: Json) -> bool:
        return isinstance(value, _VALUES) and str(value) == str(self.value)

    # Looking

    def raw(self, action: str) -> None:
        """Refuse raw SQL, which nobody can limit."""
        if not self.allows_raw:
            raise Forbidden(
                "Raw SQL is refused on a client with the extension Tenant: nothing limits it to "
                "one tenant's records.",
                "Use the client without the extension, or Tenant(…, allow_raw=True) and a "
                "condition on the tenant in every statement.",
            )

    def ordered_by(self, link: Link) -> None:
        """Refuse an order of shared records by what tenants have."""
        if self._leads_in(link):
            raise Forbidden(
                f"Records of {link.entity.name}, which all tenants share, cannot be ordered by "
                f"`{link.name}`: their order would tell of other tenants' records.",
                f"Order by fields of {link.entity.name}.",
            )

    def _leads_in(self, link: Link) -> bool:
        """Say whether a relation leads from shared records to tenants'."""
        columns = self.rules.columns
        return link.entity.name not in columns and link.other.name in columns

    def _one(self, link: Link, made: Object) -> None:
        if link.is_required and self._leads_in(link):
            raise Forbidden(
                f"`{link.name}` of {link.entity.name} cannot be read: it leads from records that "
                f"all tenants share to one tenant's, and it cannot be left empty.",
                f"Make `{link.name}` optional, or give {link.entity.name} the tenant's column.",
            )
        condition = self.condition(link.other)
        if link.is_required and condition is not None and not self.rules.is_paired(link):
            # Links that lead across were made by somebody else; what is at their end stays there.
            made["arguments"] = {**(made.get("arguments") or {}), SCOPE: condition}
        super()._one(link, made)

    # Writing

    def new_row(self, entity: Entity, data: Object, via: Link | None) -> Object:
        """Give a new record to the tenant."""
        self._refer(entity, data, is_new=True)
        column = self.rules.column(entity)
        if column is None:
            return data
        self._check_column(entity, column, data)
        data = {name: value for name, value in data.items() if name != column}
        if via is not None and self.rules.writes_column(via):
            return data
        holders = [link for link in entity.links.values() if link.holds_keys]
        givers = [link for link in holders if column in [one.name for one in link.near]]
        owners = [link for link in holders if link.name in data]
        if any(link in owners for link in givers):
            return data
        if not owners or not givers:
            return data | {column: self.value}
        own = next(filter(self.rules.is_own, givers), None)
        if own is None:
            raise Forbidden(
                f"A new {entity.name} is related by `connect` or `create`, and its `{column}` "
                "cannot be written beside that.",
                f"Write the foreign keys themselves, {', '.join(_keys(owners))}.",
            )
        return data | {own.name: {"connect": {own.far[0].name: self.value}}}

    def changed_row(self, entity: Entity, data: Object, via: Link | None) -> Object:
        """Refuse a change of whose a record is."""
        self._refer(entity, data, is_new=False)
        column = self.rules.column(entity)
        if column is not None:
            self._check_column(entity, column, data)
            return data
        fixed = sorted(self.rules.frozen(entity.name) & set(data))
        if fixed:
            raise Forbidden(
                f"`{fixed[0]}` of {entity.name} cannot be changed: the records of all tenants "
                "refer to it and would be changed with it.",
                "Change it with a client that has no extension Tenant.",
            )
        return data

    def _check_column(self, entity: Entity, column: str, data: Object) -> None:
        if column not in data:
            return
        given = data[column]
        if isinstance(given, dict) and set(given) == {"set"}:
            given = given["set"]
        if not self._is_own(_plain(given)):
            raise Forbidden(
                f"`{column}` of {entity.name} is the tenant's, and data may not name another "
                "tenant.",
                f"Leave `{column}` out: it is filled in.",
            )

    def removed(self, entity: Entity) -> None:
        """Refuse to delete shared records that would take other tenants' with them."""
        found = self.rules.endangers(entity.name)
        if found is not None:
            raise Forbidden(
                f"Records of {entity.name} cannot be deleted here: every tenant's {found} may "
                "refer to them.",
                "Delete them with a client that has no extension Tenant.",
            )

    def follows(self, link: Link, name: str, value: Json) -> None:
        """Refuse the writes to related records that would reach other tenants' as well."""
        rules = self.rules
        if rules.is_own(link) and link.other.name not in rules.columns:
            self._check_own(link, name, value)
        elif self._leads_in(link):
            self._check_leading_in(link, name)
        elif link.entity.name in rules.columns and link.other.name not in rules.columns:
            if _is_one_to_one(link) and name in ("connect", "connectOrCreate"):
                raise Forbidden(
                    f"`{name}` is refused on `{link.name}` of {link.entity.name}: a "
                    f"{link.other.name} belongs to one record at most, and might be taken from "
                    "another tenant's.",
                    "Write the foreign key itself: the database refuses it where it is taken.",
                )

    def _check_own(self, link: Link, name: str, value: Json) -> None:
        if name == "connect" and isinstance(value, dict) and set(value) == {link.far[0].name}:
            if self._is_own(_plain(value[link.far[0].name])):
                return
        elif name == "update":
            return
        raise Forbidden(
            f"`{name}` on `{link.name}` of {link.entity.name} would say whose the record is.",
            f"Leave `{link.name}` out: it is filled in.",
        )

    def _check_leading_in(self, link: Link, name: str) -> None:
        if self.rules.writes_column(link) and name in _TIES | {"disconnect"}:
            raise Forbidden(
                f"`{name}` on `{link.name}` of {link.entity.name} would say whose the records are.",
                f"Write to {link.other.name} itself.",
            )
        takes = _is_one_to_one(link) and not link.holds_keys and name in _TIES
        if name == "set" or takes:
            raise Forbidden(
                f"`{name}` is refused on `{link.name}` of {link.entity.name}, which all tenants "
                f"share: it would untie other tenants' {link.other.name}.",
                "Use `connect` and `disconnect`." if name == "set" else "Write the foreign key.",
            )

    # Foreign keys

    def _refer(self, entity: Entity, data: Object, *, is_new: bool) -> None:
        """Note which tenants' records the foreign keys in data name."""
        for link in entity.links.values():
            if not link.holds_keys or link.other.name not in self.rules.columns:
                continue
            if self.rules.is_paired(link) and not self.catalog.emulates_relations:
                continue
            given = {near.name: data[near.name] for near in link.near if near.name in data}
            if given:
                self._refer_by(link, given, is_new)

    def _refer_by(self, link: Link, given: Object, is_new: bool) -> None:
        values: Object = {}
        for near, far in zip(link.near, link.far, strict=True):
            if near.name not in given:
                if near.name == self.rules.column(link.entity):
                    values[far.name] = self.value
                    continue
                if is_new and near.is_nullable:
                    return
                raise Forbidden(
                    f"`{near.name}` of {link.entity.name} is part of the foreign key of "
                    f"`{link.name}`, and was not given with the rest of it.",
                    f"Give {', '.join(one.name for one in link.near)} together.",
                )
            value = given[near.name]
            if isinstance(value, dict) and set(value) == {"set"}:
                value = value["set"]
            if value is None:
                return
            if not isinstance(_plain(value), _VALUES):
                raise Forbidden(
                    f"`{near.name}` of {link.entity.name} is a foreign key, and whose record it "
                    "would name cannot be told before it is written.",
                    "Give it a value, by itself or with `set`.",
                )
            values[far.name] = value
        names = tuple(values)
        found = self.references.setdefault((link.other.name, names), {})
        found["\0".join(str(_plain(value)) for value in values.values())] = values


def _plain(value: Json) -> Any:
    """Return the value in a tagged one; what is tagged as more than a value stays as it is."""
    if isinstance(value, dict) and value.get("$type") in _TAGS and set(value) == {"$type", "value"}:
        return value["value"]
    return value


def _is_one_to_one(link: Link) -> bool:
    return not link.is_list and not link.opposite.is_list


def _keys(links: list[Link]) -> list[str]:
    return [f"`{column.name}`" for link in links for column in link.near]
