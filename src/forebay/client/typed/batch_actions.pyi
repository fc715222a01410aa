"""The writes of a model that a batch collects, as type checkers see them."""

from typing import Generic, TypeVar

WhereT = TypeVar("WhereT")
UniqueT = TypeVar("UniqueT")
CreateT = TypeVar("CreateT")
CreateManyT = TypeVar("CreateManyT")
UpdateT = TypeVar("UpdateT")
UpdateManyT = TypeVar("UpdateManyT")
UpsertT = TypeVar("UpsertT")
IncludeT = TypeVar("IncludeT")

class BatchActions(
    Generic[WhereT, UniqueT, CreateT, CreateManyT, UpdateT, UpdateManyT, UpsertT, IncludeT]
):
    """Writes to collect; what each returns is in the list that the batch's commit returns."""

    def create(self, data: CreateT, include: IncludeT | None = None) -> None:
        """Create a record, and related ones with it."""
    def create_many(self, data: list[CreateManyT], *, skip_duplicates: bool | None = None) -> None:
        """Create records in one statement."""
    def create_many_and_return(
        self,
        data: list[CreateManyT],
        *,
        skip_duplicates: bool | None = None,
        include: IncludeT | None = None,
    ) -> None:
        """Create records in one statement, whose result is all of them."""
    def update(self, data: UpdateT, where: UniqueT, include: IncludeT | None = None) -> None:
        """Change the record with a key."""
    def upsert(self, where: UniqueT, data: UpsertT, include: IncludeT | None = None) -> None:
        """Change the record with a key, or create it."""
    def update_many(
        self, data: UpdateManyT, where: WhereT | None = None, *, limit: int | None = None
    ) -> None:
        """Change the records that meet a condition."""
    def update_many_and_return(
        self,
        data: UpdateManyT,
        where: WhereT | None = None,
        *,
        limit: int | None = None,
        include: IncludeT | None = None,
    ) -> None:
        """Change the records that meet a condition, whose result is all of them."""
    def delete(self, where: UniqueT, include: IncludeT | None = None) -> None:
        """Delete the record with a key."""
    def delete_many(self, where: WhereT | None = None, *, limit: int | None = None) -> None:
        """Delete the records that meet a condition."""
