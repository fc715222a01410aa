"""Rows become pydantic models: slots filled directly where a class allows it, validated elsewhere.

What PostgreSQL sent has the columns' types already. A class whose fields are these types, and that
does nothing when it is made, gets its four slots; any other is given its values to validate. What
makes the records of a plan is one function, written for it: it holds no loop but that over the
rows, and nothing is looked up or decided in it that the plan has decided.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError

from forebay.client.forms import Form, form_of
from forebay.client.values import Convert, average_of, convert_of, sum_of
from forebay.engine.catalog import Column, Link
from forebay.engine.failures import RequestError
from forebay.engine.rows import Joined, Layout, absent
from forebay.engine.shaping import Shaper
from forebay.engine.statement import Result

Model: TypeAlias = type[BaseModel]
Values: TypeAlias = dict[str, Any]

# What every function that is written knows.
_COMMON: Values = {
    "new": object.__new__,
    "set_values": BaseModel.__dict__["__dict__"].__set__,
    "set_names": BaseModel.__dict__["__pydantic_fields_set__"].__set__,
    "set_extra": BaseModel.__dict__["__pydantic_extra__"].__set__,
    "set_private": BaseModel.__dict__["__pydantic_private__"].__set__,
    "absent": absent,
}


class ModelShaping:
    """Makes records of models' classes. With ``is_strict`` all of them are validated.

    A request's ``into`` is another pydantic class, or ``dict``.
    """

    def __init__(self, model_of: Callable[[str], Model], *, is_strict: bool = False) -> None:
        self._model_of = model_of
        self._is_strict = is_strict

    def shaper(self, layout: Layout) -> Shaper:
        """Return the function that makes records of rows."""
        return _Written(self).function(layout)

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

    def form(self, layout: Layout) -> Form | None:
        """Return the form of the class that a layout's records have; None where they are dicts."""
        if layout.into is dict:
            return None
        if layout.into is None:
            return form_of(self._model_of(layout.entity.name))
        return form_of(_class(layout.into))

    def fills(self, layout: Layout, form: Form) -> bool:
        """Say whether a class's slots may be filled."""
        is_own = layout.into is None
        return not self._is_strict and form.is_plain(
            layout.columns, names_of(layout), is_own=is_own
        )


def names_of(layout: Layout) -> list[str]:
    """List what a record is given, by the schema's names."""
    names = [column.name for column in layout.columns]
    names += [one.name for one in layout.joined]
    names += [one.name for one in layout.many]
    return names if layout.counts is None else [*names, "_count"]


def _class(into: object) -> Model:
    if not (isinstance(into, type) and issubclass(into, BaseModel)):
        raise RequestError("P2009", f"`into` must be a class of pydantic's, and {into!r} is none.")
    return into


class _Written:
    """Writes the function that makes the records of one layout, and of all that is joined to it.

    Names of a schema and of classes get into its text as quoted constants only; whatever else it
    needs are its globals.
    """

    def __init__(self, shaping: ModelShaping) -> None:
        self._shaping = shaping
        self._globals: Values = dict(_COMMON)
        self._head: list[str] = []
        self._body: list[str] = []
        self._count = 0

    def function(self, layout: Layout) -> Shaper:
        """Return the function."""
        record = self._record(layout, 2)
        text = "\n".join(
            [
                "def shape(rows, groups):",
                *(f"    {line}" for line in self._head),
                "    found = []",
                "    add = found.append",
                "    for row in rows:",
                *self._body,
                f"        add({record})",
                "    return found",
            ]
        )
        exec(text, self._globals)  # noqa: S102 - the text is ours, see the class
        shape: Shaper = self._globals["shape"]
        return shape

    def _known(self, what: object) -> str:
        """Name an object in the function."""
        self._count += 1
        name = f"k{self._count}"
        self._globals[name] = what
        return name

    def _say(self, depth: int, line: str) -> None:
        self._body.append("    " * depth + line)

    def _record(self, layout: Layout, depth: int) -> str:
        """Write what makes a record of `row`; return the name that it has then."""
        form = self._shaping.form(layout)
        if form is None:
            return self._display(self._parts(layout, {}, {}, depth))
        if not self._shaping.fills(layout, form):
            return self._validated(layout, form, depth)
        names = names_of(layout)
        parts = self._parts(layout, form.attributes, form.annotations, depth)
        empty = form.empty(layout.entity, names)
        # In the order in which the class has its fields, as pydantic would.
        values = {
            name: parts.get(name) or ("None" if value is None else self._known(value))
            for name, value in empty.items()
        }
        values |= {name: part for name, part in parts.items() if name not in values}
        given = {form.attributes[name] for name in names if name in form.attributes}
        self._count += 1
        record = f"r{self._count}"
        self._say(depth, f"{record} = new({self._known(form.cls)})")
        self._say(depth, f"set_values({record}, {self._display(values)})")
        self._say(depth, f"set_names({record}, {self._known(given.copy)}())")
        self._say(depth, f"set_extra({record}, None)")
        self._say(depth, f"set_private({record}, None)")
        return record

    def _validated(self, layout: Layout, form: Form, depth: int) -> str:
        parts = self._parts(layout, form.aliases, form.annotations, depth)
        scalars = layout.entity.columns
        is_part = layout.into is None and len(layout.columns) < len(scalars)
        check: Callable[[Values], Any] = form.cls.model_validate
        if is_part:
            check = partial(form.part, scalars=tuple(scalars))
        self._count += 1
        record = f"r{self._count}"
        checked = self._known(_checked(check, layout.entity.name, form.cls.__name__))
        self._say(depth, f"{record} = {checked}({self._display(parts)})")
        return record

    def _display(self, parts: dict[str, str]) -> str:
        return "{" + ", ".join(f"{name!r}: {part}" for name, part in parts.items()) + "}"

    def _parts(
        self, layout: Layout, names: dict[str, str], annotations: Values, depth: int
    ) -> dict[str, str]:
        """Return the expression of each value, by the name that it has in the record."""
        parts: dict[str, str] = {}
        for place, column in enumerate(layout.columns, layout.start):
            convert = convert_of(column, annotations.get(column.name))
            value = f"row[{place}]"
            if convert is not None and column.is_list:
                value = f"{self._known(convert)}({value})"
            elif convert is not None:
                value = f"None if (v := {value}) is None else {self._known(convert)}(v)"
            parts[names.get(column.name, column.name)] = value
        for joined in layout.joined:
            parts[names.get(joined.name, joined.name)] = self._joined(joined, depth)
        for many in layout.many:
            group, make = f"g{many.node}", self._known(self._shaping.shaper(many.layout))
            line = f"{group} = groups[{many.node}]"
            if line not in self._head:
                self._head.append(line)
            at = [f"row[{place}]" for place in many.places]
            key = at[0] if len(at) == 1 else f"({', '.join(at)})"
            parts[names.get(many.name, many.name)] = f"{make}({group}.get({key}, ()), groups)"
        if layout.counts is not None:
            start, counted = layout.counts
            counts = {name: f"row[{place}]" for place, name in enumerate(counted, start)}
            parts[names.get("_count", "_count")] = self._display(counts)
        return parts

    def _joined(self, joined: Joined, depth: int) -> str:
        self._count += 1
        name = f"j{self._count}"
        self._say(depth, f"if row[{joined.presence}] is None:")
        nothing = f"raise absent({joined.name!r})" if joined.is_required else f"{name} = None"
        self._say(depth + 1, nothing)
        self._say(depth, "else:")
        self._say(depth + 1, f"{name} = {self._record(joined.layout, depth + 1)}")
        return name


def _checked(check: Callable[[Values], Any], entity: str, cls: str) -> Callable[[Values], Any]:
    def validated(values: Values) -> Any:
        try:
            return check(values)
        except ValidationError as error:
            why = f"a record of `{entity}` is no `{cls}`: {error}"
            raise RequestError("P2023", f"Inconsistent column data: {why}", message=why) from None

    return validated
