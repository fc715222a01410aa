"""Messages about the text itself, and about its names, types and arguments."""

from forebay.schema.diagnostics import Text

# The text itself.
STRAY_LINE = Text(
    "Error validating: This line is invalid. It does not start with any known Prisma schema "
    "keyword.",
    "begin a block with model, view, enum, datasource or generator, and close the one before "
    "with a line of its own: }}",
)
# Instead of the hint of STRAY_LINE, where the mark makes the line stray.
HINT_OF_MARK = (
    "this line begins with a byte order mark, which Prisma does not take: save the file as UTF-8 "
    "without one"
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
    "a field is a name, a type and attributes on one line; look for an unclosed bracket or quote, "
    "and for a block before it that is written on one line: }} stands on a line of its own",
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
COMPOSITE_ATTRIBUTE = Text("Error validating: A composite type cannot have block-level attributes.")
COMPOSITE_FIELD_ATTRIBUTE = Text(
    "Error validating: Defining `@{name}` attribute for a field in a composite type is not allowed."
)

# Names.
RESERVED_SCALAR = Text(
    '"{name}" is a reserved scalar type name and cannot be used.', "give it another name"
)
RESERVED_MODEL = Text(
    'Error validating model "{name}": The {kind} name `{name}` is invalid. It is a reserved name. '
    "Please change it. Read more at https://pris.ly/d/naming-models",
    'keep the table\'s name with @@map("{name}")',
)
RESERVED_ENUM = Text(
    "Error validating enum `{name}`: The enum name `{name}` is invalid. It is a reserved name. "
    "Please change it. Read more at https://www.prisma.io/docs/reference/tools-and-interfaces/"
    "prisma-schema/data-model#naming-enums",
    'keep the type\'s name with @@map("{name}")',
)
BLOCK_TWICE = Text(
    'The {kind} "{name}" cannot be defined because a {existing} with that name already exists.'
)
VALUE_TWICE = Text('Value "{name}" is already defined on enum "{enum}".')
FIELD_TWICE = Text(
    'Field "{name}" is already defined on {container} "{model}".',
    "rename one of the two; @map names its column",
)
PROPERTY_TWICE = Text('Key "{name}" is already defined in {block}.')
NAME_BEGINS_WITH_NUMBER = Text(
    "Error validating: The name of a {what} must not start with a number.",
    "put a letter first, and the name in the database into @map",
)
NAME_WITH_DASH = Text(
    "Error validating: The character `-` is not allowed in {what} names.",
    "use an underscore, and the name in the database in @map",
)

# Types.
UNKNOWN_TYPE = Text(
    'Type "{name}" is neither a built-in type, nor refers to another model, composite type, or '
    "enum.",
    "define a model or an enum of that name, or use Int, BigInt, Float, Decimal, Boolean, String, "
    "DateTime, Json or Bytes",
)
UNKNOWN_TYPE_CASE = Text(
    'Type "{name}" is neither a built-in type, nor refers to another model, composite type, or '
    'enum. Did you mean "{meant}"?',
    "write {meant}: names of types are case-sensitive",
)
COMPOSITE_RELATION = Text(
    'Error validating composite type "{composite}": {model} refers to a model, making this a '
    "relation field. Relation fields inside composite types are not supported."
)
ENUM_EMPTY = Text("Error validating: An enum must have at least one value.")

# Attributes and arguments in general.
ATTRIBUTE_TWICE = Text('Attribute "@{name}" can only be defined once.', "remove all but one")
ATTRIBUTE_UNKNOWN = Text('Attribute not known: "@{name}".', "{hint}")
ARGUMENT_TWICE = Text('Argument "{name}" is already specified.')
ARGUMENT_NAMED_AND_UNNAMED = Text(
    'Argument "{name}" is already specified as unnamed argument.', "give it once"
)
ARGUMENT_MISSING = Text('Argument "{name}" is missing.')
ARGUMENT_UNKNOWN = Text("No such argument.")
ARGUMENT_WITHOUT_VALUE = Text(
    'Error parsing attribute "{attribute}": The `{name}` argument is missing a value.'
)
SEVERAL_UNNAMED = Text(
    'Error parsing attribute "{attribute}": You provided multiple unnamed arguments. This is not '
    "possible. Did you forget the brackets? Did you mean `[{values}]`?"
)
TRAILING_COMMA = Text(
    'Error parsing attribute "{attribute}": Trailing commas are not valid in attribute arguments, '
    "please remove the comma."
)
WRONG_KIND = Text("Expected a {expected} value, but received {kind} value `{value}`.")
UNEXPECTED_TOKEN = Text("Unexpected token. Expected one of: {expected}")
EMPTY_MAP = Text(
    'Error parsing attribute "{attribute}": The `map` argument cannot be an empty string.'
)
EMPTY_NAME = Text(
    'Error parsing attribute "{attribute}": The `name` argument cannot be an empty string.'
)
WRONG_SORT = Text(
    'Error parsing attribute "{attribute}": The `sort` argument can only be `Asc` or `Desc` you '
    "provided: {value}."
)
