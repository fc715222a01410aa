"""How Prisma prints an expression back in its messages, and what it calls each kind."""

from forebay.schema.tree import Argument, Array, Call, Constant, Expression, Number, Object, String

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def show(value: Expression) -> str:
    """Return an expression as messages show it."""
    if isinstance(value, Number | Constant):
        return value.text
    if isinstance(value, String):
        return f'"{escape(value.value)}"'
    if isinstance(value, Call):
        return f"{value.name}({','.join(_argument(one) for one in value.arguments.given)})"
    if isinstance(value, Array):
        return f"[{','.join(show(one) for one in value.items)}]"
    if not value.members:
        return "{  }"
    return f"{{ {', '.join(f'{name}: {show(one)}' for name, one in value.members)} }}"


def escape(text: str) -> str:
    """Return a string's text as it stands between quotes."""
    return "".join(_ESCAPES.get(char, char) for char in text)


def _argument(argument: Argument) -> str:
    shown = show(argument.value) if argument.value is not None else ""
    return f"{argument.name}: {shown}" if argument.name is not None else shown


def kind_of(value: Expression) -> str:
    """Return what messages call an expression's kind."""
    return _KINDS[type(value)]


_KINDS: dict[type, str] = {
    Number: "numeric",
    String: "string",
    Constant: "literal",
    Call: "functional",
    Array: "array",
    Object: "object",
}
