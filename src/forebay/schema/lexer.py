"""The patterns the parser walks a schema with: one for each place where a choice is made.

Each pattern takes in a whole choice of Prisma's grammar, so that a line costs a handful of
matches and no token objects. None of them can backtrack over what it has taken, and none looks
further than the end of a line: that is what keeps a file of any length linear.
"""

import re
from functools import cache

# Unicode's space separators and the tab; a line break is never white space in this language.
_SPACE = "[ \\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*+"
_BREAK = r"(?:\r\n|\n|\r)"
_REST = r"[^\r\n]*+"
_STRING = r'"(?:\\[\s\S]|[^"\\\x00-\x1f])*+"'
_NUMBER = r"-?[0-9]++(?:\.[0-9]++)?"
_OPEN = rf"\{{{_REST}{_BREAK}"
_KEYWORDS = "model|type|view|enum|datasource|generator"

BREAK = re.compile(_BREAK)
STRAY_LINE = re.compile(rf"{_REST}{_BREAK}?")
# Remarks to the end of their lines, of which a block of remarks can hold any number.
LINE_REMARKS = re.compile(rf"(?:{_SPACE}//{_REST}{_BREAK}?)++")
BLOCK_REMARK = re.compile(rf"{_SPACE}/\*")
# The end of a line, and what may stand before it.
TAIL = re.compile(rf"{_SPACE}(?P<remark>//{_REST})?(?P<break>{_BREAK})")
LINE_END = re.compile(rf"{_SPACE}(?P<break>{_BREAK})")
EQUALS = re.compile(rf"{_SPACE}=")
OPEN_ARGUMENTS = re.compile(rf"{_SPACE}(?P<open>\()?")
UNSUPPORTED = re.compile(rf"Unsupported\({_SPACE}(?P<string>{_STRING})")
AFTER = re.compile(rf"{_SPACE}(?P<mark>[,)\]\}}])?")

# In a block of remarks: each remark, with the white space that Prisma counts as part of it.
REMARK = re.compile(
    rf"{_SPACE}(?:///(?P<doc>{_REST})|//(?P<plain>{_REST}))|(?P<block>{_SPACE}/\*[\s\S]*?\*/)"
)


class Patterns:
    """The patterns that have names in them, which may be of the letters of any script."""

    __slots__ = (
        "alias",
        "argument",
        "expression",
        "field_attribute",
        "field_type",
        "line",
        "stray_block",
        "top",
    )

    def __init__(self, other_letters: str, *, with_objects: bool) -> None:
        """Compile them; `other_letters` is a pattern of letters that are not ASCII, or empty."""
        name = r"[A-Za-z0-9][A-Za-z0-9_\-]*+"
        if other_letters:
            more = rf"(?:[A-Za-z0-9_\-]|{other_letters})*+"
            name = rf"(?:[A-Za-z0-9]|{other_letters}){more}"
        path = rf"{name}(?:\.(?:{name})?)*+"
        base = rf"(?:Unsupported\({_SPACE}{_STRING}{_SPACE}\)|{name})"
        # At the top of a file. A block that never closes is tried again without `block`.
        self.top = re.compile(
            rf"{_SPACE}(?:(?P<block>"
            rf"(?P<keyword>{_KEYWORDS}){_SPACE}(?P<name>{name}){_SPACE}(?P<open>{_OPEN}))"
            rf"|(?P<blank>(?:{_SPACE}{_BREAK})++)|(?P<other>[^\r\n]))?"
        )
        self.alias = re.compile(rf"type{_SPACE}{name}{_SPACE}={_SPACE}{base}{_SPACE}")
        self.stray_block = re.compile(rf"{name}{_SPACE}{_OPEN}")
        # In a block.
        self.line = re.compile(
            rf"{_SPACE}(?:(?P<word>{name})|@@{_SPACE}(?P<attribute>{path})|(?P<close>\}})"
            rf"|(?P<blank>(?:{_SPACE}{_BREAK})++)|(?P<other>[^\r\n]))?"
        )
        self.field_type = re.compile(
            rf"{_SPACE}(?P<colon>:)?{_SPACE}"
            rf"(?:(?P<base>{base})(?:{_SPACE}(?P<arity>\[\]{_SPACE}\?|\[\]|\?|!))?"
            rf"|\[{_SPACE}(?P<listed>{base}){_SPACE}\])?"
        )
        # White space behind a name without brackets counts as part of the attribute.
        self.field_attribute = re.compile(
            rf"{_SPACE}(?P<at>@){_SPACE}(?P<name>{path}){_SPACE}(?P<open>\()?"
        )
        # In an argument list, an array or an object. `name` alone is an argument without value.
        expression = (
            rf"(?P<call>{path}){_SPACE}\(|(?P<array>\[)|(?P<number>{_NUMBER})"
            rf"|(?P<string>{_STRING})|(?P<path>{path})"
        )
        if with_objects:
            expression += r"|(?P<object>\{)"
        self.expression = re.compile(rf"{_SPACE}(?:{expression})?")
        self.argument = re.compile(
            rf"{_SPACE}(?:(?P<name>{name}){_SPACE}:)?{_SPACE}(?:{expression})?"
        )


def patterns_for(text: str, *, with_objects: bool) -> Patterns:
    """Return the patterns for a text, which are simpler where it is all ASCII."""
    if text.isascii():
        return _patterns("", with_objects=with_objects)
    # Python takes numerals such as ² for parts of words; Prisma takes letters only.
    numerals = {char for char in set(text) if char.isalnum() and not char.isalpha()}
    excluded = "".join(sorted(re.escape(char) for char in numerals if not char.isascii()))
    return _patterns(rf"[^\W\d_\x00-\x7f{excluded}]", with_objects=with_objects)


@cache
def _patterns(other_letters: str, *, with_objects: bool) -> Patterns:
    return Patterns(other_letters, with_objects=with_objects)
