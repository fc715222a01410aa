"""The condition of a partial index (Prisma 7): SQL in `raw("…")`, or an object of comparisons."""

from forebay.schema import coerce, texts
from forebay.schema.attributes import ArgumentSet
from forebay.schema.model import Model, Raw, ScalarField
from forebay.schema.tree import Call, Constant, Expression, Number, Object, String

_STRINGS = frozenset({"String", "DateTime"})
_NUMBERS = frozenset({"Int", "BigInt", "Float", "Decimal"})


def read_where(model: Model, arguments: ArgumentSet) -> Raw | Object | None:
    """Take the argument `where`; None where there is none, or what it says is wrong."""
    value = arguments.optional("where")
    if value is None:
        return None
    if isinstance(value, Object):
        return value if _object(model, value, arguments) else None
    if not isinstance(value, Call):
        coerce.wrong_kind(value, "function", arguments.diagnostics)
    if not isinstance(value, Call) or value.name != "raw":
        arguments.report(texts.WHERE_KIND)
        return None
    given = value.arguments.given
    first = given[0].value if given else None
    text = None if first is None else coerce.string(first, arguments.diagnostics)
    if text is None:
        arguments.report(texts.WHERE_RAW_ARGUMENT)
    elif not text:
        arguments.report(texts.WHERE_RAW_EMPTY)
    return Raw(text) if text else None


def _object(model: Model, value: Object, arguments: ArgumentSet) -> bool:
    if not value.members:
        arguments.report(texts.WHERE_EMPTY)
        return False
    return all(_member(model, name, one, arguments) for name, one in value.members)


def _member(model: Model, name: str, value: Expression, arguments: ArgumentSet) -> bool:
    if name not in model.by_name:
        arguments.report(texts.WHERE_UNKNOWN_FIELD, field=name, model=model.name)
        return False
    field = model.by_name[name]
    if not isinstance(field, ScalarField):
        arguments.report(texts.WHERE_RELATION, field=name)
        return False
    if isinstance(value, Object):
        if len(value.members) != 1:
            arguments.report(texts.WHERE_NESTED)
            return False
        key, value = value.members[0]
        if key != "not":
            arguments.report(texts.WHERE_UNKNOWN_KEY, key=key)
            return False
    kind = _kind(value, arguments)
    return kind is not None and (kind == "null" or _fits(field, kind, arguments))


def _kind(value: Expression, arguments: ArgumentSet) -> str | None:
    if isinstance(value, String):
        return "a String"
    if isinstance(value, Number):
        return "a Number"
    if isinstance(value, Constant):
        if value.text == "null":
            return "null"
        if value.text in ("true", "false"):
            return "Boolean"
        arguments.report(texts.WHERE_WRONG_WORD, value=value.text)
    else:
        arguments.report(texts.WHERE_WRONG_VALUE)
    return None


def _fits(field: ScalarField, kind: str, arguments: ArgumentSet) -> bool:
    if field.kind == "unsupported":
        arguments.report(texts.WHERE_UNSUPPORTED, field=field.name)
        return False
    if field.kind == "enum":
        if kind != "a String":
            arguments.report(texts.WHERE_ENUM, field=field.name)
        return kind == "a String"
    fits = (
        (kind == "a String" and field.type in _STRINGS)
        or (kind == "a Number" and field.type in _NUMBERS)
        or (kind == "Boolean" and field.type == "Boolean")
    )
    if not fits:
        arguments.report(texts.WHERE_TYPE, field=field.name, type=field.type, kind=kind)
    return fits
