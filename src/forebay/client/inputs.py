"""Conditions and orders in Python spelling, turned into the JSON protocol's, a table a model.

Every function takes what a user gave and returns what the request holds; nothing that a user gave
is changed. A name that is not known where it stands raises `BadName` with the way to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from forebay.client.fields import FieldRef
from forebay.client.spelling import PROTOCOL, BadName, BadValue
from forebay.client.written import (
    PLAIN,
    is_json,
    many,
    same,
    write,
    write_json,
    write_json_list,
    write_list,
    writer_of,
)
from forebay.schema.dmmf.client import ClientModel, is_list, key_name
from forebay.schema.model import Index, PrimaryKey, RelationField, ScalarField

if TYPE_CHECKING:
    from forebay.client.request import Requests

Turn: TypeAlias = Callable[[Any], Any]
# What each known name becomes, and how what stands below it is turned.
Table: TypeAlias = Mapping[str, tuple[str, Turn]]

_CONNECTIVES = ("AND", "OR", "NOT")
AGGREGATES = ("_count", "_avg", "_sum", "_min", "_max")


def turned(table: Table, given: Any, what: str) -> dict[str, Any]:
    """Turn an object by a table."""
    found: dict[str, Any] = {}
    try:
        for name, value in given.items():
            known, turn = table[name]
            found[known] = turn(value)
    except KeyError:
        raise BadName(name, _spelled(table), what) from None
    except (BadName, BadValue) as bad:
        bad.path.insert(0, str(name))
        raise
    except AttributeError:
        if isinstance(given, Mapping):
            raise
        raise _not_an_object(given, what) from None
    return found


def is_plain(given: Any, fields: frozenset[str]) -> bool:
    """Say whether an object is plain values of these fields, and the request's own as it is."""
    if type(given) is not dict:
        return False
    for name, value in given.items():
        if type(value) not in PLAIN or name not in fields:
            return False
    return True


def are_plain(given: list[Any], fields: frozenset[str]) -> bool:
    """Say whether all rows of a list are plain values of the same fields, at little cost a row."""
    if set(map(type, given)) != {dict}:
        return False
    keys = given[0].keys()
    if not (keys <= fields and all(map(keys.__eq__, map(dict.keys, given)))):
        return False
    return set(map(type, chain.from_iterable(map(dict.values, given)))) <= PLAIN


def _spelled(table: Table) -> list[str]:
    """Return a table's names, without those that are the protocol's spelling of another."""
    own = {known for name, (known, _) in table.items() if name != known}
    return [name for name in table if name not in own]


def _not_an_object(given: Any, what: str) -> BadValue:
    return BadValue(
        f"{what} is a dict, and a {type(given).__name__} was given", "give a dict of names"
    )


def both(names: Mapping[str, Turn]) -> dict[str, tuple[str, Turn]]:
    """Make a table that knows each name in Python's spelling and in the protocol's."""
    table: dict[str, tuple[str, Turn]] = {}
    for name, turn in names.items():
        known = PROTOCOL.get(name, name)
        table[name] = table[known] = (known, turn)
    return table


class Inputs:
    """What one model's conditions and orders may say."""

    def __init__(self, requests: Requests, model: ClientModel) -> None:
        self._requests = requests
        self.model = model
        self.name = model.name
        # Fields whose plain values go into a request as they are.
        self.plain = frozenset(
            field.name for field in model.scalars if not is_json(field) and not is_list(field)
        )

    def below(self, field: RelationField) -> Inputs:
        """Return the inputs of a related model."""
        return self._requests.inputs(field.related_model.name)

    # Conditions.

    def where(self, given: Any) -> Any:
        """Turn a condition."""
        if is_plain(given, self.plain):
            return given
        return turned(self._where, given, f"a condition of `{self.name}`")

    def wheres(self, given: Any) -> Any:
        """Turn a condition, or a list of them."""
        return many(given, self.where)

    def unique(self, given: Any) -> Any:
        """Turn a condition that one record meets."""
        if is_plain(given, self.plain):
            return given
        return turned(self._unique, given, f"a condition of `{self.name}`")

    def uniques(self, given: Any) -> Any:
        """Turn a condition that one record meets, or a list of them."""
        return many(given, self.unique)

    @cached_property
    def _where(self) -> Table:
        names: dict[str, Turn] = dict.fromkeys(_CONNECTIVES, self.wheres)
        for field in self.model.scalars:
            names[field.name] = scalar_filter(field)
        for relation in self.model.relations:
            names[relation.name] = self._relation_filter(relation)
        return {name: (name, turn) for name, turn in names.items()}

    @cached_property
    def _unique(self) -> Table:
        table = dict(self._where)
        keys: list[PrimaryKey | Index] = [*self.model.uniques]
        if self.model.model.primary_key is not None:
            keys.append(self.model.model.primary_key)
        for one in keys:
            if len(one.fields) > 1:
                parts = {part.field.name: writer_of(part.field) for part in one.fields}
                name = key_name(one)
                inner = {part: (part, turn) for part, turn in parts.items()}
                table[name] = (name, _below(inner, f"the key `{name}`"))
        return table

    def _relation_filter(self, field: RelationField) -> Turn:
        inner = self.below

        def where(value: Any) -> Any:
            return inner(field).where(value)

        def one(value: Any) -> Any:
            return None if value is None else where(value)

        if is_list(field):
            names: dict[str, Turn] = dict.fromkeys(("some", "every", "none"), where)
            return _below(both(names), f"a condition of the list `{field.name}`")
        table = both({"is": one, "is_not": one})

        def single(value: Any) -> Any:
            if value is None:
                return None
            if isinstance(value, Mapping) and value and not value.keys() - table.keys():
                return turned(table, value, f"a condition of `{field.name}`")
            try:
                return where(value)
            except BadName as bad:
                if len(bad.path) == 1:
                    bad.known += ["is", "is_not"]
                raise

        return single

    @cached_property
    def _having(self) -> Table:
        table: dict[str, tuple[str, Turn]] = {
            name: (name, lambda given: many(given, self.having)) for name in _CONNECTIVES
        }
        for field in self.model.scalars:
            table[field.name] = (field.name, scalar_filter(field, has_aggregates=True))
        return table

    def having(self, given: Any) -> Any:
        """Turn a condition on groups."""
        return turned(self._having, given, f"a condition on groups of `{self.name}`")

    # Orders.

    def order(self, given: Any) -> Any:
        """Turn an order; each name of an object is a step of its own."""
        return self._steps(given, self._order)

    def group_order(self, given: Any) -> Any:
        """Turn an order of groups."""
        return self._steps(given, self._group_order)

    def _steps(self, given: Any, table: Table) -> Any:
        what = f"an order of `{self.name}`"
        if isinstance(given, Mapping) and len(given) < 2:
            return turned(table, given, what)
        steps = [given] if isinstance(given, Mapping) else given
        found = []
        for step in steps:
            one = turned(table, step, what)
            found += [{name: value} for name, value in one.items()]
        return found

    @cached_property
    def _order(self) -> Table:
        names: dict[str, Turn] = {field.name: _direction for field in self.model.scalars}
        for relation in self.model.relations:
            names[relation.name] = self._relation_order(relation)
        names["_relevance"] = same
        return {name: (name, turn) for name, turn in names.items()}

    def _relation_order(self, field: RelationField) -> Turn:
        if is_list(field):
            return _below({"_count": ("_count", same)}, f"an order by the list `{field.name}`")
        return lambda value: turned(
            self.below(field)._order, value, f"an order of `{field.related_model.name}`"
        )

    @cached_property
    def _group_order(self) -> Table:
        names: dict[str, tuple[str, Turn]] = {
            field.name: (field.name, _direction) for field in self.model.scalars
        }
        for name in AGGREGATES:
            names[name] = (name, _below(names, f"an order by `{name}`"))
        return names

    def field_names(self, given: Any) -> Any:
        """Turn the names of fields."""
        known = [field.name for field in self.model.scalars]
        names = [given] if isinstance(given, str) else list(given)
        for name in names:
            if name not in known:
                raise BadName(name, known, f"a field of `{self.name}`")
        return [str(name) for name in names]


def _direction(value: Any) -> Any:
    if isinstance(value, Mapping):
        return turned({"sort": ("sort", same), "nulls": ("nulls", same)}, value, "an order")
    return value


def _below(table: Table, what: str) -> Turn:
    return lambda given: turned(table, given, what)


# Filters of scalar fields.


def scalar_filter(field: ScalarField, *, has_aggregates: bool = False) -> Turn:
    """Return how a condition on a scalar field is turned."""
    if is_list(field):
        return _list_filter(field)
    if is_json(field):
        return _json_filter(field)
    what = f"a condition of `{field.name}`"
    operators = _operators(has_aggregates)

    def turn(value: Any) -> Any:
        if type(value) in PLAIN:
            return value
        if isinstance(value, Mapping):
            return turned(operators, value, what)
        if isinstance(value, FieldRef):
            return {"equals": write(value)}
        return write(value)

    return turn


def _operators(has_aggregates: bool) -> Table:
    names: dict[str, Turn] = dict.fromkeys(
        ("equals", "lt", "lte", "gt", "gte", "contains", "startswith", "endswith", "search"), write
    )
    names |= {"in": write_list, "not_in": write_list, "mode": same, "not": _not}
    if has_aggregates:
        inner = _below(_operators(False), "a condition on groups")
        names |= dict.fromkeys(AGGREGATES, inner)
    return both(names)


def _not(value: Any) -> Any:
    return turned(_PLAIN_OPERATORS, value, "`not`") if isinstance(value, Mapping) else write(value)


_PLAIN_OPERATORS: Table = _operators(False)


def _list_filter(field: ScalarField) -> Turn:
    one = writer_of(field)
    whole = write_json_list if is_json(field) else write_list
    names: dict[str, Turn] = {"equals": whole, "has": one, "has_every": whole, "has_some": whole}
    table = both({**names, "is_empty": same})
    what = f"a condition of the list `{field.name}`"

    def turn(value: Any) -> Any:
        if isinstance(value, Mapping):
            return turned(table, value, what)
        return {"equals": None if value is None else whole(value)}

    return turn


def _json_path(value: Any) -> Any:
    return [value] if isinstance(value, str) else [str(item) for item in value]


_JSON: Table = both(
    {
        **dict.fromkeys(("equals", "not", "lt", "lte", "gt", "gte"), write_json),
        **dict.fromkeys(("array_contains", "array_starts_with", "array_ends_with"), write_json),
        **dict.fromkeys(("string_contains", "string_starts_with", "string_ends_with"), write),
        "path": _json_path,
        "mode": same,
    }
)


def _json_filter(field: ScalarField) -> Turn:
    what = f"a condition of the Json field `{field.name}`"

    def turn(value: Any) -> Any:
        if isinstance(value, Mapping):
            return turned(_JSON, value, what)
        return {"equals": write_json(value)}

    return turn
