"""What a database holds, as far as migrations care: both sides of every difference are this.

It is made of a data model (`from_schema`) or of a live PostgreSQL (`introspect`). Names are the
database's. ``schema`` is None where a data model does not say in which schema something is: it is
then in the first of the connection's search path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Action: TypeAlias = Literal["Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"]
Arity: TypeAlias = Literal["required", "nullable", "list"]
Sort: TypeAlias = Literal["Asc", "Desc"]

# The longest name that PostgreSQL keeps, in bytes.
LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Type:
    """A column's type: PostgreSQL's name for it as Prisma writes it, with its modifiers.

    ``family`` is the scalar of the data model that it stands for; ``enum`` is (schema, name) of an
    enum's own type. What is neither is ``unsupported``, and its text is taken as it is.
    """

    name: str
    family: str
    arguments: tuple[int, ...] = ()
    enum: tuple[str | None, str] | None = None

    @property
    def text(self) -> str:
        """The type without its arity."""
        if not self.arguments:
            return self.name
        return f"{self.name}({','.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Default:
    """What a column holds where nothing is given.

    ``kind`` says what ``value`` is: the text of a `literal` of the column's type; a list of
    those; `now`; the SQL of an `expression` (None where nobody knows it); the name of a `sequence`.
    """

    kind: Literal["literal", "list", "now", "expression", "sequence"]
    value: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    ``is_serial`` is one whose default is drawn from a sequence of its own; ``is_made_by_client``
    is one whose default, which the database knows nothing of, the client makes; ``is_generated`` is
    one that is computed from others, by what its default says, ``is_virtual`` one that is computed
    whenever it is read. ``written`` is PostgreSQL's own text of the default.
    """

    name: str
    type: Type
    arity: Arity = "required"
    default: Default | None = None
    is_serial: bool = False
    is_made_by_client: bool = field(default=False, compare=False)
    is_generated: bool = field(default=False, compare=False)
    is_virtual: bool = field(default=False, compare=False)
    written: str | None = field(default=None, compare=False)
    comment: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """A primary key."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """A column in an index; ``ops`` is None for the default operator class.

    ``sort`` is None where nobody has said it, which means the same as "Asc".
    """

    name: str
    sort: Sort | None = None
    ops: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """An index, or a unique constraint; ``where`` is the condition of a partial one."""

    name: str
    columns: tuple[IndexColumn, ...]
    is_unique: bool = False
    algorithm: str = "BTree"
    where: str | None = None
    is_constraint: bool = False
    is_deferrable: bool = field(default=False, compare=False)
    # The columns whose nulls are not where their order puts them.
    odd_nulls: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; the table it refers to is (schema, name)."""

    name: str
    columns: tuple[str, ...]
    table: tuple[str | None, str]
    references: tuple[str, ...]
    on_delete: Action = "NoAction"
    on_update: Action = "NoAction"
    is_deferrable: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a table has that a data model cannot say; names are those of constraints or indexes."""

    comment: str | None = None
    is_partitioned: bool = False
    has_children: bool = False
    has_row_security: bool = False
    checks: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    expression_indexes: tuple[str, ...] = ()
    is_key_deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``home`` is the schema where it was found, also where ``schema`` is None."""

    name: str
    columns: tuple[Column, ...]
    schema: str | None = None
    primary_key: PrimaryKey | None = None
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    home: str | None = field(default=None, compare=False)
    traits: Traits = field(default=Traits(), compare=False)

    @property
    def key(self) -> tuple[str | None, str]:
        """Its schema and name."""
        return self.schema, self.name


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum's type; ``home`` as of a table."""

    name: str
    values: tuple[str, ...]
    schema: str | None = None
    home: str | None = field(default=None, compare=False)
    comment: str | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str | None, str]:
        """Its schema and name."""
        return self.schema, self.name


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension."""

    name: str
    schema: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A view, which migrations leave alone; ``columns`` is empty for a materialized one."""

    name: str
    definition: str
    schema: str | None = None
    columns: tuple[Column, ...] = ()
    home: str | None = field(default=None, compare=False)
    comment: str | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str | None, str]:
        """Its schema and name."""
        return self.schema, self.name


@dataclass(frozen=True, slots=True)
class Database:
    """Everything; ``schemas`` are those that are to exist.

    ``declared`` are those that a data model speaks of: what begins with it takes them to be there,
    whether or not anything is in them.
    """

    schemas: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    enums: tuple[Enum, ...] = ()
    views: tuple[View, ...] = field(default=())
    extensions: tuple[Extension, ...] = ()
    declared: tuple[str, ...] = field(default=(), compare=False)


EMPTY = Database()
