"""Messages about what PostgreSQL has no column or no index for."""

from forebay.schema.diagnostics import Text

# Native types and defaults.
NATIVE_PREFIX = Text(
    "The prefix {prefix} is invalid. It must be equal to the name of an existing datasource e.g. "
    "{expected}. Did you mean to use {meant}?"
)
NATIVE_UNKNOWN = Text("Native type {type} is not supported for {provider} connector.")
NATIVE_NO_ARGUMENTS = Text(
    'Function "{type}" takes {optional} arguments, but received {given}.', "remove the brackets"
)
NATIVE_ARGUMENTS = Text(
    "Native type {type} takes {optional} optional arguments, but received {given}."
)
NATIVE_SCALAR = Text(
    "Native type {type} is not compatible with declared field type {scalar}, expected field type "
    "{expected}."
)
NATIVE_NOT_NUMBERS = Text("Expected {expected}, but found {given}.")
NATIVE_SCALE = Text(
    "The scale must not be larger than the precision for the {type} native type in Postgres."
)
NATIVE_PRECISION = Text(
    "Argument M is out of range for native type `{type}` of Postgres: Precision must be positive "
    "with a maximum value of 1000."
)
NATIVE_POSITIVE = Text(
    "Argument M is out of range for native type `{type}` of Postgres: M must be a positive integer."
)
NATIVE_SECONDS = Text(
    "Argument M is out of range for native type `{type}` of Postgres: M can range from 0 to 6."
)
UNSUPPORTED_SUPPORTED = Text(
    'Error validating: The type `Unsupported("{type}")` you specified in the type definition for '
    "the field `{field}` is supported as a native type by Prisma. Please use the native type "
    "notation `{scalar} @{native}` for full support."
)
NO_JSON_LISTS = Text(
    "Error validating field `{field}` in {kind} `{model}`: Field `{field}` in {kind} `{model}` "
    "can't be of type Json[]. The current connector does not support the Json List type.",
    "add a datasource",
)
NO_DECIMALS = Text(
    "Error validating field `{field}` in {kind} `{model}`: Field `{field}` in {kind} `{model}` "
    "can't be of type Decimal. The current connector does not support the Decimal type.",
    "add a datasource",
)
NO_LISTS = Text(
    'Field "{field}" in {kind} "{model}" can\'t be a list. The current connector does not support '
    "lists of primitive types.",
    "add a datasource",
)
DEFAULT_NAMED = Text(
    'Error parsing attribute "@default": You defined a database name for the default value of a '
    "field on the model. This is not supported by the provider.",
    "remove `map`: PostgreSQL's defaults have no names",
)
AUTO_NOT_SUPPORTED = Text(
    'Error parsing attribute "@default": The current connector does not support the `auto()` '
    "function.",
    "use autoincrement(), cuid() or uuid()",
)
WRONG_JSON = Text(
    'Error parsing attribute "@default": Parse error: "{value}" is not a valid JSON string. '
    "({problem})"
)
WRONG_BASE64 = Text(
    'Error parsing attribute "@default": Parse error: "{value}" is not a valid base64 string. '
    "({problem})"
)
WRONG_TIME = Text(
    'Error parsing attribute "@default": Parse error: "{value}" is not a valid rfc3339 datetime '
    "string. ({problem})",
    'write it like "2026-01-31T12:00:00Z"',
)
WRONG_INTEGER = Text(
    'Error parsing attribute "@default": Parse error: "{value}" is not a valid integer. ({problem})'
)
WRONG_DECIMAL = Text(
    'Error parsing attribute "default": Parse error: "{value}" is not a valid decimal. ({problem})'
)

# Indexes.
INDEX_EMPTY = Text(
    'Error parsing attribute "{attribute}": The list of fields in an index cannot be empty. '
    "Please specify at least one field."
)
INDEX_LENGTH = Text(
    'Error parsing attribute "{attribute}": The length argument is not supported in an index '
    "definition with the current connector"
)
INDEX_TYPE_NOT_SUPPORTED = Text(
    'Error parsing attribute "{attribute}": The given index type is not supported with the '
    "current connector",
    "add a datasource",
)
HASH_SORT = Text('Error parsing attribute "{attribute}": Hash type does not support sort option.')
FULLTEXT_NOT_SUPPORTED = Text(
    'Error parsing attribute "{attribute}": Defining fulltext indexes is not supported with the '
    "current connector.",
    "use @@index with type: Gin",
)
OPERATOR_CLASS_PLACE = Text(
    'Error parsing attribute "{attribute}": Operator classes can only be defined to fields in an '
    "@@index attribute."
)
PARTIAL_WITHOUT_FEATURE = Text(
    'Error parsing attribute "{attribute}": Partial indexes are a preview feature. Add '
    '"partialIndexes" to previewFeatures in your generator block.'
)
UNIQUE_NAME_IS_FIELD = Text(
    'Error validating {kind} "{model}": The field `{name}` clashes with the `{shown}` name. '
    "Please resolve the conflict by providing a custom id name: "
    '`{shown}([...], name: "custom_name")`'
)
XML_UNIQUE = Text("Native type `{type}` cannot be unique in Postgres.")
XML_INDEX = Text("You cannot define an index on fields with native type `{type}` of Postgres.")
SPGIST_COLUMNS = Text(
    'Error parsing attribute "{attribute}": SpGist does not support multi-column indices.'
)
OPERATOR_CLASS_TYPE = Text(
    'Error parsing attribute "{attribute}": The given operator class `{ops}` is not supported '
    "with the `{type}` index type."
)
OPERATOR_CLASS_NATIVE = Text(
    'Error parsing attribute "{attribute}": The given operator class `{ops}` does not support '
    "native type `{native}` of field `{field}`."
)
NO_OPERATOR_CLASS = Text(
    'Error parsing attribute "{attribute}": The {type} index field type `{native}` has no default '
    "operator class."
)
OPERATOR_CLASS_NEEDS_NATIVE = Text(
    'Error parsing attribute "{attribute}": The given operator class `{ops}` expects the field '
    "`{field}` to define a valid native type."
)
OPERATOR_CLASS_SCALAR = Text(
    'Error parsing attribute "{attribute}": The given operator class `{ops}` points to the field '
    "`{field}` that is not of {expected} type."
)
OPERATOR_CLASS_ARRAY = Text(
    'Error parsing attribute "{attribute}": The given operator class `ArrayOps` expects the type '
    "of field `{field}` to be an array."
)
INDEX_TYPE_COLUMN = Text(
    'Error parsing attribute "{attribute}": The {type} index type does not support the type of '
    "the field `{field}`."
)
EXTENSIONS_WITHOUT_FEATURE = Text(
    "The `extensions` property is only available with the `postgresqlExtensions` preview feature.",
    'add previewFeatures = ["postgresqlExtensions"] to the generator',
)
EXTENSION_BEGINS_WITH_NUMBER = Text(
    "Error validating: The name of an extension must not start with a number."
)
EXTENSION_WITH_DASH = Text(
    "Error validating: The character `-` is not allowed in extension names.",
    'give it a name without, and the database\'s name as map: "…"',
)
