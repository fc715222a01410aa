"""The syntax tree of a schema: what is written, where, and nothing that it means.

Places are offsets into the joined text of all files (`forebay.schema.source`). A block keeps
everything between its braces in order, the blank lines, remarks and broken lines too, so that the
formatter can write it again.
"""

from dataclasses import dataclass, field
from typing import Protocol, TypeAlias


class Placed(Protocol):
    """Anything that is written somewhere: from where, and to where."""

    start: int
    end: int


REQUIRED = ""
OPTIONAL = "?"
LIST = "[]"


@dataclass(slots=True, eq=False)
class Number:
    """A numeric literal, as it is written."""

    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class String:
    """A string literal: its value, and the raw text between its quotes."""

    value: str
    raw: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Constant:
    """A bare word: a field's name, an enum's value, `true`."""

    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Call:
    """A word with an argument list behind it."""

    name: str
    arguments: "Arguments"
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Array:
    """Expressions in brackets."""

    items: "list[Expression]"
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Object:
    """Named expressions in braces (Prisma 7)."""

    members: "list[tuple[str, Expression]]"
    start: int
    end: int


Expression: TypeAlias = Number | String | Constant | Call | Array | Object


@dataclass(slots=True, eq=False)
class Argument:
    """One argument; `name` is None for an unnamed one, `value` for one that lacks it."""

    name: str | None
    value: Expression | None
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Arguments:
    """An argument list: `given` has a value each, `written` is everything in order."""

    given: list[Argument]
    empty: list[Argument]
    written: list[Argument]
    trailing_comma: int | None = None


@dataclass(slots=True, eq=False)
class Attribute:
    """`@name(…)` or `@@name(…)`; `arguments` is None where there are no brackets."""

    name: str
    name_start: int
    arguments: Arguments | None
    start: int
    end: int
    remark: str | None = None

    @property
    def given(self) -> list[Argument]:
        """The arguments that have a value."""
        return self.arguments.given if self.arguments else []


@dataclass(slots=True, eq=False)
class Field:
    """A field of a model, a view or a composite type; a broken one has no place in `fields`."""

    name: str
    type: str
    unsupported: str | None
    arity: str
    type_start: int
    type_end: int
    attributes: list[Attribute]
    documentation: str | None
    remark: str | None
    start: int
    end: int


@dataclass(slots=True, eq=False)
class EnumValue:
    """A value of an enum."""

    name: str
    attributes: list[Attribute]
    documentation: str | None
    remark: str | None
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Property:
    """`key = value` in a datasource or a generator; `value` is None where it is missing."""

    name: str
    value: Expression | None
    remark: str | None
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Remarks:
    """Consecutive lines of remarks, as they are written."""

    raw: str
    start: int


@dataclass(slots=True, eq=False)
class Blank:
    """One or more empty lines."""


@dataclass(slots=True, eq=False)
class Stray:
    """Text that is none of the language's, kept as it is written."""

    raw: str


Item: TypeAlias = Field | EnumValue | Property | Attribute | Remarks | Blank | Stray


@dataclass(slots=True, eq=False)
class Block:
    """A block: `kind` is its keyword. `fields`, `values` and `properties` hold the sound ones."""

    kind: str
    name: str
    name_start: int
    start: int
    end: int = 0
    documentation: str | None = None
    items: list[Item] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    values: list[EnumValue] = field(default_factory=list)
    properties: list[Property] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)
    file: int = 0


TopItem: TypeAlias = Block | Remarks | Blank | Stray


@dataclass(slots=True, eq=False)
class Tree:
    """One file: everything in it in order, and its blocks."""

    items: list[TopItem]
    blocks: list[Block]
