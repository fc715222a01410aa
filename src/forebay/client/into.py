"""Which fields a class of the user's asks for, so that exactly these are fetched."""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from forebay.client.errors import InvalidModelError
from forebay.schema.dmmf.client import ClientModel

if TYPE_CHECKING:
    from forebay.client.request import Requests


def selected_by(requests: Requests, model: ClientModel, cls: type) -> dict[str, Any]:
    """Return the selection of a class's fields.

    A field is the model's by its own name or its alias. One that the model does not have must have
    a default.

    Raises:
        InvalidModelError: the class is no pydantic class, or asks for what is not there.
    """
    if not (isinstance(cls, type) and issubclass(cls, BaseModel)):
        raise InvalidModelError(
            f"`into` is a pydantic class, and {cls!r} is none",
            hint="make the class a subclass of pydantic.BaseModel",
        )
    scalars = {field.name for field in model.scalars}
    relations = {field.name: field for field in model.relations}
    found: dict[str, Any] = {}
    for attribute, info in fields_of(cls).items():
        name = name_of(attribute, info, {*scalars, *relations, "_count"})
        if name in scalars:
            found[name] = True
        elif name == "_count":
            found[name] = True
        elif name in relations:
            inner = class_in(info.annotation)
            related = relations[name].related_model.name
            if inner is None:
                raise InvalidModelError(
                    f"`{cls.__name__}.{attribute}` is a relation to `{related}`, and its type names"
                    " no pydantic class",
                    hint="give it the class for its records, such as list[SomeClass]",
                )
            found[name] = {"selection": requests.selections(related).of_class(inner)}
        elif info.is_required():
            known = ", ".join(sorted({*scalars, *relations}))
            raise InvalidModelError(
                f"`{cls.__name__}.{attribute}` is no field of `{model.name}`",
                hint=f"give it a default, or an alias that is one of: {known}",
            )
    if not found:
        raise InvalidModelError(
            f"`{cls.__name__}` has no field of `{model.name}`",
            hint="name at least one field of the model in it",
        )
    return found


def fields_of(cls: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a class's fields, their types resolved."""
    if not cls.__pydantic_complete__:
        cls.model_rebuild(raise_errors=False)
    return cls.model_fields


def name_of(attribute: str, info: FieldInfo, known: set[str]) -> str | None:
    """Return the name in the schema of a class's field."""
    for name in (info.validation_alias, info.alias, attribute):
        if isinstance(name, str) and name in known:
            return name
    return None


def class_in(annotation: Any) -> type[BaseModel] | None:
    """Return the pydantic class in a type: `list[A]`, `A | None`, `Annotated[A, …]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin = get_origin(annotation)
    if origin is Annotated:
        return class_in(get_args(annotation)[0])
    if origin in (list, tuple, set, Union, UnionType) or origin is not None:
        for argument in get_args(annotation):
            found = class_in(argument)
            if found is not None:
                return found
    return None
