"""The field lists of keys, indexes and relations: each name resolved, or said to be wrong."""

from dataclasses import dataclass, field
from typing import Literal

from forebay.schema import coerce, texts
from forebay.schema.attributes import ArgumentSet
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.model import Composite, IndexField, Model, Raw, ScalarField
from forebay.schema.operators import OPERATOR_CLASSES
from forebay.schema.tree import Argument, Call, Constant, Expression, String

Sort = Literal["Asc", "Desc"]
_SORTS: dict[str, Sort] = {"Asc": "Asc", "Desc": "Desc"}


@dataclass(slots=True)
class Wrong:
    """Names that are no scalar fields: those that exist nowhere, and those of relations."""

    unknown: list[str] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.unknown or self.relations)


def scalar_names(
    value: Expression, model: Model, arguments: ArgumentSet
) -> list[ScalarField] | Wrong | None:
    """Resolve `[a, b]`; None where something has been reported already."""
    names = coerce.array(value, coerce.constant, arguments.diagnostics)
    if names is None:
        return None
    found: list[ScalarField] = []
    wrong = Wrong()
    for name in names:
        one = None if "." in name else _find(model, name, wrong)
        if "." in name:
            wrong.unknown.append(name)
        if one is None:
            continue
        if one in found:
            arguments.report(texts.FIELD_IN_INDEX_TWICE, model=model.name, field=name)
            return None
        found.append(one)
    return wrong or found


def index_fields(
    value: Expression, model: Model, arguments: ArgumentSet, *, into_composites: bool
) -> list[IndexField] | Wrong | None:
    """Resolve `[a, b(sort: Desc), c.d]`; None where something has been reported already."""
    entries = coerce.array(value, _entry, arguments.diagnostics)
    if entries is None:
        return None
    found: list[IndexField] = []
    wrong = Wrong()
    for entry in entries:
        if "." in entry.name:
            one = _path(entry.name, model, wrong) if into_composites else None
            if not into_composites:
                wrong.unknown.append(entry.name)
        else:
            scalar = _find(model, entry.name, wrong)
            one = IndexField(scalar) if scalar else None
        if one is None:
            continue
        if any(one.field is other.field and one.path == other.path for other in found):
            shown = f"{one.name} in type {one.path[-1].type}" if one.path else entry.name
            arguments.report(texts.FIELD_IN_INDEX_TWICE, model=model.name, field=shown)
            return None
        one.sort, one.length, one.ops = entry.sort, entry.length, entry.ops
        found.append(one)
    return wrong or found


def _find(model: Model, name: str, wrong: Wrong) -> ScalarField | None:
    found = model.by_name.get(name)
    if isinstance(found, ScalarField):
        return found
    # A field whose type is unknown counts as a relation.
    (wrong.relations if name in model.by_name else wrong.unknown).append(name)
    return None


def _path(path: str, model: Model, wrong: Wrong) -> IndexField | None:
    first, *rest = path.split(".")
    root = model.by_name.get(first)
    if not isinstance(root, ScalarField):
        (wrong.relations if first in model.by_name else wrong.unknown).append(first)
        return None
    if root.composite is None:
        wrong.unknown.append(path)
        return None
    found = IndexField(root)
    inside: Composite | None = root.composite
    for part in rest:
        if inside is None:
            wrong.unknown.append(path)
            return None
        step = inside.fields.get(part)
        if step is None:
            wrong.unknown.append(f"{part} in type {inside.name}")
            return None
        found.path.append(step)
        inside = step.composite
    return found


@dataclass(slots=True)
class _Entry:
    name: str
    sort: Sort | None = None
    length: int | None = None
    ops: str | Raw | None = None


def _entry(value: Expression, diagnostics: Diagnostics) -> _Entry | None:
    if isinstance(value, Constant):
        return _Entry(value.text)
    if not isinstance(value, Call):
        coerce.wrong_kind(value, "constant literal", diagnostics)
        return None
    named: dict[str, Argument] = {}
    for argument in value.arguments.given:
        if argument.name is not None:
            named.setdefault(argument.name, argument)
    entry = _Entry(value.name)
    if "sort" in named:
        entry.sort = _sort(named["sort"], diagnostics)
    if "length" in named and named["length"].value is not None:
        length = coerce.integer(named["length"].value, diagnostics)
        entry.length = length if length is not None and length >= 0 else None
    if "ops" in named:
        entry.ops = _operator_class(named["ops"], diagnostics)
    return entry


def _sort(argument: Argument, diagnostics: Diagnostics) -> Sort | None:
    if argument.value is None:
        return None
    name = coerce.constant(argument.value, diagnostics)
    if name is not None and name not in _SORTS:
        diagnostics.error(
            texts.UNEXPECTED_TOKEN, argument.start, argument.end, expected="Asc, Desc"
        )
    return _SORTS.get(name or "")


def _operator_class(argument: Argument, diagnostics: Diagnostics) -> str | Raw | None:
    value = argument.value
    if isinstance(value, Constant):
        if value.text in OPERATOR_CLASSES:
            return value.text
        expected = f"Invalid operator class: {value.text}"
    elif isinstance(value, Call) and value.name == "raw":
        given = value.arguments.given
        if len(given) == 1 and isinstance(given[0].value, String):
            return Raw(given[0].value.value)
        expected = "Invalid parameter type: expected string"
        if len(given) != 1:
            expected = f"Wrong number of arguments. Expected: 1, got: {len(given)}"
    else:
        expected = "operator class"
        diagnostics.error(texts.UNEXPECTED_TOKEN, argument.start, argument.end, expected=expected)
        return None
    diagnostics.error(texts.UNEXPECTED_TOKEN, value.start, value.end, expected=expected)
    return None
