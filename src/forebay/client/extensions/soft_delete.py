"""SoftDelete: records are marked instead of deleted, and what is marked is not read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from forebay.client.extensions.engines import Check, Json, Performer, Rewriting
from forebay.client.extensions.extended import with_layers
from forebay.client.extensions.extension import Layer
from forebay.client.extensions.scoping.failures import ExtensionInvalid
from forebay.client.extensions.scoping.names import (
    check_covers,
    check_models,
    check_plain,
    check_words,
    columns_of,
)
from forebay.client.extensions.soft_delete_walk import OnUpsert, Sight, SoftDeleteWalk
from forebay.engine.catalog import Catalog

C = TypeVar("C")
_NAME = "SoftDelete"


class SoftDelete:
    """Marks records instead of deleting them.

    ``column`` is an optional DateTime; ``models`` are all that have it, unless they are named.
    ``on_upsert`` says what becomes of a deleted record that an upsert finds by its key: it is
    restored and updated, or the upsert is refused as P2002.
    """

    def __init__(
        self,
        column: str = "deleted_at",
        *,
        models: Collection[str] | None = None,
        on_upsert: OnUpsert = "restore",
    ) -> None:
        self.column = column
        self.models = None if models is None else frozenset(models)
        self.on_upsert = on_upsert
        self._kept: WeakKeyDictionary[Catalog, dict[str, str]] = WeakKeyDictionary()

    def check(self, catalog: Catalog) -> dict[str, str]:
        """Return the column of each model that it is for.

        Raises:
            ExtensionInvalid: a model lacks it, or it is no optional DateTime.
        """
        found = self._kept.get(catalog)
        if found is None:
            found = self._kept[catalog] = self._columns(catalog)
        return found

    def around(self, engine: Performer) -> Performer:
        """Return the engine that marks."""
        return self._around(engine, "live")

    def with_deleted(self, client: C) -> C:
        """Return a client that sees deleted records beside the others."""
        return self._seeing(client, "all")

    def only_deleted(self, client: C) -> C:
        """Return a client whose operations are about deleted records of their model alone."""
        return self._seeing(client, "deleted")

    def without(self, client: C) -> C:
        """Return a client without the extension: it sees everything, and deletes for good."""
        return self._seeing(client, None)

    def restore(self, actions: Any, *, where: Any, **options: Any) -> Any:
        """Restore one deleted record: `soft.restore(db.user, where={"id": 1})`, None if none is.

        Returns what `update` returns: with asyncio, something to await.
        """
        found = self.only_deleted(actions)
        return found.update(where=where, data={self.column: None}, **options)

    def restore_many(self, actions: Any, *, where: Any = None) -> Any:
        """Restore deleted records, and return their number (with asyncio, await it)."""
        found = self.only_deleted(actions)
        return found.update_many(where=where or {}, data={self.column: None})

    def _seeing(self, client: C, sight: Sight | None) -> C:
        def change(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
            if not any(layer.owner is self for layer in layers):
                raise ExtensionInvalid(
                    "This client was not extended with this SoftDelete.",
                    hint="Keep the object that was given to extend, and ask it.",
                )
            made = [
                layer if layer.owner is not self else self._layer(sight)
                for layer in layers
                if layer.owner is not self or sight is not None
            ]
            return tuple(made)

        return with_layers(client, change)

    def _layer(self, sight: Sight | None) -> Layer:
        return Layer(self, lambda engine: self._around(engine, sight or "live"))

    def _around(self, engine: Performer, sight: Sight) -> Performer:
        return _SoftDeleteEngine(engine, self, self.check(engine.catalog), sight)

    def _columns(self, catalog: Catalog) -> dict[str, str]:
        check_covers(_NAME)
        check_models(catalog, _NAME, self.models or ())
        check_words(catalog, _NAME)
        columns, missing = columns_of(catalog, self.column, {})
        if self.models is not None:
            lacking = sorted(self.models & set(missing))
            if lacking:
                raise ExtensionInvalid(
                    f"SoftDelete: these models have no `{self.column}`: {', '.join(lacking)}.",
                    hint=f"Add `{self.column} DateTime?` to each, or leave it out of models=[…].",
                )
            columns = {name: one for name, one in columns.items() if name in self.models}
        if not columns:
            raise ExtensionInvalid(
                f"SoftDelete: no model has the field `{self.column}`.",
                hint=f"Add `{self.column} DateTime?` to those that it is for.",
            )
        for name, column in columns.items():
            entity = catalog.entities[name]
            check_plain(entity, column, _NAME, is_required=False)
            if entity.columns[column].field.type != "DateTime":
                raise ExtensionInvalid(
                    f"SoftDelete needs `{column}` of {name} to be a DateTime.",
                    hint=f"Declare it as `{column} DateTime?`.",
                )
        return columns


class _SoftDeleteEngine(Rewriting):
    def __init__(
        self, inner: Performer, extension: SoftDelete, columns: dict[str, str], sight: Sight
    ) -> None:
        super().__init__(inner)
        self.extension = extension
        self.columns = columns
        self._sight = sight

    def rewritten(self, request: Json) -> tuple[Json, list[Check]]:
        on_upsert = self.extension.on_upsert
        walk = SoftDeleteWalk(self.catalog, self.columns, self._sight, on_upsert, datetime.now(UTC))
        return walk.request(request), []
