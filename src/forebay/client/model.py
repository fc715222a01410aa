"""The base of every model class, generated or made from a schema's text.

A class refers to the classes of related models by name only, so that each can be loaded by itself;
the names are looked up when pydantic first needs them: to validate, to dump, to describe.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler

from forebay.client.deep import deeply, is_deep
from forebay.client.names import COUNT
from forebay.errors import ConfigurationError

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

    from forebay.client.package import Package


# How many models may be connected before describing one recurses deeper than usual.
LARGE = 25


def is_none(value: object) -> bool:
    """Say whether a value is left out of what is dumped."""
    return value is None


class Model(BaseModel):
    """A record. Relations that were not included are None."""

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        defer_build=True,
        populate_by_name=True,
        protected_namespaces=(),
    )

    # The package that a class belongs to, the model it stands for, and the models its fields name:
    # by the name that annotations use, the name in the schema.
    __package__: ClassVar[Package]
    __model__: ClassVar[str]
    __related__: ClassVar[dict[str, str]] = {}
    __is_linked__: ClassVar[bool] = False

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Resolve the names of related models, and build the class for validation.

        ``options`` are pydantic's own.
        """
        link(cls)
        if _is_large(cls) and not is_deep():
            # In a thread of its own there is no caller whose names could be looked up.
            options.pop("_parent_namespace_depth", None)
            options["_types_namespace"] = options.get("_types_namespace") or {}
            rebuild: Any = super().model_rebuild
            done: bool | None = deeply(lambda: rebuild(**options))
            return done
        # One frame more lies between pydantic's look at the caller's names and the caller.
        depth = options.pop("_parent_namespace_depth", 2) + 1
        return super().model_rebuild(**options, _parent_namespace_depth=depth)

    @classmethod
    def prisma(cls, client: Any = None) -> Any:
        """Return the model's operations, on this client or on the process's own.

        A subclass of a generated class reads its own fields alone.
        """
        from forebay.client.actions import Actions
        from forebay.client.process import client_of

        package, name = cls.__package__, cls.__model__
        if client is None:
            client = client_of(package.client())
        if cls is package.model(name):
            return Actions(client, name)
        return Actions(client, name, into=cls)

    @classmethod
    def create_partial(cls, name: str, **options: Any) -> NoReturn:
        """Refuse: the archived client made classes of some fields so, while it generated.

        Raises:
            ConfigurationError: always; it says what takes its place.
        """
        raise ConfigurationError(
            f"{cls.__name__}.create_partial({name!r}) makes no class: nothing runs it when a "
            "client is generated",
            hint=f"declare `class {name}(BaseModel)` with the fields that you want, and give it "
            f"to an operation as into={name}",
        )

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show the fields; counts only where they were asked for."""
        for name, value in super().__repr_args__():
            if name != COUNT or value is not None:
                yield name, value

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say of a field that was not selected what to do."""
            if name in type(self).__pydantic_fields__:
                model = type(self).__name__
                raise AttributeError(
                    f"{model}.{name} was not selected: add it to select, or leave it out of omit"
                )
            return super().__getattr__(name)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        """Describe the class to pydantic, as part of another class or by itself."""
        link(cls)
        if _is_large(cls) and not is_deep() and not cls.__pydantic_complete__:
            cls.model_rebuild()
        return handler(source)


def _is_large(cls: type[Model]) -> bool:
    """Say whether a class may lead to more others than Python's limit of recursion allows."""
    package = getattr(cls, "__package__", None)
    return package is not None and len(package.instances) > LARGE


def link(cls: type[Model]) -> None:
    """Give the modules of all classes that a class leads to the names that annotations use."""
    waiting: list[type[Any]] = [*cls.__mro__]
    while waiting:
        current = waiting.pop()
        related: dict[str, str] | None = current.__dict__.get("__related__")
        if not related or current.__dict__.get("__is_linked__"):
            continue
        current.__is_linked__ = True
        module = sys.modules[current.__module__]
        for local, name in related.items():
            found = current.__package__.model(name)
            setattr(module, local, found)
            waiting.append(found)
