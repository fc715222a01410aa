"""Turns an operation into a request of Prisma's JSON protocol, and an answer into its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from forebay.client.data import Data
from forebay.client.errors import (
    PrismaError,
    UnknownModelError,
    UnknownRelationalFieldError,
    bad_request,
)
from forebay.client.inputs import AGGREGATES, Inputs, Turn
from forebay.client.operation import Operation
from forebay.client.operations import OPERATIONS
from forebay.client.select import EVERYTHING, SELECTORS, Selections
from forebay.client.spelling import BadName, BadRelation, BadValue, meant
from forebay.client.written import same
from forebay.schema.dmmf.client import Client, ClientModel

Json: TypeAlias = Any
Finish: TypeAlias = Callable[[Any], Any]
Names: TypeAlias = Mapping[str, tuple[str, Turn]]

# The protocol's action for each of ours.
ACTIONS = {name: kind.action for name, kind in OPERATIONS.items()}
# Those that answer None where the record is not there.
QUIET = frozenset({"update", "delete"})

_AFFECTED = frozenset(name for name, kind in OPERATIONS.items() if kind.gives == "count")
_COUNT: dict[str, Any] = {"count": True}
_ALL: dict[str, Any] = {"_count": {"selection": {"_all": True}}}


class ModelRequests:
    """The requests about one model."""

    def __init__(self, requests: Requests, model: ClientModel) -> None:
        self.name = model.name
        self.inputs = requests.inputs(model.name)
        self.data = requests.data(model.name)
        self.selections = requests.selections(model.name)
        self._tables: dict[str, Names] = {}

    def build(self, operation: Operation) -> tuple[dict[str, Json], Finish | None]:
        """Return the request of an operation, and what makes its result of the data, if needed."""
        action = operation.action
        table = self._tables.get(action)
        if table is None:
            table = self._tables[action] = self._table(action)
        arguments: dict[str, Any] = {}
        is_usual = action not in _UNUSUAL
        name = ""
        try:
            for name, value in operation.arguments.items():
                if name in table:
                    known, turn = table[name]
                    arguments[known] = turn(value)
                else:
                    is_usual = False
        except (BadName, BadValue) as bad:
            bad.path.insert(0, name)
            raise
        request = {
            "modelName": self.name,
            "action": ACTIONS[action],
            "query": {"arguments": arguments, "selection": EVERYTHING},
        }
        return (request, None) if is_usual else self._unusual(operation, table, request)

    def _unusual(
        self, operation: Operation, table: Names, request: dict[str, Json]
    ) -> tuple[dict[str, Json], Finish | None]:
        """Finish the request of an operation that selects, counts or sums."""
        action, given, query = operation.action, operation.arguments, request["query"]
        if action in _SUMMARIES:
            finish, names = self._summary(action, given, query)
        elif action in _AFFECTED:
            query["selection"] = _COUNT
            finish, names = _affected, frozenset()
        else:
            finish, names = None, _RETURNING
            self._returning(given, request)
        if action == "upsert":
            both = query["arguments"].pop("data", None)
            query["arguments"] |= both or {}
        for name in given:
            if name not in table and name not in names:
                raise BadName(name, [*table, *names], f"an argument of `{operation.title}`")
        return request, finish

    def _returning(self, given: Mapping[str, Any], request: dict[str, Json]) -> None:
        into = given.get("into")
        if into is not None:
            if not given.keys().isdisjoint(SELECTORS):
                raise BadValue(
                    "`into` stands beside `select`, `include` or `omit`",
                    "leave them out: the class says which fields are fetched",
                )
            request["query"]["selection"] = self.selections.of_class(into)
            request["into"] = into
        elif not given.keys().isdisjoint(SELECTORS):
            request["query"]["selection"] = self.selections.selection(given)

    def _summary(
        self, action: str, given: Mapping[str, Any], query: dict[str, Any]
    ) -> tuple[Finish | None, frozenset[str]]:
        if action == "count":
            select = given.get("select")
            if select is None or select is True:
                query["selection"] = _ALL
                return _counted, _SELECT
            names = {**self._counted_names(select, "select")}
            query["selection"] = {"_count": {"selection": names}}
            return _counts, _SELECT
        selection: dict[str, Any] = {}
        if action == "group_by":
            selection |= dict.fromkeys(query["arguments"].get("by", ()), True)
        for name in AGGREGATES:
            wanted = given.get(name[1:])
            if wanted is None or wanted is False:
                continue
            selection[name] = {"selection": self._counted_names(wanted, name[1:])}
        if not selection:
            raise BadValue(
                "nothing is asked for", "give at least one of count, avg, sum, min and max"
            )
        query["selection"] = selection
        return None, _AGGREGATES

    def _counted_names(self, wanted: Any, of: str) -> dict[str, Any]:
        if wanted is True:
            if of not in ("count", "select"):
                raise BadValue(
                    f"`{of}` is given True, and which fields is not said",
                    f'write it as {of}={{"name": True}}',
                )
            return {"_all": True}
        known = [*(field.name for field in self.inputs.model.scalars), "_all"]
        found: dict[str, Any] = {}
        for name, value in wanted.items():
            if name not in known:
                bad = BadName(name, known, f"a field of `{self.name}`")
                bad.path.insert(0, of)
                raise bad
            if value:
                found[name] = True
        return found

    def _table(self, action: str) -> Names:
        """Return the arguments of an action that become arguments of the request."""
        inputs, data = self.inputs, self.data
        names: dict[str, Turn] = {"where": inputs.where}
        if action in _BY_KEY:
            names["where"] = inputs.unique
        if action.startswith(("find_first", "find_many")) or action in _SUMMARIES:
            names |= {"take": same, "skip": same}
            if action != "group_by":
                names |= {"cursor": inputs.unique, "order": inputs.order}
            if action not in _SUMMARIES:
                names["distinct"] = inputs.field_names
        if action == "group_by":
            names |= {"by": inputs.field_names, "having": inputs.having}
            names["order"] = inputs.group_order
        names |= self._data(action, data)
        if action in ("create", "create_many", "create_many_and_return"):
            del names["where"]
        return {name: (_PROTOCOL.get(name, name), turn) for name, turn in names.items()}

    def _data(self, action: str, data: Data) -> dict[str, Turn]:
        if action == "create":
            return {"data": data.create}
        if action == "upsert":
            return {"data": self._upsert}
        if action == "update":
            return {"data": data.update}
        if action.startswith("create_many"):
            return {"data": data.rows, "skip_duplicates": same}
        if action.startswith("update_many"):
            return {"data": data.changes, "limit": same}
        return {"limit": same} if action == "delete_many" else {}

    def _upsert(self, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.keys() != {"create", "update"}:
            raise BadValue(
                "the data of upsert() is a dict of `create` and `update`",
                'write it as data={"create": {…}, "update": {…}}',
            )
        found = {}
        for name, turn in (("create", self.data.create), ("update", self.data.update)):
            try:
                found[name] = turn(given[name])
            except (BadName, BadValue) as bad:
                bad.path.insert(0, name)
                raise
        return found


_PROTOCOL = {"order": "orderBy", "skip_duplicates": "skipDuplicates"}
_BY_KEY = frozenset({"find_unique", "find_unique_or_raise", "update", "upsert", "delete"})
_SUMMARIES = frozenset(name for name, kind in OPERATIONS.items() if kind.gives == "summary")
_UNUSUAL = _SUMMARIES | _AFFECTED | {"upsert"}
_SELECT = frozenset({"select"})
_RETURNING = SELECTORS | {"into"}
_AGGREGATES = frozenset(name[1:] for name in AGGREGATES)


def _affected(data: Any) -> Any:
    return data["count"]


def _counted(data: Any) -> Any:
    return data["_count"]["_all"]


def _counts(data: Any) -> Any:
    return data["_count"]


class Requests:
    """Builds the requests of one schema; what it knows of a model is made when first needed."""

    def __init__(self, client: Client) -> None:
        self._models = {model.name: model for model in client.models}
        self._inputs: dict[str, Inputs] = {}
        self._data: dict[str, Data] = {}
        self._selections: dict[str, Selections] = {}
        self._requests: dict[str, ModelRequests] = {}

    def model(self, name: str) -> ClientModel:
        """Return a model.

        Raises:
            UnknownModelError: the schema has none of that name.
        """
        found = self._models.get(name)
        if found is None:
            raise UnknownModelError(
                f"the schema has no model `{name}`", hint=meant(name, list(self._models))
            )
        return found

    def inputs(self, name: str) -> Inputs:
        """Return what a model's conditions and orders may say."""
        found = self._inputs.get(name)
        if found is None:
            found = self._inputs[name] = Inputs(self, self.model(name))
        return found

    def data(self, name: str) -> Data:
        """Return what a model's records may be given."""
        found = self._data.get(name)
        if found is None:
            found = self._data[name] = Data(self, self.inputs(name))
        return found

    def selections(self, name: str) -> Selections:
        """Return what may be returned of a model's records."""
        found = self._selections.get(name)
        if found is None:
            found = self._selections[name] = Selections(self, self.inputs(name))
        return found

    def build(self, operation: Operation) -> tuple[dict[str, Json], Finish | None]:
        """Return the request of an operation, and what makes its result of the data, if needed.

        Raises:
            PrismaError: it names what is not there, or holds what cannot be written.
        """
        name = operation.model or ""
        found = self._requests.get(name)
        if found is None:
            found = self._requests[name] = ModelRequests(self, self.model(name))
        try:
            return found.build(operation)
        except (BadName, BadValue) as bad:
            raise _refusal(bad, operation) from None


def _refusal(bad: BadName | BadValue, operation: Operation) -> PrismaError:
    path = ".".join(bad.path)
    meta = {"argumentPath": list(bad.path), "model": operation.model}
    if isinstance(bad, BadName):
        message = f"{operation.title}: `{path}`: there is no `{bad.name}`; {bad.what} is expected"
        if isinstance(bad, BadRelation):
            return UnknownRelationalFieldError(message, hint=bad.hint, **meta)
        return bad_request("P2009", message, bad.hint, kind="UnknownName", **meta)
    where = f"`{path}`: " if path else ""
    return bad_request(
        "P2009",
        f"{operation.title}: {where}{bad.message}",
        bad.hint,
        kind="InvalidValue",
        **meta,
    )
