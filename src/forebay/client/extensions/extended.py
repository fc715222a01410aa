"""Makes clients of clients: with extensions, or with what stands around the engine replaced."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from types import MethodType
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from forebay.client.extensions.extension import Extension, Guard, Layer, Methods
from forebay.client.extensions.hooks import ALL_MODELS, Chain, model_of
from forebay.client.extensions.scoping.failures import ExtensionInvalid
from forebay.engine.catalog import Catalog

if TYPE_CHECKING:
    from forebay.client.package import Package

C = TypeVar("C")

_catalogs: WeakKeyDictionary[Package, Catalog] = WeakKeyDictionary()


def extended(client: C, /, *extensions: Extension | Guard, **parts: Any) -> C:
    """Return a client with extensions, that shares the connections of the one given.

    ``parts`` are those of one more `Extension`.

    Raises:
        ExtensionInvalid: one of them does not fit the schema, or leaves out what it says it covers.
    """
    given: Any = client
    made = given._copy()
    every = [*extensions, *([Extension(**parts)] if any(parts.values()) else [])]
    for one in every:
        if isinstance(one, Extension):
            _add(made, one)
        elif hasattr(one, "around"):
            one.check(catalog_of(made.package))
            _surround(made, (*made._around, Layer(one, one.around)))
        else:
            raise ExtensionInvalid(
                f"extend was given {one!r}, which is no extension.",
                hint="Give Tenant(…), SoftDelete(…), Extension(…), or query=, model=, result=, "
                "client=.",
            )
    return made  # type: ignore[no-any-return]  # a copy is of the class of what it copies


def catalog_of(package: Package) -> Catalog:
    """Return what is known of a package's schema, wherever its tables are."""
    found = _catalogs.get(package)
    if found is None:
        found = _catalogs[package] = Catalog(package.schema())
    return found


def with_layers(client: C, change: Callable[[tuple[Layer, ...]], tuple[Layer, ...]]) -> C:
    """Return a client, or a model's actions of one, with other engines around its engine."""
    made: Any = copy(client)
    if hasattr(made, "_client"):
        made._client = with_layers(made._client, change)
    else:
        _surround(made, change(made._around))
    return made  # type: ignore[no-any-return]


def _surround(client: Any, layers: tuple[Layer, ...]) -> None:
    client._around = layers
    # It is made anew when the client is next asked for something.
    client.__dict__.pop("_engine", None)


def _add(client: Any, extension: Extension) -> None:
    package = client.package
    before = client._chain.extensions if client._chain is not None else ()
    chain = Chain(package, (*before, extension))
    if extension.query or extension.result or before:
        client._chain = chain
    if extension.model or extension.client:
        client.__class__ = _class_of(type(client), package, extension)


class _Actions:
    """The attribute of a client that stands for a model, with more methods."""

    def __init__(self, kind: type[Any], model: str) -> None:
        self.kind = kind
        self._model = model

    def __get__(self, client: Any, owner: type) -> Any:
        return self if client is None else self.kind(client, self._model)


def _class_of(base: type[Any], package: Package, extension: Extension) -> type[Any]:
    """Return the class of a client's with methods; its instances are instances of the client's."""
    members: dict[str, Any] = {}
    for name, function in extension.client.items():
        if name.startswith("_") or hasattr(base, name):
            raise ExtensionInvalid(
                f"{extension.name} has a method `{name}` for the client, which has one already.",
                hint="Give it another name.",
            )
        members[name] = _method(extension.name, name, function)
    for attribute, model in package.instances.items():
        methods = _methods_for(package, extension, model)
        if methods:
            members[attribute] = _Actions(_actions_of(base, attribute, extension, methods), model)
    return type(base.__name__, (base,), members | {"__module__": base.__module__})


def _methods_for(package: Package, extension: Extension, model: str) -> Methods:
    found: dict[str, Callable[..., Any]] = {}
    for name, methods in extension.model.items():
        if name == ALL_MODELS or model_of(package, name, extension.name) == model:
            found |= methods
    return found


def _actions_of(
    base: type[Any], attribute: str, extension: Extension, methods: Methods
) -> type[Any]:
    from forebay.client.actions import Actions

    before = getattr(base, attribute, None)
    kind: type[Any] = before.kind if isinstance(before, _Actions) else Actions
    members: dict[str, Any] = {"__slots__": ()}
    for name, function in methods.items():
        if name.startswith("_") or hasattr(kind, name):
            raise ExtensionInvalid(
                f"{extension.name} has a method `{name}` for `{attribute}`, which has one already.",
                hint="Give it another name; what an operation does is changed by query=….",
            )
        members[name] = _method(extension.name, name, function)
    return type(kind.__name__, (kind,), members)


def _method(extension: str, name: str, function: Any) -> Any:
    if not callable(function):
        raise ExtensionInvalid(
            f"{extension} has something that is no function for the method `{name}`.",
            hint="Give a function whose first argument is the client, or the model's actions.",
        )
    if hasattr(function, "__get__"):
        return function
    # What is called without being a function, a partial, say, does not bind itself.
    return property(lambda self: MethodType(function, self))
