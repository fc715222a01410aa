"""Classes of a schema whose models all lead to one another, more than Python's recursion allows."""

import sys
import threading
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, create_model

from forebay.client.deep import deeply
from forebay.client.package import Package

SIZE = 120


def _circle(size: int) -> str:
    """Return a schema in which every model refers to the next, and the last to the first."""
    parts = ['datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n']
    for number in range(size):
        after, before = (number + 1) % size, (number - 1) % size
        parts.append(
            f"model M{number} {{\n  id Int @id\n  next_id Int? @unique\n"
            f'  next M{after}? @relation("r{number}", fields: [next_id], references: [id])\n'
            f'  previous M{before}? @relation("r{before}")\n}}\n'
        )
    return "\n".join(parts)


@pytest.fixture(scope="module")
def circle() -> str:
    return _circle(SIZE)


def test_a_record_of_many_connected_models_is_validated_and_dumped(circle):
    package = Package.from_text(circle)
    limit = sys.getrecursionlimit()
    made = package.model("M0").model_validate({"id": 1, "next": {"id": 2}})
    assert made.model_dump(exclude_none=True) == {"id": 1, "next": {"id": 2}}
    assert "M119" in str(package.model("M5").model_json_schema())
    assert sys.getrecursionlimit() == limit


def test_a_class_of_the_users_may_hold_one(circle):
    package = Package.from_text(circle)
    holder = create_model("Holder", __base__=BaseModel, held=(package.model("M7"), ...))
    assert holder.model_validate({"held": {"id": 1}}).model_dump()["held"]["id"] == 1
    kind: Any = package.model("M9")
    adapter: TypeAdapter[Any] = TypeAdapter(list[kind])
    assert adapter.dump_python(adapter.validate_python([{"id": 3}]))[0]["id"] == 3


def test_what_goes_wrong_in_the_deep_is_raised():
    with pytest.raises(ZeroDivisionError):
        deeply(lambda: 1 // 0)
    assert deeply(lambda: deeply(threading.get_ident)) != threading.get_ident()
