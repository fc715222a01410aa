"""Loads the parts of a generated package, each when it is first asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

from forebay.client.names import class_name
from forebay.client.package import Interface, Package, Source
from forebay.errors import ConfigurationError

if TYPE_CHECKING:
    from forebay.client.model import Model
    from forebay.schema.model import Schema


def generated_package(
    package: str | None,
    file: str,
    *,
    name: str,
    interface: Interface,
    source: Source,
    instances: Mapping[str, str],
    modules: Mapping[str, str],
) -> Package:
    """Return what a generated package says of itself.

    ``package`` is its name as it was loaded, ``file`` one of its files. ``modules`` are the files
    of the models.
    """
    if package is None:
        raise ConfigurationError(
            f"{file} is loaded by itself", hint="import the package that it belongs to"
        )
    top = package

    def model(name: str) -> type[Model]:
        module = import_module(f"{top}.models.{modules[name]}")
        found: type[Model] = getattr(module, class_name(name))
        return found

    def enum(name: str) -> type[StrEnum]:
        found: type[StrEnum] = getattr(import_module(f"{top}.enums"), class_name(name))
        return found

    def client() -> type[Any]:
        found: type[Any] = import_module(f"{top}.client").Client
        return found

    return Package(
        name=name,
        interface=interface,
        source=source,
        instances=instances,
        schema=lambda: _schema(top, file),
        model=model,
        enum=enum,
        client=client,
        identity=os.path.dirname(os.path.realpath(file)),
    )


def _schema(package: str, file: str) -> Schema:
    """Read the data model that the generator has checked."""
    from forebay.schema.compact import from_compact

    hint = "run `forebay generate` again, and deploy all of its files"
    path = os.path.join(os.path.dirname(file), "schema.json")
    try:
        return from_compact(json.loads(_read(package, path)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"the data model of the package {package} cannot be read from {path}: {error}",
            hint=hint,
        ) from None


def _read(package: str, path: str) -> bytes:
    """Read a file beside the package's code, be that in a folder or in an archive."""
    loader = getattr(import_module(package).__spec__, "loader", None)
    read = getattr(loader, "get_data", None)
    if read is not None:
        found: bytes = read(path)
        return found
    with open(path, "rb") as stream:
        return stream.read()
