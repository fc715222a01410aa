"""The patterns the parser walks a schema with: one for each place where a choice is made.

Each pattern takes in a whole choice of Prisma's grammar, so that a line costs a handful of
matches and no token objects. None of them can backtrack over what it has taken, which is what
keeps a file of any length linear.
"""

import re

# Unicode's space separators and the tab; a line break is never white space in this language.
_SPACE = "[ \\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*+"
_BREAK = r"(?:\r\n|\n|\r)"
_REST = r"[^\r\n]*+"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_\-]*+"
_PATH = rf"{_NAME}(?:\.(?:{_NAME})?)*+"
_STRING = r'"(?:\\[\s\S]|[^"\\\x00-\x1f])*+"'
_NUMBER = r"-?[0-9]++(?:\.[0-9]++)?"
_REMARK = rf"//{_REST}"
_BLOCK_REMARK = r"/\*[\s\S]*?\*/"
_REMARKS = rf"(?:(?:{_SPACE}(?:{_REMARK}|{_BLOCK_REMARK})){_BREAK}?)++"
_BLANK = rf"(?:{_SPACE}{_BREAK})++"
_OPEN = rf"\{{{_REST}{_BREAK}"
_BASE = rf"(?:Unsupported\({_SPACE}{_STRING}{_SPACE}\)|{_NAME})"

KEYWORDS = "model|type|view|enum|datasource|generator"

# At the top of a file. A block whose contents never close is tried again without `block`.
TOP = re.compile(
    rf"{_SPACE}(?:"
    rf"(?P<block>(?P<keyword>{KEYWORDS}){_SPACE}(?P<name>{_NAME}){_SPACE}(?P<open>{_OPEN}))"
    rf"|(?P<remarks>{_REMARKS})"
    rf"|(?P<blank>{_BLANK})"
    r"|(?P<other>[^\r\n])"
    r")?"
)
ALIAS = re.compile(rf"type{_SPACE}{_NAME}{_SPACE}={_SPACE}{_BASE}{_SPACE}")
STRAY_BLOCK = re.compile(rf"{_NAME}{_SPACE}{_OPEN}")
STRAY_LINE = re.compile(rf"{_REST}{_BREAK}?")

# In a block.
LINE = re.compile(
    rf"{_SPACE}(?:"
    rf"(?P<word>{_NAME})"
    rf"|@@{_SPACE}(?P<attribute>{_PATH})"
    r"|(?P<close>\})"
    rf"|(?P<blank>{_BLANK})"
    rf"|(?P<remarks>{_REMARKS})"
    r"|(?P<other>[^\r\n])"
    r")?"
)
FIELD_TYPE = re.compile(
    rf"{_SPACE}(?P<colon>:)?{_SPACE}"
    rf"(?:(?P<base>{_BASE})(?:{_SPACE}(?P<arity>\[\]{_SPACE}\?|\[\]|\?|!))?"
    rf"|\[{_SPACE}(?P<listed>{_BASE}){_SPACE}\])?"
)
UNSUPPORTED = re.compile(rf"Unsupported\({_SPACE}(?P<string>{_STRING})")
EQUALS = re.compile(rf"{_SPACE}=")
FIELD_ATTRIBUTE = re.compile(
    rf"{_SPACE}(?P<at>@){_SPACE}(?P<name>{_PATH})(?:{_SPACE}(?P<open>\())?"
)
OPEN_ARGUMENTS = re.compile(rf"{_SPACE}\(")
# What may stand behind the last word of a line, and the end of that line.
TAIL = re.compile(rf"{_SPACE}(?P<remark>{_REMARK}|{_BLOCK_REMARK})?{_SPACE}{_BREAK}")

# In an argument list, an array or an object. `name` alone is an argument without its value.
_EXPRESSION = (
    rf"(?P<call>{_PATH}){_SPACE}\("
    r"|(?P<array>\[)"
    rf"|(?P<number>{_NUMBER})"
    rf"|(?P<string>{_STRING})"
    rf"|(?P<path>{_PATH})"
)
_NAMED = rf"{_SPACE}(?:(?P<name>{_NAME}){_SPACE}:)?{_SPACE}"
EXPRESSION = re.compile(rf"{_SPACE}(?:{_EXPRESSION})?")
EXPRESSION_7 = re.compile(rf"{_SPACE}(?:{_EXPRESSION}|(?P<object>\{{))?")
ARGUMENT = re.compile(rf"{_NAMED}(?:{_EXPRESSION})?")
ARGUMENT_7 = re.compile(rf"{_NAMED}(?:{_EXPRESSION}|(?P<object>\{{))?")
AFTER = re.compile(rf"{_SPACE}(?P<mark>[,)\]\}}])?")

# In a block of remarks: each remark, with the white space that Prisma counts as part of it.
REMARK = re.compile(
    rf"{_SPACE}(?:///(?P<doc>{_REST})|//(?P<plain>{_REST}))|(?P<block>{_SPACE}{_BLOCK_REMARK})"
)
