"""The operations on a model, for sync, as type checkers see them.

A generated package gives the types of each of its models. What runs is `forebay.client.actions`,
and a test holds both to the same names of arguments. `tools.typed_twin` makes one of these files
of the other.
"""

from collections.abc import Iterator
from typing import Generic, Literal, TypeVar, overload

from pydantic import BaseModel

# The types of a model: of its records, of each argument, of what aggregates answer.
ModelT = TypeVar("ModelT")
WhereT = TypeVar("WhereT")
UniqueT = TypeVar("UniqueT")
CreateT = TypeVar("CreateT")
CreateManyT = TypeVar("CreateManyT")
UpdateT = TypeVar("UpdateT")
UpdateManyT = TypeVar("UpdateManyT")
UpsertT = TypeVar("UpsertT")
IncludeT = TypeVar("IncludeT")
SelectT = TypeVar("SelectT")
OmitT = TypeVar("OmitT")
OrderT = TypeVar("OrderT")
KeyT = TypeVar("KeyT")
HavingT = TypeVar("HavingT")
GroupOrderT = TypeVar("GroupOrderT")
CountT = TypeVar("CountT")
CountedT = TypeVar("CountedT")
AvgT = TypeVar("AvgT")
SumT = TypeVar("SumT")
MinT = TypeVar("MinT")
MaxT = TypeVar("MaxT")
AggregateT = TypeVar("AggregateT")
GroupT = TypeVar("GroupT")
FieldsT = TypeVar("FieldsT")

# A class of the user's own, whose fields are all that is fetched.
IntoT = TypeVar("IntoT", bound=BaseModel)

class Actions(
    Generic[
        ModelT,
        WhereT,
        UniqueT,
        CreateT,
        CreateManyT,
        UpdateT,
        UpdateManyT,
        UpsertT,
        IncludeT,
        SelectT,
        OmitT,
        OrderT,
        KeyT,
        HavingT,
        GroupOrderT,
        CountT,
        CountedT,
        AvgT,
        SumT,
        MinT,
        MaxT,
        AggregateT,
        GroupT,
        FieldsT,
    ]
):
    """What can be asked about the records of a model."""

    @property
    def fields(self) -> FieldsT:
        """The fields that values may be compared with."""

    @overload
    def find_unique(
        self,
        where: UniqueT,
        include: IncludeT | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT | None:
        """Find the record with a key, or None."""

    @overload
    def find_unique(
        self, where: UniqueT, include: None = None, *, into: type[IntoT]
    ) -> IntoT | None:
        """Find the record with a key, or None."""

    @overload
    def find_unique_or_raise(
        self,
        where: UniqueT,
        include: IncludeT | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT:
        """Find the record with a key, or raise RecordNotFoundError."""

    @overload
    def find_unique_or_raise(
        self, where: UniqueT, include: None = None, *, into: type[IntoT]
    ) -> IntoT:
        """Find the record with a key, or raise RecordNotFoundError."""

    @overload
    def find_first(
        self,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        include: IncludeT | None = None,
        order: OrderT | list[OrderT] | None = None,
        distinct: list[KeyT] | None = None,
        *,
        take: int | None = None,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT | None:
        """Find the first record that meets a condition, or None."""

    @overload
    def find_first(
        self,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        include: None = None,
        order: OrderT | list[OrderT] | None = None,
        distinct: list[KeyT] | None = None,
        *,
        take: int | None = None,
        into: type[IntoT],
    ) -> IntoT | None:
        """Find the first record that meets a condition, or None."""

    @overload
    def find_first_or_raise(
        self,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        include: IncludeT | None = None,
        order: OrderT | list[OrderT] | None = None,
        distinct: list[KeyT] | None = None,
        *,
        take: int | None = None,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT:
        """Find the first record that meets a condition, or raise RecordNotFoundError."""

    @overload
    def find_first_or_raise(
        self,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        include: None = None,
        order: OrderT | list[OrderT] | None = None,
        distinct: list[KeyT] | None = None,
        *,
        take: int | None = None,
        into: type[IntoT],
    ) -> IntoT:
        """Find the first record that meets a condition, or raise RecordNotFoundError."""

    @overload
    def find_many(
        self,
        take: int | None = None,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        include: IncludeT | None = None,
        order: OrderT | list[OrderT] | None = None,
        distinct: list[KeyT] | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> list[ModelT]:
        """List the records that meet a condition; a negative `take` counts from the end."""

    @overload
    def find_many(
        self,
        take: int | None = None,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        include: None = None,
        order: OrderT | list[OrderT] | None = None,
        distinct: list[KeyT] | None = None,
        *,
        into: type[IntoT],
    ) -> list[IntoT]:
        """List the records that meet a condition; a negative `take` counts from the end."""

    @overload
    def stream(
        self,
        take: int | None = None,
        skip: int | None = None,
        where: WhereT | None = None,
        include: IncludeT | None = None,
        order: OrderT | list[OrderT] | None = None,
        *,
        size: int = 1000,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> Iterator[ModelT]:
        """Iterate over the records that meet a condition, holding ``size`` of them at a time."""

    @overload
    def stream(
        self,
        take: int | None = None,
        skip: int | None = None,
        where: WhereT | None = None,
        include: None = None,
        order: OrderT | list[OrderT] | None = None,
        *,
        size: int = 1000,
        into: type[IntoT],
    ) -> Iterator[IntoT]:
        """Iterate over the records that meet a condition, holding ``size`` of them at a time."""

    @overload
    def create(
        self,
        data: CreateT,
        include: IncludeT | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT:
        """Create a record, and related ones with it, and return it."""

    @overload
    def create(self, data: CreateT, include: None = None, *, into: type[IntoT]) -> IntoT:
        """Create a record, and related ones with it, and return it."""

    def create_many(self, data: list[CreateManyT], *, skip_duplicates: bool | None = None) -> int:
        """Create records in one statement, and return how many were."""

    @overload
    def create_many_and_return(
        self,
        data: list[CreateManyT],
        *,
        skip_duplicates: bool | None = None,
        include: IncludeT | None = None,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> list[ModelT]:
        """Create records in one statement, and return them."""

    @overload
    def create_many_and_return(
        self, data: list[CreateManyT], *, skip_duplicates: bool | None = None, into: type[IntoT]
    ) -> list[IntoT]:
        """Create records in one statement, and return them."""

    @overload
    def update(
        self,
        data: UpdateT,
        where: UniqueT,
        include: IncludeT | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT | None:
        """Change the record with a key, and return it, or None where there is none."""

    @overload
    def update(
        self, data: UpdateT, where: UniqueT, include: None = None, *, into: type[IntoT]
    ) -> IntoT | None:
        """Change the record with a key, and return it, or None where there is none."""

    @overload
    def upsert(
        self,
        where: UniqueT,
        data: UpsertT,
        include: IncludeT | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT:
        """Change the record with a key, or create it."""

    @overload
    def upsert(
        self, where: UniqueT, data: UpsertT, include: None = None, *, into: type[IntoT]
    ) -> IntoT:
        """Change the record with a key, or create it."""

    def update_many(
        self, data: UpdateManyT, where: WhereT | None = None, *, limit: int | None = None
    ) -> int:
        """Change the records that meet a condition, and return how many did."""

    @overload
    def update_many_and_return(
        self,
        data: UpdateManyT,
        where: WhereT | None = None,
        *,
        limit: int | None = None,
        include: IncludeT | None = None,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> list[ModelT]:
        """Change the records that meet a condition, and return them."""

    @overload
    def update_many_and_return(
        self,
        data: UpdateManyT,
        where: WhereT | None = None,
        *,
        limit: int | None = None,
        into: type[IntoT],
    ) -> list[IntoT]:
        """Change the records that meet a condition, and return them."""

    @overload
    def delete(
        self,
        where: UniqueT,
        include: IncludeT | None = None,
        *,
        select: SelectT | None = None,
        omit: OmitT | None = None,
    ) -> ModelT | None:
        """Delete the record with a key, and return it, or None where there is none."""

    @overload
    def delete(self, where: UniqueT, include: None = None, *, into: type[IntoT]) -> IntoT | None:
        """Delete the record with a key, and return it, or None where there is none."""

    def delete_many(self, where: WhereT | None = None, *, limit: int | None = None) -> int:
        """Delete the records that meet a condition, and return how many did."""

    @overload
    def count(
        self,
        select: None = None,
        take: int | None = None,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        *,
        order: OrderT | list[OrderT] | None = None,
    ) -> int:
        """Count records."""

    @overload
    def count(
        self,
        select: CountT,
        take: int | None = None,
        skip: int | None = None,
        where: WhereT | None = None,
        cursor: UniqueT | None = None,
        *,
        order: OrderT | list[OrderT] | None = None,
    ) -> CountedT:
        """Count the values of fields."""

    def aggregate(
        self,
        *,
        where: WhereT | None = None,
        order: OrderT | list[OrderT] | None = None,
        cursor: UniqueT | None = None,
        take: int | None = None,
        skip: int | None = None,
        count: Literal[True] | CountT | None = None,
        avg: AvgT | None = None,
        sum: SumT | None = None,
        min: MinT | None = None,
        max: MaxT | None = None,
    ) -> AggregateT:
        """Count, sum and average values of all records that meet a condition."""

    def group_by(
        self,
        by: list[KeyT],
        *,
        where: WhereT | None = None,
        take: int | None = None,
        skip: int | None = None,
        avg: AvgT | None = None,
        sum: SumT | None = None,
        min: MinT | None = None,
        max: MaxT | None = None,
        having: HavingT | None = None,
        count: Literal[True] | CountT | None = None,
        order: GroupOrderT | list[GroupOrderT] | None = None,
    ) -> list[GroupT]:
        """Count, sum and average values of groups of records that have equal values."""

    def query_raw(self, sql: str, *parameters: object) -> list[ModelT]:
        """Run SQL, and return its rows as records of this model."""

    def query_first(self, sql: str, *parameters: object) -> ModelT | None:
        """Run SQL, and return its first row as a record of this model, or None."""
