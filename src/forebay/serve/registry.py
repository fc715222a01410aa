"""What every entry of the registry of settings carries, and how it is asked for."""

import functools
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from forebay.serve.values import Kind

Applies = Literal["reload", "restart"]
# Who acts on a setting. "nothing": PgBouncer has it, and here there is nothing it could change.
# "later": known, and refused by name while it has another value than its default.
Home = Literal["data plane", "command", "nothing", "later"]

_NUMBER_BOUNDS = ("ge", "le")


class Table(BaseModel):
    """A group of settings; an unknown name is an error."""

    # hide_input: a refused value may be a password, and belongs in no message.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def setting(
    default: Any,
    description: str,
    *,
    applies: Applies = "reload",
    home: Home = "data plane",
    note: str | None = None,
    is_ours: bool = False,
    **limits: Any,
) -> Any:
    """Describe one setting; `note` says why it changes nothing, or what stands in for it."""
    return Field(
        default=default,
        description=description,
        json_schema_extra={"applies": applies, "home": home, "note": note, "is_ours": is_ours},
        # A default is a value like any other: `validate_default` keeps the two from drifting apart.
        validate_default=True,
        **limits,
    )


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """What the registry knows about one setting."""

    name: str
    kind: Kind
    choices: tuple[str, ...]
    least: int | None
    most: int | None
    is_required: bool
    default: Any
    applies: Applies
    home: Home
    note: str | None
    is_ours: bool
    description: str

    @property
    def is_built(self) -> bool:
        """Whether something acts on it."""
        return self.home in ("data plane", "command")


@functools.cache
def describe(table: type[Table]) -> Mapping[str, SettingDescription]:
    """Return every setting of a table, in the order of the registry."""
    settings = {name: _describe(name, field) for name, field in table.model_fields.items()}
    return types.MappingProxyType(settings)


def _describe(name: str, field: FieldInfo) -> SettingDescription:
    extra: Any = field.json_schema_extra or {}
    kind, choices = kind_of(field.annotation, field.metadata)
    bounds = {
        bound: next((getattr(each, bound) for each in field.metadata if hasattr(each, bound)), None)
        for bound in _NUMBER_BOUNDS
    }
    return SettingDescription(
        name=name,
        kind=kind,
        choices=choices,
        least=bounds["ge"],
        most=bounds["le"],
        is_required=field.is_required(),
        default=None if field.is_required() else field.default,
        applies=extra.get("applies", "reload"),
        home=extra.get("home", "data plane"),
        note=extra.get("note"),
        is_ours=extra.get("is_ours", False),
        description=field.description or "",
    )


def kind_of(annotation: Any, metadata: list[Any]) -> tuple[Kind, tuple[str, ...]]:
    """Return the kind of value an annotation stands for, and the words it may be."""
    for each in [*metadata, *getattr(annotation, "__metadata__", ())]:
        if isinstance(each, Kind):
            return each, ()
    if hasattr(annotation, "__metadata__"):
        annotation = get_args(annotation)[0]
    origin = get_origin(annotation)
    if origin is Literal:
        return Kind.CHOICE, get_args(annotation)
    if origin in (Union, types.UnionType):
        (inner,) = [part for part in get_args(annotation) if part is not type(None)]
        return kind_of(inner, [])
    if origin is dict:
        return Kind.TABLES, ()
    return {bool: Kind.FLAG, int: Kind.NUMBER, str: Kind.TEXT}[annotation], ()
