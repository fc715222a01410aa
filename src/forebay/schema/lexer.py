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
# A letter of any script is a letter; what Python counts as a word's part and Unicode as a number
# (beyond the ten digits) is none.
_NO_LETTER = (
    "\u00b2-\u00b3\u00b9\u00bc-\u00be\u09f4-\u09f9\u0b72-\u0b77\u0bf0-\u0bf2\u0c78-\u0c7e\u0d58-\u0d5e\u0d70-\u0d78"
    "\u0f2a-\u0f33\u1369-\u137c\u16ee-\u16f0\u17f0-\u17f9\u19da\u2070\u2074-\u2079\u2080-\u2089\u2150-\u2182"
    "\u2185-\u2793\u2cfd\u3007-\u3029\u3038-\u303a\u3192-\u3195\u3220-\u32bf\ua6e6-\ua6ef\ua830-\ua835"
    "\U00010107-\U0001018b\U000102e1-\U000102fb\U00010320-\U00010323\U00010341\U0001034a"
    "\U000103d1-\U000103d5\U00010858-\U0001085f\U00010879-\U0001087f\U000108a7-\U000108af"
    "\U000108fb-\U000108ff\U00010916-\U0001091b\U000109bc-\U000109bd\U000109c0-\U000109ff"
    "\U00010a40-\U00010a48\U00010a7d-\U00010a7e\U00010a9d-\U00010a9f\U00010aeb-\U00010aef"
    "\U00010b58-\U00010b5f\U00010b78-\U00010b7f\U00010ba9-\U00010baf\U00010cfa-\U00010cff"
    "\U00010e60-\U00010e7e\U00010f1d-\U00010f26\U00010f51-\U00010f54\U00010fc5-\U00010fcb"
    "\U00011052-\U00011065\U000111e1-\U000111f4\U0001173a-\U0001173b\U000118ea-\U000118f2"
    "\U00011c5a-\U00011c6c\U00011fc0-\U00011fd4\U00012400-\U0001246e\U00016b5b-\U00016b61"
    "\U00016e80-\U00016e96\U0001d2e0-\U0001d378\U0001e8c7-\U0001e8cf\U0001ec71-\U0001ed3d"
    "\U0001f100-\U0001f10c"
)
_OTHER_LETTER = rf"(?![\x00-\x7f{_NO_LETTER}])[^\W\d_]"
_NAME = rf"(?:[A-Za-z0-9]|{_OTHER_LETTER})(?:[A-Za-z0-9_\-]++|{_OTHER_LETTER})*+"
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
FIELD_ATTRIBUTE = re.compile(rf"{_SPACE}(?P<at>@){_SPACE}(?P<name>{_PATH}){_SPACE}(?P<open>\()?")
OPEN_ARGUMENTS = re.compile(rf"{_SPACE}(?P<open>\()?")
# What may stand behind the last word of a line, and the end of that line.
TAIL = re.compile(rf"{_SPACE}(?P<remark>{_REMARK}|{_BLOCK_REMARK})?{_SPACE}(?P<break>{_BREAK})")

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
