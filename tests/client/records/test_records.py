"""Records made of rows: filled slots are what validation would have made of them."""

import copy
import pickle
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from forebay.client.package import Package
from forebay.client.records import ModelShaping
from forebay.engine.engine import Engine
from forebay.engine.failures import RequestError
from forebay.engine.statement import Result, Row

SCHEMA = """
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

enum Mood {
  GOOD @map("good!")
  BAD
}

model Author {
  id    Int     @id
  name  String?
  books Book[]
}

model Book {
  id       Int      @id
  title    String
  added    DateTime
  price    Decimal?
  facts    Json?
  mood     Mood
  words    String[]
  day      DateTime @db.Date
  at       DateTime @db.Time
  ratio    Float    @db.Real
  cash     Decimal  @db.Money
  from     String   @db.Inet
  blob     Bytes
  authorId Int
  author   Author   @relation(fields: [authorId], references: [id])
}
"""
MOMENT = datetime(2026, 1, 31, 12, 30, 15, 123456, UTC)
# As the driver reads them: Json, the enum, the address, the real and the money come as text.
ROW: Row = (
    *(1, "One", MOMENT, Decimal("1.500"), '{"a": [1]}', "good!", None, date(2026, 1, 31)),
    *(time(1, 2, 3), "0.1", "$1,234.50", "10.0.0.1/32", b"ab", 7),
)
ALL = {"$scalars": True}
WITH_AUTHOR = {**ALL, "author": {"selection": ALL}}


@pytest.fixture(scope="module")
def package() -> Package:
    return Package.from_text(SCHEMA)


def answer(
    package: Package,
    *rows: Sequence[Row],
    model: str = "Book",
    selection: dict[str, Any] | None = None,
    is_strict: bool = False,
    **more: Any,
) -> Any:
    """Answer findMany with rows: lists of them for each statement."""
    engine = Engine(package.schema(), shaping=ModelShaping(package.model, is_strict=is_strict))
    query = {"arguments": {}, "selection": selection or ALL}
    work = engine.perform({"modelName": model, "action": "findMany", "query": query, **more})
    sent = next(work)
    given = iter(rows)
    framed = [one.sql.startswith(("BEGIN", "COMMIT")) for one in sent]
    results = [Result([], 0) if is_frame else Result(next(given), 0) for is_frame in framed]
    with pytest.raises(StopIteration) as caught:
        work.send(results)
    return caught.value.value


def test_values_are_pythons_own(package: Package) -> None:
    (book,) = answer(package, [ROW])
    mood = package.enum("Mood")
    assert (book.id, book.title, book.added) == (1, "One", MOMENT)
    assert str(book.price) == "1.5"
    assert book.facts == {"a": [1]}
    assert book.mood is mood("GOOD")
    assert book.words == []
    assert book.day == datetime(2026, 1, 31, tzinfo=UTC)
    assert book.at == datetime(1970, 1, 1, 1, 2, 3, tzinfo=UTC)
    assert (book.ratio, book.cash) == (0.1, Decimal("1234.5"))
    assert book.model_dump()["from_"] == "10.0.0.1"
    assert book.author is None


def test_filled_records_equal_validated_ones(package: Package) -> None:
    rows = [(*ROW, 7, 7, "Ann")]
    (filled,) = answer(package, rows, selection=WITH_AUTHOR)
    (validated,) = answer(package, rows, selection=WITH_AUTHOR, is_strict=True)
    assert filled == validated
    assert repr(filled) == repr(validated)
    assert filled.model_dump() == validated.model_dump()
    assert filled.model_dump_json() == validated.model_dump_json()
    assert filled.model_dump(exclude_unset=True) == validated.model_dump(exclude_unset=True)
    assert filled.model_fields_set == validated.model_fields_set
    assert pickle.loads(pickle.dumps(filled)) == filled  # noqa: S301 - our own
    assert copy.deepcopy(filled) == filled
    assert filled.model_copy() == filled
    filled.title = "Two"
    assert filled != validated
    assert type(filled).model_validate(filled.model_dump(by_alias=True)) == filled


def test_each_record_has_its_own_set_of_fields(package: Package) -> None:
    first, second = answer(package, [ROW, ROW])
    first.author = None
    assert "author" in first.model_fields_set
    assert "author" not in second.model_fields_set


def test_lists_of_records_are_put_where_they_belong(package: Package) -> None:
    books = [(1, "a", 7), (2, "b", 8), (3, "c", 7)]
    selection = {**ALL, "books": {"selection": {"id": True, "title": True}}}
    ann, bob, eve = answer(
        package,
        [(7, "Ann"), (8, None), (9, "Eve")],
        books,
        model="Author",
        selection=selection,
    )
    assert [book.id for book in ann.books] == [1, 3]
    assert [book.title for book in bob.books] == ["b"]
    assert eve.books == []
    with pytest.raises(AttributeError, match="price was not selected"):
        _ = ann.books[0].price
    assert ann.books[0].model_dump(exclude_none=True) == {"id": 1, "title": "a"}


def test_a_required_record_that_is_missing_is_an_error(package: Package) -> None:
    with pytest.raises(RequestError, match="author is required"):
        answer(package, [(*ROW, None, None, None)], selection=WITH_AUTHOR)


def test_counts_are_beside_the_values(package: Package) -> None:
    selection = {"id": True, "_count": {"selection": {"books": True}}}
    (author,) = answer(package, [(7, 12)], model="Author", selection=selection)
    assert author.count_ == {"books": 12}


class Colour(StrEnum):
    GOOD = "GOOD"
    BAD = "BAD"


class Plain(BaseModel):
    id: int
    title: str
    price: Decimal | None = None


class OfEnum(BaseModel):
    id: int
    mood: Colour
    named: str = Field(alias="title")


class Names(BaseModel):
    model_config = ConfigDict(use_enum_values=True)
    id: int
    mood: Colour


def into(package: Package, cls: Any, row: Row, names: str) -> Any:
    (found,) = answer(package, [row], selection=dict.fromkeys(names.split(), True), into=cls)
    return found


def test_classes_of_the_users_are_filled(package: Package) -> None:
    found = into(package, Plain, (1, "x", Decimal("2.50")), "id title price")
    assert found == Plain(id=1, title="x", price=Decimal("2.5"))
    assert found.model_fields_set == {"id", "title", "price"}
    enum = into(package, OfEnum, (1, "x", "good!"), "id title mood")
    assert enum == OfEnum(id=1, title="x", mood=Colour.GOOD)
    assert enum.mood is Colour.GOOD
    names = into(package, Names, (1, "BAD"), "id mood")
    assert type(names.mood) is str
    assert into(package, dict, (1, "x"), "id title") == {"id": 1, "title": "x"}


class Person(BaseModel):
    id: int
    name: str | None


class Related(BaseModel):
    id: int
    author: Person


def test_classes_may_have_classes_for_relations(package: Package) -> None:
    selection = {"id": True, "author": {"selection": {"id": True, "name": True}}}
    (found,) = answer(package, [(1, 7, 7, "Ann")], selection=selection, into=Related)
    assert found == Related(id=1, author=Person(id=7, name="Ann"))
    with pytest.raises(RequestError, match="no class for the relation `author`"):
        answer(package, [(1, 7, 7, "Ann")], selection=selection, into=Plain)


class Validates(BaseModel):
    id: int
    title: str

    @field_validator("title")
    @classmethod
    def _shout(cls, value: str) -> str:
        return value.upper()


class ValidatesWhole(BaseModel):
    id: int
    title: str

    @model_validator(mode="after")
    def _shout(self) -> "ValidatesWhole":
        self.title = self.title.upper()
        return self


class Annotates(BaseModel):
    id: int
    title: Annotated[str, BeforeValidator(lambda value: value.upper())]


class After(BaseModel):
    id: int
    title: str

    def model_post_init(self, _: Any, /) -> None:
        self.title = self.title.upper()


class Strips(BaseModel):
    model_config = ConfigDict(str_to_upper=True)
    id: int
    title: str


class Inherits(Validates):
    pass


class Init(BaseModel):
    id: int
    title: str

    def __init__(self, **values: Any) -> None:
        super().__init__(**{**values, "title": values["title"].upper()})


MADE = [Validates, ValidatesWhole, Annotates, After, Strips, Inherits, Init]


@pytest.mark.parametrize("cls", MADE, ids=lambda cls: cls.__name__)
def test_classes_that_do_something_are_made_as_they_wish(package: Package, cls: Any) -> None:
    assert into(package, cls, (1, "x"), "id title").title == "X"


class Private(BaseModel):
    id: int
    title: str
    _seen: list[int] = PrivateAttr(default_factory=list)


class Factory(BaseModel):
    id: int
    title: str
    notes: list[str] = Field(default_factory=lambda: ["new"])


class OtherType(BaseModel):
    id: str
    title: str


class Bounded(BaseModel):
    id: Annotated[int, Field(gt=10)]
    title: str


def test_what_a_class_makes_itself_is_there(package: Package) -> None:
    assert into(package, Private, (1, "x"), "id title")._seen == []
    assert into(package, Factory, (1, "x"), "id title").notes == ["new"]


@pytest.mark.parametrize("cls", [OtherType, Bounded], ids=lambda cls: cls.__name__)
def test_values_that_do_not_fit_are_refused(package: Package, cls: Any) -> None:
    with pytest.raises(RequestError, match=f"is no `{cls.__name__}`") as caught:
        into(package, cls, (1, "x"), "id title")
    assert caught.value.request_code == "P2023"


def test_an_unknown_member_is_named(package: Package) -> None:
    with pytest.raises(RequestError, match="'worse' not found in enum 'Mood'"):
        into(package, OfEnum, (1, "x", "worse"), "id title mood")


def test_strict_validates_parts_as_well(package: Package) -> None:
    wanted = {"id": True, "title": True}
    (part,) = answer(package, [(1, "x")], selection=wanted, is_strict=True)
    assert (part.id, part.title) == (1, "x")
    with pytest.raises(AttributeError, match="not selected"):
        _ = part.price
    with pytest.raises(RequestError, match="is no `Book`"):
        answer(package, [("one", "x")], selection=wanted, is_strict=True)
