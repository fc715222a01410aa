"""Rows become pydantic models: slots filled directly where a class allows it, validated elsewhere.

What PostgreSQL sent has the columns' types already. A class whose fields are these types, and that
does nothing when it is made, gets its four slots; any other is given its values to validate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from forebay.client.forms import Form, form_of
from forebay.client.values import Convert, average_of, convert_of, sum_of
from forebay.engine.catalog import Column, Link
from forebay.engine.failures import RequestError
from forebay.engine.rows import Layout, absent, key_at
from forebay.engine.shaping import Groups, Shaper
from forebay.engine.statement import Result, Row

Model: TypeAlias = type[BaseModel]
Values: TypeAlias = dict[str, Any]
# Makes the values of a record: of its own columns, or with what is related to it.
Read: TypeAlias = Callable[[Row, Groups], Values]

_new = object.__new__
_set_values = BaseModel.__dict__["__dict__"].__set__
_set_names = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


class ModelShaping:
    """Makes records of models' classes. With ``is_strict`` all of them are validated.

    A request's ``into`` is another pydantic class, or ``dict``.
    """

    def __init__(self, model_of: Callable[[str], Model], *, is_strict: bool = False) -> None:
        self._model_of = model_of
        self._is_strict = is_strict

    def shaper(self, layout: Layout) -> Shaper:
        """Return the function that makes a record of a row."""
        into = layout.into
        if into is dict:
            return _whole(layout, _columns(layout, {}, {}), {})
        is_own = into is None
        cls = self._model_of(layout.entity.name) if is_own else _class(into)
        form = form_of(cls)
        names = [column.name for column in layout.columns]
        names += [one.name for one in layout.joined]
        names += [one.name for one in layout.many]
        if layout.counts is not None:
            names.append("_count")
        is_plain = not self._is_strict and form.is_plain(layout.columns, names, is_own=is_own)
        if not is_plain:
            return _validated(layout, form, is_own)
        return _filled(layout, form, names)

    def below(self, into: object, link: Link) -> object:
        """Return the class that a class has for a relation."""
        if into is None or into is dict:
            return into
        return form_of(_class(into)).related(link)

    def shown(self, column: Column) -> Convert | None:
        """Return how a column's values are made."""
        return convert_of(column)

    def sum_shown(self, column: Column) -> Convert | None:
        """Return how the sum of a column's values is made."""
        return sum_of(column)

    def average_shown(self, column: Column) -> Convert | None:
        """Return how the average of a column's values is made."""
        return average_of(column)

    def table(self, result: Result) -> list[Values]:
        """Return the rows of a user's own SQL as dicts."""
        names = [name for name, _ in result.columns]
        return [dict(zip(names, row, strict=True)) for row in result.rows]


def _class(into: object) -> Model:
    if not (isinstance(into, type) and issubclass(into, BaseModel)):
        raise RequestError("P2009", f"`into` must be a class of pydantic's, and {into!r} is none.")
    return into


def _filled(layout: Layout, form: Form, names: list[str]) -> Shaper:
    """Return what fills the slots of a class."""
    cls = form.cls
    attributes = form.attributes
    empty = form.empty(layout.entity, names)
    read = _whole(layout, _columns(layout, empty, form.annotations, attributes), attributes)
    given = {attributes[name] for name in names if name in attributes}.copy

    def shape(row: Row, groups: Groups) -> Any:
        record = _new(cls)
        _set_values(record, read(row, groups))
        _set_names(record, given())
        _set_extra(record, None)
        _set_private(record, None)
        return record

    return shape


def _validated(layout: Layout, form: Form, is_own: bool) -> Shaper:
    """Return what has a class validate its values."""
    aliases = form.aliases
    read = _whole(layout, _columns(layout, {}, form.annotations, aliases), aliases)
    cls = form.cls
    is_part = is_own and form.misses(layout.columns)

    def shape(row: Row, groups: Groups) -> Any:
        values = read(row, groups)
        try:
            return form.part(values) if is_part else cls.model_validate(values)
        except ValidationError as error:
            why = f"a record of `{layout.entity.name}` is no `{cls.__name__}`: {error}"
            raise RequestError("P2023", f"Inconsistent column data: {why}", message=why) from None

    return shape


def _columns(
    layout: Layout, empty: Values, annotations: Values, attributes: dict[str, str] | None = None
) -> Read:
    """Return what makes the values of the columns; ``empty`` is what a record begins with."""
    known = attributes or {}
    names = tuple(known.get(column.name, column.name) for column in layout.columns)
    start, stop = layout.start, layout.start + len(names)
    converts = [
        (known.get(column.name, column.name), convert, column.is_list)
        for column in layout.columns
        if (convert := convert_of(column, annotations.get(column.name))) is not None
    ]
    begin = empty.copy
    is_first = start == 0

    def plain(row: Row, groups: Groups) -> Values:
        values = begin()
        values.update(zip(names, row if is_first else row[start:stop]))  # noqa: B905 - hidden columns follow
        return values

    if not converts:
        return plain

    def converted(row: Row, groups: Groups) -> Values:
        values = begin()
        values.update(zip(names, row if is_first else row[start:stop]))  # noqa: B905 - hidden columns follow
        for name, convert, is_list in converts:
            value = values[name]
            if value is not None or is_list:
                values[name] = convert(value)
        return values

    return converted


def _whole(layout: Layout, plain: Read, attributes: dict[str, str]) -> Read:
    """Return what adds what is related to a record."""
    if not (layout.counts or layout.joined or layout.many):
        return plain
    joined = [
        (attributes.get(one.name, one.name), one.presence, one.shape, one.is_required)
        for one in layout.joined
    ]
    many = [
        (attributes.get(one.name, one.name), one.node, key_at(one.places), one.shape())
        for one in layout.many
    ]
    counts = layout.counts
    count_name = attributes.get("_count", "_count")

    def whole(row: Row, groups: Groups) -> Values:
        values = plain(row, groups)
        for name, presence, shape, is_required in joined:
            if row[presence] is not None:
                values[name] = shape(row, groups)
            elif is_required:
                raise absent(name)
            else:
                values[name] = None
        for name, node, key, shape in many:
            values[name] = [shape(one, groups) for one in groups[node].get(key(row), ())]
        if counts is not None:
            start, names = counts
            values[count_name] = dict(zip(names, row[start : start + len(names)], strict=True))
        return values

    return whole
