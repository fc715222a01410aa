"""What a pydantic class is like: its fields by the schema's names, and whether its slots may be
filled without validating.

A class is looked at once. What it would do when it is made (validators, default factories, a
post-init, private attributes, constraints, a configuration that changes values) is never skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property, lru_cache
from types import NoneType, UnionType
from typing import Any, ForwardRef, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from forebay.client.model import Model
from forebay.engine.catalog import Column, Entity, Link
from forebay.engine.failures import RequestError

# Settings of a class that change nothing about the values it is made with.
_HARMLESS = frozenset(
    {"arbitrary_types_allowed", "defer_build", "from_attributes", "frozen", "hide_input_in_errors"}
    | {"json_encoders", "json_schema_extra", "populate_by_name", "protected_namespaces", "title"}
    | {"ser_json_bytes", "ser_json_timedelta", "serialize_by_alias", "use_attribute_docstrings"}
    | {"use_enum_values", "validate_assignment", "validate_by_alias", "validate_by_name"}
    | {"alias_generator", "ser_json_inf_nan", "ser_json_temporal", "cache_strings"}
)
_TYPES: dict[str, tuple[object, ...]] = {
    "String": (str,),
    "Int": (int,),
    "BigInt": (int,),
    "Float": (float,),
    "Boolean": (bool,),
    "Decimal": (Decimal,),
    "DateTime": (datetime,),
    "Bytes": (bytes,),
}


class Form:
    """One class. All of its dictionaries are by the schema's names of fields."""

    def __init__(self, cls: type[BaseModel]) -> None:
        self.cls = cls
        if not cls.__pydantic_fields_complete__:
            cls.model_rebuild(raise_errors=False)
        self.fields: dict[str, FieldInfo] = {}
        # The names of attributes, and those under which values are validated.
        self.attributes: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        # The classes of single values.
        self.annotations: dict[str, Any] = {}
        uses_values = cls.model_config.get("use_enum_values", False)
        for attribute, info in cls.model_fields.items():
            alias = info.validation_alias if info.validation_alias is not None else info.alias
            name = info.alias or (alias if isinstance(alias, str) else attribute)
            self.fields[name] = info
            self.attributes[name] = attribute
            self.aliases[name] = alias if isinstance(alias, str) else attribute
            of = _single(info.annotation)
            is_enum = isinstance(of, type) and issubclass(of, Enum)
            self.annotations[name] = str if is_enum and uses_values else of

    @cached_property
    def does_nothing(self) -> bool:
        """Whether making one does nothing but to keep the values."""
        cls = self.cls
        seen = cls.__pydantic_decorators__
        own = (cls.__init__, cls.__new__, cls.__setattr__)
        return not (
            seen.validators
            or seen.field_validators
            or seen.root_validators
            or seen.model_validators
            or cls.__private_attributes__
            or cls.__pydantic_post_init__
            or own != (BaseModel.__init__, object.__new__, BaseModel.__setattr__)
            or cls.model_config.get("extra") == "allow"
            or set(cls.model_config) - _HARMLESS - {"extra"}
            or _describes_itself(cls)
        )

    def is_plain(self, columns: Sequence[Column], names: Sequence[str], *, is_own: bool) -> bool:
        """Say whether the slots may be filled with the values of ``names``.

        The columns' values must fit as they are. A class that ``is_own``, which was generated from
        the schema, may lack some of them.
        """
        if not self.does_nothing:
            return False
        if not is_own and not set(self.fields) <= set(names):
            return False
        for column in columns:
            info = self.fields.get(column.name)
            if info is None:
                return False
            if not _fits(column, info, self.annotations[column.name], is_own=is_own):
                return False
        given = set(names)
        return all(name in given or not info.default_factory for name, info in self.fields.items())

    def empty(self, entity: Entity, names: Sequence[str]) -> dict[str, Any]:
        """Return what a record begins with: its fields in their order; relations are None.

        What was not selected is left out, so that it is missed when it is read.
        """
        given = set(names)
        found: dict[str, Any] = {}
        for name, info in self.fields.items():
            if name in given:
                found[self.attributes[name]] = None
            elif name not in entity.columns and info.default is not PydanticUndefined:
                found[self.attributes[name]] = info.default
        return found

    def part(self, values: dict[str, Any], scalars: Iterable[str]) -> BaseModel:
        """Make a record of some of its fields, each of which is validated.

        Of the ``scalars`` those without a value are missed when they are read.
        """
        by_alias = {alias: self.attributes[name] for name, alias in self.aliases.items()}
        record = self.cls.model_construct()
        for name in scalars:
            record.__dict__.pop(self.attributes[name], None)
        self.cls.model_rebuild()
        for alias, value in values.items():
            if alias in by_alias:
                name = by_alias[alias]
                self.cls.__pydantic_validator__.validate_assignment(record, name, value)
            else:
                record.__dict__[alias] = value
        return record

    def related(self, link: Link) -> object:
        """Return the class of a relation's records."""
        found = self.annotations.get(link.name)
        if isinstance(found, type) and issubclass(found, BaseModel | dict):
            return found
        if found is Any or get_origin(found) is dict:
            return dict
        raise RequestError(
            "P2009",
            f"`{self.cls.__name__}` has no class for the relation `{link.name}`. "
            f"Write its field as `{link.name}: list[Model]` or `{link.name}: Model | None`.",
        )


@lru_cache(maxsize=1000)
def form_of(cls: type[BaseModel]) -> Form:
    """Return what a class is like."""
    return Form(cls)


def _describes_itself(cls: type[BaseModel]) -> bool:
    """Say whether a class tells pydantic how it is made. The base of generated classes does so
    too, and says nothing but where the names in its annotations lead.
    """
    return any(
        "__get_pydantic_core_schema__" in one.__dict__
        for one in cls.__mro__
        if one not in (Model, BaseModel)
    )


def _single(annotation: Any) -> Any:
    """Return the class of one value: without None, and without a list around it."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        rest = [one for one in get_args(annotation) if one is not NoneType]
        return _single(rest[0]) if len(rest) == 1 else annotation
    if origin is list:
        return _single(get_args(annotation)[0])
    return annotation


def _shape_of(annotation: Any) -> tuple[bool, bool]:
    """Say whether an annotation allows None, and whether it is a list."""
    may_be_none = False
    if get_origin(annotation) in (Union, UnionType):
        parts = get_args(annotation)
        may_be_none = NoneType in parts
        rest = [one for one in parts if one is not NoneType]
        annotation = rest[0] if len(rest) == 1 else annotation
    return may_be_none or annotation in (Any, object), get_origin(annotation) is list


def _fits(column: Column, info: FieldInfo, of: Any, *, is_own: bool) -> bool:
    if info.metadata or info.discriminator is not None:
        return False
    if is_own:
        return True
    may_be_none, is_list = _shape_of(info.annotation)
    if of in (Any, object):
        return True
    if is_list != column.is_list or (column.is_nullable and not may_be_none):
        return False
    if isinstance(of, str | ForwardRef):
        return False
    if column.field.enum is not None:
        return of is str or (isinstance(of, type) and issubclass(of, Enum))
    return of in _TYPES.get(column.field.type, ())
