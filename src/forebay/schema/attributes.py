"""Attributes and their arguments, taken one by one by whoever knows them.

What nobody has taken at the end is not known, which is how misspelt names are found.
"""

from collections.abc import Iterator

from forebay.schema import coerce, suggest, texts
from forebay.schema.diagnostics import Diagnostics, Text
from forebay.schema.show import show
from forebay.schema.tree import Argument, Arguments, Array, Attribute, Call, Expression, Placed


class ArgumentSet:
    """The arguments of one attribute."""

    __slots__ = ("_arguments", "attribute", "diagnostics")

    def __init__(self, attribute: Attribute, diagnostics: Diagnostics) -> None:
        """Take the arguments by name; of several with one name the last counts."""
        self.attribute = attribute
        self.diagnostics = diagnostics
        self._arguments: dict[str | None, Argument] = {}
        unnamed: list[str] = []
        for argument in attribute.given:
            before = self._arguments.get(argument.name)
            self._arguments[argument.name] = argument
            if before is None:
                continue
            if argument.name is not None:
                self.report_at(texts.ARGUMENT_TWICE, argument, name=argument.name)
            else:
                unnamed = unnamed or [_show(before)]
                unnamed.append(_show(argument))
        if unnamed:
            self.report(texts.SEVERAL_UNNAMED, values=", ".join(unnamed))

    def default(self, name: str) -> Expression | None:
        """Take the argument with a name, or the unnamed one; report where there is neither."""
        named = self._arguments.pop(name, None)
        unnamed = self._arguments.pop(None, None)
        if named is not None and unnamed is not None:
            self.report_at(texts.ARGUMENT_NAMED_AND_UNNAMED, named, name=name)
            return None
        found = named or unnamed
        if found is None:
            self.report_at(texts.ARGUMENT_MISSING, self.attribute, name=name)
            return None
        return found.value

    def default_if_any(self, name: str) -> Expression | None:
        """Take the argument with a name, or the unnamed one; neither, and both, is None."""
        named = self._arguments.pop(name, None)
        unnamed = self._arguments.pop(None, None)
        if named is not None and unnamed is not None:
            return None
        found = named or unnamed
        return found.value if found else None

    def optional(self, name: str) -> Expression | None:
        """Take the argument with a name."""
        found = self._arguments.pop(name, None)
        return found.value if found else None

    def name_of(self, argument: str, empty: Text) -> str | None:
        """Take an argument that is a name: a string, and not an empty one."""
        value = self.optional(argument)
        if value is None:
            return None
        name = coerce.string(value, self.diagnostics)
        if name == "":
            self.report(empty)
        return name or None

    def boolean(self, argument: str) -> bool | None:
        """Take an argument that is true or false."""
        value = self.optional(argument)
        return None if value is None else coerce.boolean(value, self.diagnostics)

    def integer(self, argument: str) -> int | None:
        """Take an argument that is a whole number."""
        value = self.optional(argument)
        return None if value is None else coerce.integer(value, self.diagnostics)

    def report(self, text: Text, **gaps: object) -> None:
        """Report something about the attribute."""
        self.report_at(text, self.attribute, **gaps)

    def report_at(self, text: Text, where: Placed, **gaps: object) -> None:
        """Report something about a part of the attribute."""
        self.diagnostics.error(
            text, where.start, where.end, attribute=f"@{self.attribute.name}", **gaps
        )

    def finish(self) -> None:
        """Report what nobody has taken."""
        for argument in self._arguments.values():
            self.report_at(texts.ARGUMENT_UNKNOWN, argument)


class AttributeSet:
    """The attributes of one model, field, enum or value."""

    __slots__ = ("_diagnostics", "_left")

    def __init__(self, attributes: list[Attribute], diagnostics: Diagnostics) -> None:
        """Take them all as unknown at first."""
        self._left = list(attributes)
        self._diagnostics = diagnostics

    def one(self, name: str) -> ArgumentSet | None:
        """Take the attribute with a name; several of them are reported, and none is returned."""
        found = [attribute for attribute in self._left if attribute.name == name]
        if not found:
            return None
        self._left = [attribute for attribute in self._left if attribute.name != name]
        if len(found) > 1:
            for attribute in found:
                self._diagnostics.error(
                    texts.ATTRIBUTE_TWICE, attribute.start, attribute.end, name=name
                )
            return None
        return self._usable(found[0])

    def each(self, name: str) -> Iterator[ArgumentSet]:
        """Take every attribute with a name."""
        found = [attribute for attribute in self._left if attribute.name == name]
        self._left = [attribute for attribute in self._left if attribute.name != name]
        for attribute in found:
            usable = self._usable(attribute)
            if usable is not None:
                yield usable

    def scoped(self) -> Attribute | None:
        """Take the attributes with a datasource's name before a dot; only one may be there."""
        found = [attribute for attribute in self._left if "." in attribute.name]
        if not found:
            return None
        self._left = [attribute for attribute in self._left if "." not in attribute.name]
        for attribute in found[1:]:
            self._diagnostics.error(
                texts.ATTRIBUTE_TWICE,
                attribute.start,
                attribute.end,
                name=attribute.name.partition(".")[0],
            )
        return found[-1]

    def finish(self) -> None:
        """Report what nobody has taken."""
        for attribute in self._left:
            self._diagnostics.error(
                texts.ATTRIBUTE_UNKNOWN,
                attribute.start,
                attribute.end,
                name=attribute.name,
                hint=suggest.hint(attribute.name, suggest.ATTRIBUTES, "attributes are"),
            )

    def _usable(self, attribute: Attribute) -> ArgumentSet | None:
        if attribute.arguments is not None and not self._complete(attribute, attribute.arguments):
            return None
        return ArgumentSet(attribute, self._diagnostics)

    def _complete(self, attribute: Attribute, arguments: Arguments) -> bool:
        """Report arguments without a value and trailing commas; False without a value."""
        lists = [arguments]
        lists.extend(
            given.value.arguments for given in arguments.given if isinstance(given.value, Call)
        )
        complete = True
        for one in lists:
            for empty in one.empty:
                self._empty(empty, f"@{attribute.name}")
                complete = False
            for given in one.given:
                if isinstance(given.value, Array):
                    self._nested(attribute, given.value)
            if one.trailing_comma is not None:
                at = one.trailing_comma
                name = f"@{attribute.name}"
                self._diagnostics.error(texts.TRAILING_COMMA, at, at + 1, attribute=name)
        return complete

    def _nested(self, attribute: Attribute, array: Array) -> None:
        for item in array.items:
            if isinstance(item, Call):
                for empty in item.arguments.empty:
                    self._empty(empty, f"@@{attribute.name}")

    def _empty(self, argument: Argument, attribute: str) -> None:
        self._diagnostics.error(
            texts.ARGUMENT_WITHOUT_VALUE,
            argument.start,
            argument.end,
            attribute=attribute,
            name=argument.name,
        )


def _show(argument: Argument) -> str:
    return show(argument.value) if argument.value is not None else ""
