"""What a package of models says of itself: its data model, its classes, its names.

A generated package makes one of these from its files, each loaded when it is first asked for; a
schema's text makes one without generating anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from forebay.client.model import Model
    from forebay.schema.model import Schema

Interface: TypeAlias = Literal["asyncio", "sync"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the schema says the database is: a URL, or the environment variable that holds it."""

    name: str = "db"
    url: str | None = None
    url_variable: str | None = "DATABASE_URL"
    direct_url: str | None = None
    direct_url_variable: str | None = None


class Package:
    """A package of models.

    ``instances`` are the names of the models by the attribute of a client that stands for each:
    `{"user": "User"}`.
    """

    def __init__(
        self,
        *,
        interface: Interface,
        source: Source,
        instances: Mapping[str, str],
        schema: Callable[[], Schema],
        model: Callable[[str], type[Model]],
        enum: Callable[[str], type[StrEnum]],
        client: Callable[[], type[Any]],
        identity: str,
        name: str = "client",
    ) -> None:
        """Keep how each part is loaded; each is loaded once."""
        # The same for one generated package, however often and under what name it is loaded.
        self.identity = identity
        self._load_client = client
        self.name = name
        self.interface: Interface = interface
        self.source = source
        self.instances = instances
        self._load_schema = schema
        self._load_model = model
        self._load_enum = enum
        self._schema: Schema | None = None
        self._models: dict[str, type[Model]] = {}
        self._enums: dict[str, type[StrEnum]] = {}
        self._attributes: dict[str, dict[str, str]] = {}

    @classmethod
    def from_text(cls, text: str, *, interface: Interface = "asyncio") -> Package:
        """Make a package of a schema's text, with classes made on the spot.

        Raises:
            SchemaError: the schema has errors.
        """
        from forebay.client.made import package_of
        from forebay.schema.load import load

        return package_of(load([("schema.prisma", text)]), interface)

    def schema(self) -> Schema:
        """Return the checked data model."""
        if self._schema is None:
            self._schema = self._load_schema()
        return self._schema

    def model(self, name: str) -> type[Model]:
        """Return a model's class, by the model's name.

        Raises:
            KeyError: there is no such model.
        """
        found = self._models.get(name)
        if found is None:
            found = self._models[name] = self._load_model(name)
        return found

    def enum(self, name: str) -> type[StrEnum]:
        """Return an enum's class, by the enum's name.

        Raises:
            KeyError: there is no such enum.
        """
        found = self._enums.get(name)
        if found is None:
            found = self._enums[name] = self._load_enum(name)
        return found

    def client(self) -> type[Any]:
        """Return the class of clients."""
        return self._load_client()

    def attributes(self, model: str) -> dict[str, str]:
        """Return the attribute that holds each field of a model: `{"from": "from_"}`.

        `_count` is among them, where the model has lists of others.
        """
        found = self._attributes.get(model)
        if found is None:
            fields = self.model(model).model_fields
            found = {field.alias or name: name for name, field in fields.items()}
            self._attributes[model] = found
        return found
