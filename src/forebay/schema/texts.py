"""Every message about a schema, word for word Prisma's, with a line of ours where one helps.

`{gaps}` are filled in by the checks. They stand here together so that they can be read and
compared as a whole: a check names its text and says nothing itself.
"""

from forebay.schema.diagnostics import Text

# The text itself.
STRAY_LINE = Text(
    "Error validating: This line is invalid. It does not start with any known Prisma schema "
    "keyword.",
    "begin a block with model, view, enum, datasource or generator, and close the one before "
    "with a line of its own: }}",
)
STRAY_BLOCK = Text(
    "Error validating: This block is invalid. It does not start with any known Prisma schema "
    "keyword. Valid keywords include 'model', 'enum', 'type', 'datasource' and 'generator'.",
    "put the keyword before the name: model Name {{",
)
TYPE_ALIAS = Text(
    "Error validating: Invalid type definition. Please check the documentation in "
    "https://pris.ly/d/composite-types",
    "write the type out in each field: aliases were removed from the language",
)
STRAY_FIELD_LINE = Text(
    "Error validating: This line is not a valid field or attribute definition.",
    "a field is a name, a type and attributes on one line; look for an unclosed bracket or quote",
)
STRAY_ENUM_LINE = Text(
    "Error validating: This line is not an enum value definition.",
    "an enum's value is one word, with nothing but attributes behind it",
)
STRAY_CONFIG_LINE = Text(
    "Error validating: This line is not a valid definition within a {kind}.",
    'write key = "value", on one line',
)
FIELD_WITHOUT_TYPE = Text(
    'Error validating {kind} "{model}": This field declaration is invalid. It is either missing '
    "a name or a type.",
    "a field is a name and a type: title String",
)
LEGACY_COLON = Text("Field declarations don't require a `:`.", "remove the colon")
LEGACY_REQUIRED = Text(
    "Fields are required by default, `!` is no longer required.", "remove the exclamation mark"
)
LEGACY_LIST = Text("To specify a list, please use `Type[]` instead of `[Type]`.")
OPTIONAL_LIST = Text(
    "Optional lists are not supported. Use either `Type[]` or `Type?`.",
    "a list is never null in the client: an empty one says as much",
)
UNKNOWN_ESCAPE = Text(
    r"Unknown escape sequence. If the value is a windows-style path, `\` must be escaped as `\\`."
)
WRONG_UNICODE_ESCAPE = Text(
    "Invalid unicode escape sequence.", r"write four hexadecimal digits behind \u"
)
COMPOSITE_MAP = Text(
    "Error validating: The name of a composite type is not persisted in the database, therefore "
    "it does not need a mapped database name."
)
COMPOSITE_UNIQUE = Text(
    "Error validating: A unique constraint should be defined in the model containing the embed."
)
COMPOSITE_INDEX = Text(
    "Error validating: An index should be defined in the model containing the embed."
)
COMPOSITE_FULLTEXT = Text(
    "Error validating: A fulltext index should be defined in the model containing the embed."
)
COMPOSITE_ID = Text("Error validating: A composite type cannot define an id.")
COMPOSITE_ATTRIBUTE = Text(
    "Error validating: A composite type cannot have block-level attributes."
)
COMPOSITE_FIELD_ATTRIBUTE = Text(
    "Error validating: Defining `@{name}` attribute for a field in a composite type is not "
    "allowed."
)
