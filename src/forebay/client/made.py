"""Makes the classes of a schema on the spot, for a package without generated files."""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any, ForwardRef, Optional, cast

from pydantic import Field, create_model

from forebay.client.model import Model, is_none
from forebay.client.names import COUNT, attribute_names, class_name, instance_names, member_names
from forebay.client.package import Interface, Package, Source
from forebay.schema.dmmf.client import Client, ClientModel, is_list
from forebay.schema.model import Datasource, Enum, RelationField, ScalarField, Schema

if TYPE_CHECKING:
    from forebay.schema.model import EnvironmentOr

PYTHON_TYPES: dict[str, Any] = {
    "String": str,
    "Int": int,
    "BigInt": int,
    "Float": float,
    "Boolean": bool,
    "DateTime": datetime,
    "Decimal": Decimal,
    "Bytes": bytes,
    "Json": Any,
}


_NUMBERS = count(1)


def package_of(schema: Schema, interface: Interface) -> Package:
    """Return a package of a checked schema."""
    models = {one.name: one for one in Client(schema, 6).models}
    enums = {enum.name: enum for enum in schema.enums}
    named = [(one.name, one.model.node.documentation) for one in models.values()]
    # Classes have a module of their own: pydantic and pickle look names up there.
    module = ModuleType(f"{__name__}_{next(_NUMBERS)}")
    sys.modules[module.__name__] = module
    package = Package(
        interface=interface,
        source=source_of(schema.datasource),
        instances={attribute: name for name, attribute in instance_names(named).items()},
        schema=lambda: schema,
        model=lambda name: _model(models[name], package, module),
        enum=lambda name: _enum(enums[name], module),
        client=lambda: _client(package, module),
        identity=module.__name__,
    )
    return package


def source_of(datasource: Datasource | None) -> Source:
    """Return where a datasource says its database is."""
    if datasource is None:
        return Source()
    url, url_variable = _parts(datasource.url, "DATABASE_URL")
    direct, direct_variable = _parts(datasource.direct_url, None)
    return Source(datasource.name, url, url_variable, direct, direct_variable)


def _parts(value: EnvironmentOr | None, variable: str | None) -> tuple[str | None, str | None]:
    return (None, variable) if value is None else (value.value, value.variable)


def _client(package: Package, module: ModuleType) -> type[Any]:
    found = module.__dict__.get("Client")
    if found is None:
        from forebay.client.base import AsyncClient, SyncClient

        base: Any = AsyncClient if package.interface == "asyncio" else SyncClient
        found = type("Client", (base,), {"package": package, "__module__": module.__name__})
        module.__dict__["Client"] = found
    return cast("type[Any]", found)


def _enum(enum: Enum, module: ModuleType) -> type[StrEnum]:
    names = member_names(member.name for member in enum.members)
    members = [(attribute, name) for name, attribute in names.items()]
    make: Any = StrEnum
    found: type[StrEnum] = make(class_name(enum.name), members, module=module.__name__)
    setattr(module, found.__name__, found)
    return found


def _model(model: ClientModel, package: Package, module: ModuleType) -> type[Model]:
    attributes = attribute_names(field.name for field in model.fields)
    taken = set(attributes.values())
    fields: dict[str, Any] = {}
    related: dict[str, str] = {}
    for one in model.fields:
        attribute = attributes[one.name]
        alias = None if attribute == one.name else one.name
        if isinstance(one, RelationField):
            name = class_name(one.related_model.name)
            while name in taken:
                # A field of that name hides the class where pydantic looks for it.
                name = f"{name}_" if name.startswith("_") else f"_{name}"
            related[name] = one.related_model.name
            type_: Any = ForwardRef(name)
            type_ = Optional[list[type_] if is_list(one) else type_]  # noqa: UP045 - made here
            fields[attribute] = (type_, Field(default=None, alias=alias))
        else:
            fields[attribute] = _scalar(one, alias, package)
    if any(is_list(one) for one in model.relations):
        fields[COUNT] = (
            dict[str, int] | None,
            Field(default=None, alias="_count", exclude_if=is_none),
        )
    made = create_model(
        class_name(model.name), __base__=Model, __module__=module.__name__, **fields
    )
    setattr(module, made.__name__, made)
    made.__package__, made.__model__, made.__related__ = package, model.name, related
    return made


def _scalar(field: ScalarField, alias: str | None, package: Package) -> tuple[Any, Any]:
    type_ = package.enum(field.enum.name) if field.enum else PYTHON_TYPES[field.type]
    if is_list(field):
        return list[type_], Field(alias=alias)  # type: ignore[valid-type]
    if field.arity == "?":
        return type_ | None if type_ is not Any else Any, Field(default=None, alias=alias)
    return type_, Field(alias=alias)
