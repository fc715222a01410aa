"""The operations on one model, for asyncio and sync alike.

Each method says what is asked for and hands it to the client, whose answer it returns: a coroutine
of an asyncio client, the result itself of a sync one. What types these have is written down in the
generated package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forebay.client.operation import Operation

if TYPE_CHECKING:
    from forebay.client.core import BaseClient
    from forebay.client.fields import FieldRef


class Fields:
    """The fields of a model, to compare others with: `db.item.fields.cost`."""

    __slots__ = ("_known", "_model")

    def __init__(self, model: str, known: frozenset[str]) -> None:
        self._model = model
        self._known = known

    def __getattr__(self, name: str) -> FieldRef:
        if name not in self._known:
            raise AttributeError(
                f"`{self._model}` has no value field `{name}`: use one of "
                + ", ".join(sorted(self._known))
            )
        from forebay.client.fields import FieldRef

        return FieldRef(self._model, name)


class Actions:
    """What can be asked about the records of a model.

    ``into`` is the class of results where a call names none; None is the model's own.
    """

    __slots__ = ("_client", "_into", "_model")

    def __init__(self, client: BaseClient, model: str, *, into: type | None = None) -> None:
        self._client = client
        self._model = model
        self._into = into

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            from forebay.client.spelling import meant

            if name.startswith("_"):
                # Asked for by Python itself, who reads no advice.
                raise AttributeError(name)
            known = [one for one in dir(type(self)) if not one.startswith("_")]
            raise AttributeError(f"`{self._model}` has no operation `{name}`: {meant(name, known)}")

    @property
    def fields(self) -> Fields:
        """The fields that values may be compared with."""
        model = self._client._tools.requests.model(self._model)
        return Fields(self._model, frozenset(field.name for field in model.scalars))

    def find_unique(
        self,
        where: Any,
        include: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Find the record with a key, or None."""
        given = {"where": where}
        if include is not None:
            given["include"] = include
        if select is not None:
            given["select"] = select
        if omit is not None:
            given["omit"] = omit
        if into is not None or self._into is not None:
            self._set_into(given, into)
        return self._client._perform(Operation(self._model, "find_unique", given))

    def find_unique_or_raise(
        self,
        where: Any,
        include: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Find the record with a key, or raise RecordNotFoundError."""
        given = {"where": where, "include": include, "select": select, "omit": omit}
        return self._ask("find_unique_or_raise", given, into)

    def find_first(
        self,
        skip: int | None = None,
        where: Any = None,
        cursor: Any = None,
        include: Any = None,
        order: Any = None,
        distinct: Any = None,
        *,
        take: int | None = None,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Find the first record that meets a condition, or None."""
        given = {
            "skip": skip, "where": where, "cursor": cursor, "include": include, "order": order,
            "distinct": distinct, "take": take, "select": select, "omit": omit,
        }  # fmt: skip
        return self._ask("find_first", given, into)

    def find_first_or_raise(
        self,
        skip: int | None = None,
        where: Any = None,
        cursor: Any = None,
        include: Any = None,
        order: Any = None,
        distinct: Any = None,
        *,
        take: int | None = None,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Find the first record that meets a condition, or raise RecordNotFoundError."""
        given = {
            "skip": skip, "where": where, "cursor": cursor, "include": include, "order": order,
            "distinct": distinct, "take": take, "select": select, "omit": omit,
        }  # fmt: skip
        return self._ask("find_first_or_raise", given, into)

    def find_many(
        self,
        take: int | None = None,
        skip: int | None = None,
        where: Any = None,
        cursor: Any = None,
        include: Any = None,
        order: Any = None,
        distinct: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """List the records that meet a condition; a negative `take` counts from the end."""
        given = {
            "take": take, "skip": skip, "where": where, "cursor": cursor, "include": include,
            "order": order, "distinct": distinct, "select": select, "omit": omit,
        }  # fmt: skip
        return self._ask("find_many", given, into)

    def stream(
        self,
        take: int | None = None,
        skip: int | None = None,
        where: Any = None,
        include: Any = None,
        order: Any = None,
        *,
        size: int = 1000,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Iterate over the records that meet a condition, holding ``size`` of them at a time.

        Each page is a read of its own: inside `tx(isolation_level="RepeatableRead")` all of them
        see the same moment.
        """
        from forebay.client.stream import Pages

        given = {
            "take": take, "skip": skip, "where": where, "include": include, "order": order,
            "select": select, "omit": omit,
        }  # fmt: skip
        if into is not None or self._into is not None:
            self._set_into(given, into)
        return self._client._stream(Pages(self._client, self._model, given, size))

    def create(
        self,
        data: Any,
        include: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Create a record, and related ones with it, and return it."""
        given = {"data": data, "include": include, "select": select, "omit": omit}
        return self._ask("create", given, into)

    def create_many(self, data: Any, *, skip_duplicates: bool | None = None) -> Any:
        """Create records in one statement, and return how many were."""
        return self._plain("create_many", {"data": data, "skip_duplicates": skip_duplicates})

    def create_many_and_return(
        self,
        data: Any,
        *,
        skip_duplicates: bool | None = None,
        include: Any = None,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Create records in one statement, and return them."""
        given = {
            "data": data, "skip_duplicates": skip_duplicates,
            "include": include, "select": select, "omit": omit,
        }  # fmt: skip
        return self._ask("create_many_and_return", given, into)

    def update(
        self,
        data: Any,
        where: Any,
        include: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Change the record with a key, and return it, or None where there is none."""
        given = {"data": data, "where": where, "include": include, "select": select, "omit": omit}
        return self._ask("update", given, into)

    def upsert(
        self,
        where: Any,
        data: Any,
        include: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Change the record with a key, or create it; `data` is a dict of `create` and `update`."""
        given = {"where": where, "data": data, "include": include, "select": select, "omit": omit}
        return self._ask("upsert", given, into)

    def update_many(self, data: Any, where: Any = None, *, limit: int | None = None) -> Any:
        """Change the records that meet a condition, and return how many did."""
        return self._plain("update_many", {"data": data, "where": where, "limit": limit})

    def update_many_and_return(
        self,
        data: Any,
        where: Any = None,
        *,
        limit: int | None = None,
        include: Any = None,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Change the records that meet a condition, and return them."""
        given = {
            "data": data, "where": where, "limit": limit,
            "include": include, "select": select, "omit": omit,
        }  # fmt: skip
        return self._ask("update_many_and_return", given, into)

    def delete(
        self,
        where: Any,
        include: Any = None,
        *,
        select: Any = None,
        omit: Any = None,
        into: Any = None,
    ) -> Any:
        """Delete the record with a key, and return it, or None where there is none."""
        given = {"where": where, "include": include, "select": select, "omit": omit}
        return self._ask("delete", given, into)

    def delete_many(self, where: Any = None, *, limit: int | None = None) -> Any:
        """Delete the records that meet a condition, and return how many did."""
        return self._plain("delete_many", {"where": where, "limit": limit})

    def count(
        self,
        select: Any = None,
        take: int | None = None,
        skip: int | None = None,
        where: Any = None,
        cursor: Any = None,
        *,
        order: Any = None,
    ) -> Any:
        """Count records; with `select` the values of each field, as a dict."""
        given = {
            "select": select, "take": take, "skip": skip, "where": where, "cursor": cursor,
            "order": order,
        }  # fmt: skip
        return self._plain("count", given)

    def aggregate(
        self,
        *,
        where: Any = None,
        order: Any = None,
        cursor: Any = None,
        take: int | None = None,
        skip: int | None = None,
        count: Any = None,
        avg: Any = None,
        sum: Any = None,
        min: Any = None,
        max: Any = None,
    ) -> Any:
        """Count, sum and average values of all records that meet a condition."""
        given = {
            "where": where, "order": order, "cursor": cursor, "take": take, "skip": skip,
            "count": count, "avg": avg, "sum": sum, "min": min, "max": max,
        }  # fmt: skip
        return self._plain("aggregate", given)

    def group_by(
        self,
        by: Any,
        *,
        where: Any = None,
        take: int | None = None,
        skip: int | None = None,
        avg: Any = None,
        sum: Any = None,
        min: Any = None,
        max: Any = None,
        having: Any = None,
        count: Any = None,
        order: Any = None,
    ) -> Any:
        """Count, sum and average values of groups of records that have equal values."""
        if order is None and (take is not None or skip is not None):
            raise TypeError(
                "group_by() takes `take` and `skip` only together with `order`: without it the "
                "groups have none"
            )
        given = {
            "by": by, "where": where, "take": take, "skip": skip, "avg": avg, "sum": sum,
            "min": min, "max": max, "having": having, "count": count, "order": order,
        }  # fmt: skip
        return self._plain("group_by", given)

    def query_raw(self, sql: Any, *parameters: Any) -> Any:
        """Run SQL, and return its rows as records of this model."""
        return self._client._raw("query_raw", sql, parameters, self._row_class())

    def query_first(self, sql: Any, *parameters: Any) -> Any:
        """Run SQL, and return its first row as a record of this model, or None."""
        return self._client._raw("query_first", sql, parameters, self._row_class())

    def _row_class(self) -> type:
        return self._into or self._client.package.model(self._model)

    def _plain(self, action: str, given: dict[str, Any]) -> Any:
        arguments = {name: value for name, value in given.items() if value is not None}
        return self._client._perform(Operation(self._model, action, arguments))

    def _ask(self, action: str, given: dict[str, Any], into: Any = None) -> Any:
        arguments = {name: value for name, value in given.items() if value is not None}
        if into is not None or self._into is not None:
            self._set_into(arguments, into)
        return self._client._perform(Operation(self._model, action, arguments))

    def _set_into(self, given: dict[str, Any], into: Any) -> None:
        if into is not None:
            given["into"] = into
        elif all(given.get(name) is None for name in _SHAPED):
            # What a call asks for itself goes before what the class asks for.
            given["into"] = self._into


_SHAPED = frozenset({"select", "include", "omit"})
