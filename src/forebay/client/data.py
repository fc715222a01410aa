"""What records are given, nested writes too, from Python spelling to the JSON protocol's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forebay.client.inputs import Inputs, Table, Turn, are_plain, both, is_plain, turned
from forebay.client.spelling import BadName, BadValue
from forebay.client.written import (
    is_json,
    many,
    same,
    write,
    write_json,
    write_json_list,
    write_list,
)
from forebay.schema.dmmf.client import is_list
from forebay.schema.model import RelationField, ScalarField

if TYPE_CHECKING:
    from forebay.client.request import Requests


class Data:
    """What one model's records may be given."""

    def __init__(self, requests: Requests, inputs: Inputs) -> None:
        self._requests = requests
        self._inputs = inputs
        self.model = inputs.model
        self.name = inputs.name

    def below(self, field: RelationField) -> Data:
        """Return what the records of a related model may be given."""
        return self._requests.data(field.related_model.name)

    def create(self, given: Any) -> Any:
        """Turn the values of a new record."""
        if is_plain(given, self._inputs.plain):
            return given
        return turned(self._create, given, f"the data of `{self.name}`")

    def update(self, given: Any) -> Any:
        """Turn the changes to a record."""
        if is_plain(given, self._inputs.plain):
            return given
        return turned(self._update, given, f"the data of `{self.name}`")

    def rows(self, given: Any) -> Any:
        """Turn the values of many new records; a row of plain values is the request's own."""
        if isinstance(given, Mapping):
            return self._row(given)
        if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
            kind = type(given).__name__
            raise BadValue(f"a list of dicts is expected, not a {kind}", "give a list of dicts")
        if type(given) is list and are_plain(given, self._inputs.plain):
            return given
        row = self._row
        found = []
        for place, one in enumerate(given):
            try:
                found.append(row(one))
            except (BadName, BadValue) as bad:
                bad.path.insert(0, str(place))
                raise
        return found

    def _row(self, given: Any) -> Any:
        if is_plain(given, self._inputs.plain):
            return given
        return turned(self._scalars, given, f"the data of `{self.name}`")

    @cached_property
    def _scalars(self) -> Table:
        return {field.name: (field.name, _creation(field)) for field in self.model.scalars}

    @cached_property
    def _create(self) -> Table:
        table = dict(self._scalars)
        for relation in self.model.relations:
            table[relation.name] = (relation.name, self._nested(relation, is_new=True))
        return table

    @cached_property
    def _changes(self) -> Table:
        return {field.name: (field.name, _change(field)) for field in self.model.scalars}

    @cached_property
    def _update(self) -> Table:
        table = dict(self._changes)
        for relation in self.model.relations:
            table[relation.name] = (relation.name, self._nested(relation, is_new=False))
        return table

    def changes(self, given: Any) -> Any:
        """Turn the changes to many records: scalars alone."""
        return turned(self._changes, given, f"the data of `{self.name}`")

    def _nested(self, field: RelationField, *, is_new: bool) -> Turn:
        table: Table | None = None
        what = f"what the relation `{field.name}` is given"

        def turn(value: Any) -> Any:
            nonlocal table
            if table is None:
                table = both(self._nested_names(field, is_new=is_new))
            return turned(table, value, what)

        return turn

    def _nested_names(self, field: RelationField, *, is_new: bool) -> dict[str, Turn]:
        below, inputs = self.below(field), self._inputs.below(field)
        connect_or_create = _envelope({"where": inputs.unique, "create": below.create})
        create_many = _envelope({"data": below.rows, "skip_duplicates": same})
        names: dict[str, Turn] = {
            "create": lambda value: many(value, below.create),
            "connect": inputs.uniques,
            "connect_or_create": connect_or_create,
        }
        if is_list(field):
            names["create_many"] = create_many
        if is_new:
            return names
        condition = {"where": inputs.where}
        upsert = _envelope({**condition, "create": below.create, "update": below.update})
        names["upsert"] = upsert
        if not is_list(field):
            names |= dict.fromkeys(("disconnect", "delete"), _truth_or(inputs.where))
            names["update"] = below.to_one
            return names
        names |= dict.fromkeys(("set", "disconnect", "delete"), inputs.uniques)
        names["update"] = _envelope({"where": inputs.unique, "data": below.update})
        names["upsert"] = _envelope(
            {"where": inputs.unique, "create": below.create, "update": below.update}
        )
        names["update_many"] = _envelope({**condition, "data": below.changes})
        names["delete_many"] = inputs.wheres
        return names

    def to_one(self, given: Any) -> Any:
        """Turn the changes to a single related record, with a condition on it or without."""
        if isinstance(given, Mapping) and "data" in given and given.keys() <= {"where", "data"}:
            table = both({"where": self._inputs.where, "data": self.update})
            return turned(table, given, f"the update of `{self.name}`")
        return self.update(given)


def _envelope(names: dict[str, Turn]) -> Turn:
    table = both(names)
    return lambda value: many(value, lambda one: turned(table, one, "a nested write"))


def _truth_or(turn: Turn) -> Turn:
    return lambda value: value if isinstance(value, bool) else turn(value)


def _creation(field: ScalarField) -> Turn:
    if not is_list(field):
        return write_json if is_json(field) else write
    whole = write_json_list if is_json(field) else write_list
    return _operation({"set": whole}, whole, field)


def _change(field: ScalarField) -> Turn:
    if is_list(field):
        whole = write_json_list if is_json(field) else write_list
        one = write_json if is_json(field) else write

        def push(value: Any) -> Any:
            return many(value, one)

        return _operation({"set": whole, "push": push}, whole, field)
    if is_json(field):
        return write_json
    names = ("set", "increment", "decrement", "multiply", "divide")
    return _operation(dict.fromkeys(names, write), write, field)


def _operation(names: dict[str, Turn], value: Turn, field: ScalarField) -> Turn:
    table = both(names)
    what = f"an operation on `{field.name}`"

    def turn(given: Any) -> Any:
        if isinstance(given, Mapping):
            return turned(table, given, what)
        return value(given)

    return turn
