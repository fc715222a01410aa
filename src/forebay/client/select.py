"""What is returned of a record, in Python spelling, turned into the JSON protocol's selection."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forebay.client.inputs import Inputs, Table, turned
from forebay.client.into import selected_by
from forebay.client.spelling import BadName, BadRelation, BadValue
from forebay.client.written import same
from forebay.schema.dmmf.client import is_list
from forebay.schema.model import RelationField

if TYPE_CHECKING:
    from forebay.client.request import Requests

# The arguments that say what is returned; the others of a relation say which records.
SELECTORS = frozenset({"select", "include", "omit"})

# All values of a record; nobody changes it.
EVERYTHING: dict[str, Any] = {"$composites": True, "$scalars": True}


class Selections:
    """What may be returned of one model's records."""

    def __init__(self, requests: Requests, inputs: Inputs) -> None:
        self._requests = requests
        self._inputs = inputs
        self.model = inputs.model
        self.name = inputs.name
        self._by_class: dict[type, dict[str, Any]] = {}

    @cached_property
    def _relations(self) -> dict[str, RelationField]:
        return {field.name: field for field in self.model.relations}

    @cached_property
    def _scalars(self) -> frozenset[str]:
        return frozenset(field.name for field in self.model.scalars)

    @cached_property
    def _known(self) -> list[str]:
        lists = any(is_list(field) for field in self.model.relations)
        return [*self._scalars, *self._relations, *(["_count"] if lists else [])]

    def selection(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Turn `select`, or `include` and `omit`, into a selection."""
        select = given.get("select")
        if select is not None:
            if given.get("include") is not None or given.get("omit") is not None:
                raise BadValue(
                    "`select` stands beside `include` or `omit`",
                    "give `select` alone: relations may stand in it",
                )
            return self._select(select)
        found = dict(EVERYTHING)
        for name, value in self._items(given.get("omit"), "omit"):
            if name not in self._scalars:
                raise _at("omit", BadName(name, self._scalars, f"a value of `{self.name}`"))
            if value:
                found[name] = False
        for name, value in self._items(given.get("include"), "include"):
            if name != "_count" and name not in self._relations:
                known = [one for one in self._known if one not in self._scalars]
                raise _at("include", BadRelation(name, known, f"a relation of `{self.name}`"))
            if value is not False and value is not None:
                found[name] = self._part("include", name, value)
        return found

    def of_class(self, cls: type) -> dict[str, Any]:
        """Return the selection of a class's fields."""
        found = self._by_class.get(cls)
        if found is None:
            found = self._by_class[cls] = selected_by(self._requests, self.model, cls)
        return found

    def _select(self, select: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in self._items(select, "select"):
            if value is False or value is None:
                continue
            if name in self._scalars:
                found[name] = True
            elif name == "_count" or name in self._relations:
                found[name] = self._part("select", name, value)
            else:
                raise _at("select", BadName(name, self._known, f"a field of `{self.name}`"))
        return found

    def _items(self, given: Any, name: str) -> Any:
        if given is None:
            return ()
        if not isinstance(given, Mapping):
            raise BadValue(
                f"`{name}` is a dict, and a {type(given).__name__} was given",
                f'write it as {name}={{"name": True}}',
            )
        return given.items()

    def _part(self, of: str, name: str, value: Any) -> Any:
        """Turn what is asked of a relation."""
        if value is True:
            # In the protocol this is all values, too.
            return True
        try:
            if name == "_count":
                return self._counts(value)
            field = self._relations[name]
            return self._requests.selections(field.related_model.name).related(value, field)
        except (BadName, BadValue) as bad:
            bad.path[:0] = [of, name]
            raise

    def related(self, given: Any, field: RelationField) -> dict[str, Any]:
        """Turn what is asked of a relation to this model: which records, and what of them."""
        table = self._arguments if is_list(field) else self._condition
        if not isinstance(given, Mapping):
            raise BadValue(
                f"a relation is asked for by True or by a dict, not by a {type(given).__name__}",
                "give True, or a dict of options",
            )
        options = {name: value for name, value in given.items() if name not in SELECTORS}
        what = f"an option of `{field.name}`"
        known = [*table, *SELECTORS]
        for name in options:
            if name not in table:
                raise BadName(name, known, what)
        arguments = {name: value for name, value in options.items() if value is not None}
        return {"arguments": turned(table, arguments, what), "selection": self.selection(given)}

    @cached_property
    def _condition(self) -> Table:
        return {"where": ("where", self._inputs.where)}

    @cached_property
    def _arguments(self) -> Table:
        inputs = self._inputs
        return {
            **self._condition,
            "take": ("take", same),
            "skip": ("skip", same),
            "order_by": ("orderBy", inputs.order),
            "order": ("orderBy", inputs.order),
            "orderBy": ("orderBy", inputs.order),
            "cursor": ("cursor", inputs.unique),
            "distinct": ("distinct", inputs.field_names),
        }

    def _counts(self, given: Any) -> Any:
        """Turn `_count`: which related records are counted, each list by a condition."""
        lists = {name: field for name, field in self._relations.items() if is_list(field)}
        chosen = given.get("select") if isinstance(given, Mapping) else None
        if not isinstance(chosen, Mapping) or len(given) != 1:
            raise BadValue(
                "`_count` is given True, or which lists to count",
                'write it as {"_count": {"select": {"name": True}}}',
            )
        found: dict[str, Any] = {}
        for name, value in chosen.items():
            if name not in lists:
                raise _at("select", BadName(name, lists, f"a list of `{self.name}`"))
            if isinstance(value, Mapping):
                inputs = self._requests.inputs(lists[name].related_model.name)
                table = {"where": ("where", inputs.where)}
                options = {one: inner for one, inner in value.items() if inner is not None}
                found[name] = {"arguments": turned(table, options, f"the count of `{name}`")}
            elif value:
                found[name] = True
        return {"selection": found}


def _at(name: str, bad: BadName) -> BadName:
    bad.path.insert(0, name)
    return bad
