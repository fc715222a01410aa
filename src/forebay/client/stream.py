"""Reads more records than memory holds, a page at a time; between pages no connection is held.

Without an order a page is what comes behind the last key, so that records which come or go
meanwhile disturb nothing. With one, a page begins at the last record of the page before, which must
still be there: that it is, is looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from forebay.client.errors import DataError, bad_request
from forebay.client.into import fields_of, name_of
from forebay.client.operation import Operation
from forebay.schema.dmmf.client import ClientModel, key_name

if TYPE_CHECKING:
    from forebay.client.core import BaseClient

_COMPARED = frozenset({"Int", "BigInt", "String", "Float", "Decimal", "DateTime"})


class Pages:
    """Which page comes next, and what of it is new."""

    def __init__(self, client: BaseClient, model: str, given: Mapping[str, Any], size: int) -> None:
        if size < 1:
            raise _refused(model, "`size` is the number of records of a page", "give 1 or more")
        found = client._tools.requests.model(model)
        self._model = model
        self._given = {name: value for name, value in given.items() if value is not None}
        self._size = size
        self._left: int | None = self._given.pop("take", None)
        self._skip: int = self._given.pop("skip", 0)
        if (self._left or 0) < 0:
            raise _refused(model, "`take` is negative", "turn the order round, and take forwards")
        self._keys, self._cursor_name, self._is_compared = _key(found)
        self._attributes = self._read_from(client, self._given.get("into"))
        self._by_key = self._is_compared and "order" not in self._given
        self._given["order"] = self._order(self._given.get("order"))
        self._last: dict[str, Any] | None = None
        self._is_done = False

    def next(self) -> Operation | None:
        """Return the operation that reads the next page; None behind the last."""
        if self._is_done or self._left == 0:
            return None
        given = dict(self._given)
        take = self._size if self._left is None else min(self._size, self._left)
        if self._last is None:
            if self._skip:
                given["skip"] = self._skip
        elif self._by_key:
            after = {name: {"gt": value} for name, value in self._last.items()}
            given["where"] = {"AND": [given["where"], after]} if "where" in given else after
        else:
            given["cursor"] = {self._cursor_name: self._last} if self._cursor_name else self._last
            take += 1
        return Operation(self._model, "find_many", {**given, "take": take})

    def took(self, records: list[Any]) -> list[Any]:
        """Note a page, and return its records that were not in the page before."""
        wanted = self._size if self._left is None else min(self._size, self._left)
        if self._last is not None and not self._by_key:
            if not records or self._key_of(records[0]) != self._last:
                raise _refused(
                    self._model,
                    "the record that the stream stood at is not there any more",
                    'stream without an order, or inside tx(isolation_level="RepeatableRead")',
                )
            del records[0]
        if self._left is not None:
            self._left -= len(records)
        self._is_done = len(records) < wanted
        if records:
            self._last = self._key_of(records[-1])
        return records

    def _key_of(self, record: Any) -> dict[str, Any]:
        return {
            name: getattr(record, attribute)
            for name, attribute in zip(self._keys, self._attributes, strict=True)
        }

    def _order(self, order: Any) -> list[dict[str, Any]]:
        """Let the key decide where the order leaves records equal."""
        steps = [order] if isinstance(order, Mapping) else list(order or ())
        found = [{name: way} for step in steps for name, way in step.items()]
        known = {name for step in found for name in step}
        return [*found, *({name: "asc"} for name in self._keys if name not in known)]

    def _read_from(self, client: BaseClient, into: Any) -> list[str]:
        """Return the attributes that hold the key, which must be among what is fetched."""
        known = dict(client.package.attributes(self._model))
        if into is not None:
            named = [(name_of(one, info, set(self._keys)), one) for one, info in _fields(into)]
            known = {name: one for name, one in named if name is not None}
        omitted = {name for name, is_left_out in self._given.get("omit", {}).items() if is_left_out}
        missing = [name for name in self._keys if name not in known or name in omitted]
        if missing:
            raise _refused(
                self._model,
                f"`{missing[0]}` is not fetched, and the stream goes on from it",
                f"let it be fetched: `{missing[0]}` belongs to the record's key",
            )
        if "select" in self._given:
            self._given["select"] = {**self._given["select"], **dict.fromkeys(self._keys, True)}
        return [known[name] for name in self._keys]


def _fields(into: Any) -> list[tuple[str, Any]]:
    return list(fields_of(into).items()) if hasattr(into, "model_fields") else []


def _key(model: ClientModel) -> tuple[list[str], str | None, bool]:
    """Return the fields of a model's key, its name if they are several, and whether it compares."""
    keys = [model.model.primary_key, *model.uniques]
    for key in keys:
        if key is None or any(part.field.arity != "" for part in key.fields):
            continue
        fields = [part.field for part in key.fields]
        names = [field.name for field in fields]
        if len(names) > 1:
            return names, key_name(key), False
        return names, None, fields[0].kind == "scalar" and fields[0].type in _COMPARED
    raise _refused(model.name, "it has no key to stream by", "add an @id or a @unique")


def _refused(model: str, message: str, hint: str) -> DataError:
    return bad_request("P2019", f"{model}.stream: {message}", hint, details=message)


async def stream_async(client: BaseClient, pages: Pages) -> AsyncIterator[Any]:
    """Yield the records of all pages, for asyncio."""
    while (operation := pages.next()) is not None:
        for record in pages.took(await client._perform(operation)):
            yield record


def stream_sync(client: BaseClient, pages: Pages) -> Iterator[Any]:
    """Yield the records of all pages."""
    while (operation := pages.next()) is not None:
        yield from pages.took(client._perform(operation))
