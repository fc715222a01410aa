"""What an extension is made of, and what a hook is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from forebay.client.extensions.engines import Performer
from forebay.client.operation import Operation
from forebay.engine.catalog import Catalog


class Call:
    """An operation on its way, as a hook sees it.

    ``model`` is None for raw SQL. ``arguments`` are the caller's own dict's copy: change them, or
    give others to `query`.
    """

    __slots__ = ("_next", "action", "arguments", "client", "model")

    def __init__(
        self, client: Any, operation: Operation, proceed: Callable[[Operation], Any]
    ) -> None:
        self.client = client
        self.model = operation.model
        self.action = operation.action
        self.arguments: dict[str, Any] = dict(operation.arguments)
        self._next = proceed

    def query(self, arguments: Mapping[str, Any] | None = None) -> Any:
        """Go on with the operation, and return its result (with asyncio, await it)."""
        given = self.arguments if arguments is None else arguments
        present = {name: value for name, value in given.items() if value is not None}
        return self._next(Operation(self.model, self.action, present))


Hook: TypeAlias = Callable[[Call], Any]
# By operation, "all_operations" for all of them.
Hooks: TypeAlias = Mapping[str, Hook]
# By model ("user" or "User"), "all_models" for all; what belongs to no model stands beside them.
Query: TypeAlias = Mapping[str, "Hooks | Hook"]


class Computed(NamedTuple):
    """A field that is computed: of which fields, and how, from an instance that has them."""

    needs: Iterable[str]
    compute: Callable[[Any], Any]


Result: TypeAlias = Mapping[str, Mapping[str, Computed]]
# Functions get the model's actions, or the client, before their own arguments.
Methods: TypeAlias = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Extension:
    """Hooks, computed fields and methods under one name; a client takes any number of them.

    ``covers_all`` says that for every model it has hooks for, none of the operations is left out:
    one that is makes loading fail.
    """

    query: Query = field(default_factory=dict)
    model: Mapping[str, Methods] = field(default_factory=dict)
    result: Result = field(default_factory=dict)
    client: Methods = field(default_factory=dict)
    name: str = "an extension"
    covers_all: bool = False


class Guard(Protocol):
    """An extension below all hooks: it stands around the engine, and sees every request."""

    def check(self, catalog: Catalog) -> None:
        """Raise where it does not fit the schema."""

    def around(self, engine: Performer) -> Performer:
        """Return an engine around another."""


class Layer(NamedTuple):
    """One of the engines around a client's engine, and what it is of."""

    owner: object
    make: Callable[[Any], Any]

    def __call__(self, engine: Any) -> Any:
        """Return the engine around another."""
        return self.make(engine)
