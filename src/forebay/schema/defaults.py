"""`@default(…)`: which values and functions each type takes."""

from collections.abc import Callable
from typing import NamedTuple

from forebay.schema import suggest, texts
from forebay.schema.attributes import ArgumentSet
from forebay.schema.diagnostics import Text
from forebay.schema.model import CompositeField, Default, Enum, ScalarField
from forebay.schema.show import show
from forebay.schema.tree import LIST, Array, Call, Constant, Expression, Number, String

_LITERALS: dict[str, tuple[type, ...]] = {
    "String": (String,),
    "Json": (String,),
    "Bytes": (String,),
    "DateTime": (String,),
    "Int": (Number,),
    "BigInt": (Number,),
    "Float": (Number,),
    "Decimal": (Number, String),
}


class _Function(NamedTuple):
    """A function of `@default`: the types it is for, and the check of what is in its brackets."""

    types: frozenset[str]
    check: Callable[[ArgumentSet, Call], bool]


def model_default(field: ScalarField, arguments: ArgumentSet) -> bool:
    """Read the default of a model's field; True where it calls a function nobody knows."""
    value = arguments.default("value")
    if value is None:
        return False
    mapped_name = arguments.name_of("map", texts.EMPTY_MAP)
    accepted, unknown = _accept(field, value, mapped_name, arguments)
    if accepted:
        field.default = Default(value, mapped_name, arguments.attribute)
    return unknown


def _accept(
    field: ScalarField, value: Expression, mapped_name: str | None, arguments: ArgumentSet
) -> tuple[bool, bool]:
    if isinstance(value, Call) and value.name == "dbgenerated":
        return _dbgenerated(arguments, value), False
    if field.kind == "composite":
        _composite_default(field, arguments)
        return False, False
    if field.enum is not None:
        return _enum_default(field.enum, field.arity, value, arguments), False
    if field.kind == "unsupported":
        arguments.report(texts.UNSUPPORTED_DEFAULT)
        return False, False
    if not isinstance(value, Call):
        return _literal_default(field.type, field.arity, value, arguments), False
    if value.name == "autoincrement" and mapped_name is not None:
        arguments.report(texts.NAMED_AUTOINCREMENT)
        return False, False
    if value.name == "auto":
        return _auto(arguments, value), False
    known = _FUNCTIONS.get(value.name)
    if known is None:
        return True, True
    if field.type not in known.types:
        arguments.report(texts.WRONG_FUNCTION, function=value.name, type=field.type)
        return False, False
    return known.check(arguments, value), False


def composite_default(field: CompositeField, arguments: ArgumentSet) -> None:
    """Read the default of a composite type's field."""
    value = arguments.default("value")
    if value is None:
        return
    if arguments.optional("map") is not None:
        arguments.report(texts.COMPOSITE_DEFAULT_MAP)
    if isinstance(value, Call) and value.name == "dbgenerated":
        arguments.report(texts.COMPOSITE_DBGENERATED)
    elif field.kind == "composite":
        _composite_default(field, arguments)
    elif field.enum is not None:
        _enum_default(field.enum, field.arity, value, arguments)
    elif field.kind == "unsupported":
        arguments.report(texts.COMPOSITE_UNSUPPORTED_DEFAULT)
    elif isinstance(value, Call):
        _composite_function(field, value, arguments)
    else:
        _literal_default(field.type, field.arity, value, arguments)


def _composite_function(field: CompositeField, value: Call, arguments: ArgumentSet) -> None:
    name = value.name
    if name in ("autoincrement", "auto"):
        arguments.report(texts.COMPOSITE_FUNCTION, function=name)
        return
    known = _FUNCTIONS.get(name)
    if known is None:
        arguments.report_at(texts.UNKNOWN_FUNCTION, value, function=name)
    elif field.type not in known.types:
        arguments.report(texts.WRONG_FUNCTION, function=name, type=field.type)
    else:
        known.check(arguments, value)


def _composite_default(field: ScalarField | CompositeField, arguments: ArgumentSet) -> None:
    arguments.report(texts.COMPOSITE_TYPE_DEFAULT, field=field.name, composite=field.type)


def _enum_default(enum: Enum, arity: str, value: Expression, arguments: ArgumentSet) -> bool:
    if arity != LIST:
        return _enum_value(enum, value, arguments)
    if isinstance(value, Array):
        return all(_enum_value(enum, item, arguments) for item in value.items)
    arguments.report(texts.NOT_AN_ENUM_VALUE, value=show(value))
    return False


def _enum_value(enum: Enum, value: Expression, arguments: ArgumentSet) -> bool:
    if not isinstance(value, Constant):
        arguments.report(texts.NOT_AN_ENUM_VALUE, value=show(value))
        return False
    if any(member.name == value.text for member in enum.members):
        return True
    names = [member.name for member in enum.members]
    hint = suggest.hint(value.text, names, f"the values of {enum.name} are")
    arguments.report(texts.UNKNOWN_ENUM_VALUE, value=value.text, hint=hint)
    return False


def _literal_default(type_: str, arity: str, value: Expression, arguments: ArgumentSet) -> bool:
    if arity == LIST:
        if isinstance(value, Array):
            return all(_literal(type_, item, arguments) for item in value.items)
        arguments.report(texts.LIST_DEFAULT)
        return False
    if isinstance(value, Array):
        arguments.report(texts.NOT_A_LIST_DEFAULT)
        return False
    return _literal(type_, value, arguments)


def _literal(type_: str, value: Expression, arguments: ArgumentSet) -> bool:
    if type_ == "Boolean" and isinstance(value, Constant):
        if value.text in ("true", "false"):
            return True
        arguments.report_at(texts.NOT_A_BOOLEAN, value)
        return False
    if isinstance(value, _LITERALS.get(type_, ())):
        return True
    arguments.report(texts.WRONG_LITERAL, type=type_, value=show(value))
    return False


def _nothing(arguments: ArgumentSet, call: Call) -> bool:
    if not call.arguments.given:
        return True
    arguments.report(texts.FUNCTION_WITH_ARGUMENT, function=call.name)
    return False


def _auto(arguments: ArgumentSet, call: Call) -> bool:
    if not call.arguments.given:
        return True
    arguments.report(texts.AUTO_WITH_ARGUMENT)
    return False


def _dbgenerated(arguments: ArgumentSet, call: Call) -> bool:
    given = call.arguments.given
    if len(given) > 1:
        arguments.report(texts.DBGENERATED_ARGUMENT)
    value = given[0].value if given else None
    if isinstance(value, String) and not value.value:
        arguments.report(texts.DBGENERATED_EMPTY)
        return False
    if value is None or isinstance(value, String):
        return True
    arguments.report(texts.DBGENERATED_ARGUMENT)
    return False


def _number(
    allowed: range | tuple[int, ...], not_a_number: Text, not_allowed: Text
) -> Callable[[ArgumentSet, Call], bool]:
    def check(arguments: ArgumentSet, call: Call) -> bool:
        given = call.arguments.given
        if len(given) > 1:
            arguments.report(not_a_number)
        value = given[0].value if given else None
        if value is None:
            return True
        if not isinstance(value, Number):
            arguments.report(not_a_number)
            return False
        if value.text.isdigit() and len(value.text.lstrip("0")) < 4 and int(value.text) in allowed:
            return True
        arguments.report(not_allowed)
        return False

    return check


_STRING = frozenset({"String"})
_FUNCTIONS = {
    "autoincrement": _Function(frozenset({"Int", "BigInt"}), _nothing),
    "cuid": _Function(_STRING, _number((1, 2), texts.CUID_ARGUMENT, texts.CUID_VERSION)),
    "dbgenerated": _Function(frozenset(), _dbgenerated),
    "nanoid": _Function(_STRING, _number(range(2, 256), texts.NANOID_ARGUMENT, texts.NANOID_SIZE)),
    "now": _Function(frozenset({"DateTime"}), _nothing),
    "ulid": _Function(_STRING, _nothing),
    "uuid": _Function(_STRING, _number((4, 7), texts.UUID_ARGUMENT, texts.UUID_VERSION)),
}
