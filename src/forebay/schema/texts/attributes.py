"""Messages about what an attribute says: a field's, a default, a key or an index."""

from forebay.schema.diagnostics import Text

# Field attributes.
IGNORED_UNSUPPORTED = Text(
    'Error parsing attribute "{attribute}": Fields of type `Unsupported` cannot take an `@ignore` '
    "attribute. They are already treated as ignored by the client due to their type.",
    "remove @ignore",
)
IGNORED_TWICE = Text(
    'Error parsing attribute "@ignore": Fields on an already ignored Model do not need an '
    "`@ignore` annotation.",
    "remove @ignore from the field",
)
NOT_A_RELATION = Text(
    'Error parsing attribute "{attribute}": Invalid field type, not a relation.',
    "@relation belongs to the field whose type is a model",
)
UPDATED_AT_TYPE = Text(
    'Error parsing attribute "{attribute}": Fields that are marked with @updatedAt must be of '
    "type DateTime."
)
UPDATED_AT_LIST = Text(
    'Error parsing attribute "{attribute}": Fields that are marked with @updatedAt cannot be lists.'
)
SECOND_ID = Text(
    'Error validating model "{model}": At most one field must be marked as the id field with the '
    "`@id` attribute.",
    "for a key of several fields write @@id([…]) below the fields",
)
ID_NOT_REQUIRED = Text(
    'Error parsing attribute "@id": Fields that are marked as id must be required.',
    "remove the question mark or the brackets from the type",
)
RELATION_ID = Text(
    'Error parsing attribute "{attribute}": The field `{field}` is a relation field and cannot be '
    "marked with `@id`. Only scalar fields can be declared as id.",
    "mark the field that holds the foreign key",
)
RELATION_DEFAULT = Text(
    'Error parsing attribute "{attribute}": Cannot set a default value on a relation field.'
)
RELATION_MAP = Text(
    'Error parsing attribute "{attribute}": The attribute `@map` cannot be used on relation '
    "fields.",
    "map the field that holds the foreign key",
)
RELATION_UNIQUE = Text(
    'Error parsing attribute "{attribute}": The field `{field}` is a relation field and cannot be '
    "marked with `unique`. Only scalar fields can be made unique.{meant}"
)
RELATION_NAME_EMPTY = Text(
    'Error parsing attribute "{attribute}": A relation cannot have an empty name.'
)
RELATION_UNKNOWN_FIELDS = Text(
    "Error validating: The argument fields must refer only to existing fields. The following "
    "fields do not exist in this model: {fields}",
    "add the field to this model, with the type of the field it refers to",
)
RELATION_OVER_RELATIONS = Text(
    "Error validating: The argument fields must refer only to scalar fields. But it is "
    "referencing the following relation fields: {fields}"
)
UNKNOWN_REFERENCES = Text(
    "Error validating: The argument `references` must refer only to existing fields in the "
    "related model `{model}`. The following fields do not exist in the related model: {fields}"
)
REFERENCES_TO_RELATIONS = Text(
    "Error validating: The argument `references` must refer only to scalar fields in the related "
    "model `{model}`. But it is referencing the following relation fields: {fields}"
)
UNKNOWN_ACTION = Text(
    'Error parsing attribute "@relation": Invalid referential action: `{action}`',
    "it is one of Cascade, Restrict, NoAction, SetNull and SetDefault",
)

# Defaults.
UNSUPPORTED_DEFAULT = Text(
    'Error parsing attribute "{attribute}": Only @default(dbgenerated("...")) can be used for '
    "Unsupported types."
)
NAMED_AUTOINCREMENT = Text(
    'Error parsing attribute "{attribute}": Naming an autoincrement default value is not allowed.'
)
WRONG_FUNCTION = Text(
    'Error parsing attribute "{attribute}": The function `{function}()` cannot be used on fields '
    "of type `{type}`."
)
UNKNOWN_FUNCTION = Text(
    "Unknown function in @default(): `{function}` is not known. You can read about the available "
    "functions here: https://pris.ly/d/attribute-functions",
    'SQL of your own goes into dbgenerated("…")',
)
NOT_AN_ENUM_VALUE = Text(
    'Error parsing attribute "{attribute}": Expected an enum value, but found `{value}`.',
    "write the enum's value as a bare word",
)
UNKNOWN_ENUM_VALUE = Text(
    'Error parsing attribute "{attribute}": The defined default value `{value}` is not a valid '
    "value of the enum specified for the field.",
    "{hint}",
)
LIST_DEFAULT = Text(
    'Error parsing attribute "{attribute}": The default value of a list field must be a list.'
)
NOT_A_LIST_DEFAULT = Text(
    'Error parsing attribute "{attribute}": The default value of a non-list field cannot be a list.'
)
NOT_A_BOOLEAN = Text(
    'Error parsing attribute "@default": A boolean literal must be `true` or `false`.'
)
WRONG_LITERAL = Text(
    'Error parsing attribute "{attribute}": Expected a {type} value, but found `{value}`.'
)
FUNCTION_WITH_ARGUMENT = Text(
    'Error parsing attribute "{attribute}": The `{function}` function does not take any argument. '
    "Consider changing this default to `{function}()`."
)
AUTO_WITH_ARGUMENT = Text('Error parsing attribute "{attribute}": `auto()` takes no arguments')
DBGENERATED_ARGUMENT = Text(
    'Error parsing attribute "{attribute}": `dbgenerated()` takes a single String argument'
)
DBGENERATED_EMPTY = Text(
    'Error parsing attribute "{attribute}": dbgenerated() takes either no argument, or a single '
    "nonempty string argument."
)
CUID_ARGUMENT = Text('Error parsing attribute "{attribute}": `cuid()` takes a single Int argument.')
CUID_VERSION = Text(
    'Error parsing attribute "{attribute}": `cuid()` takes either no argument, or a single '
    "integer argument which is either 1 or 2."
)
UUID_ARGUMENT = Text('Error parsing attribute "{attribute}": `uuid()` takes a single Int argument.')
UUID_VERSION = Text(
    'Error parsing attribute "{attribute}": `uuid()` takes either no argument, or a single '
    "integer argument which is either 4 or 7."
)
NANOID_ARGUMENT = Text(
    'Error parsing attribute "{attribute}": `nanoid()` takes a single Int argument.'
)
NANOID_SIZE = Text(
    'Error parsing attribute "{attribute}": `nanoid()` takes either no argument, or a single '
    "integer argument between 2 and 255."
)
COMPOSITE_DEFAULT_MAP = Text(
    'Error parsing attribute "{attribute}": The `map` argument is not allowed on a composite type '
    "field."
)
COMPOSITE_DBGENERATED = Text(
    'Error parsing attribute "{attribute}": Fields of composite types cannot have '
    "`dbgenerated()` as default."
)
COMPOSITE_UNSUPPORTED_DEFAULT = Text(
    'Error parsing attribute "{attribute}": Composite field of type `Unsupported` cannot have '
    "default values."
)
COMPOSITE_FUNCTION = Text(
    'Error parsing attribute "{attribute}": The function `{function}()` is not supported on '
    "composite fields."
)
COMPOSITE_TYPE_DEFAULT = Text(
    "Error validating field `{field}` in composite type `{composite}`: Defaults on fields of type "
    "composite are not supported. Please remove the `@default` attribute."
)

# Keys and indexes.
FIELD_IN_INDEX_TWICE = Text(
    'Error validating model "{model}": The unique index definition refers to the field {field} '
    "multiple times."
)
ID_UNKNOWN_FIELDS = Text(
    'Error validating model "{model}": The multi field id declaration refers to the unknown '
    "{fields}."
)
ID_OVER_RELATIONS = Text(
    'Error validating model "{model}": The id definition refers to the relation {fields}. ID '
    "definitions must reference only scalar fields.",
    "name the fields that hold the foreign keys",
)
ID_OPTIONAL = Text(
    'Error validating model "{model}": The id definition refers to the optional {fields}. ID '
    "definitions must reference only required fields."
)
TWO_IDS = Text(
    'Error validating model "{model}": Each model must have at most one id criteria. You can\'t '
    "have `@id` and `@@id` at the same time.",
    "keep one of the two, and make the other @unique or @@unique",
)
WRONG_CLIENT_NAME = Text(
    'Error validating model "{model}": The `name` property within the `{block}` attribute only '
    "allows for the following characters: `_a-zA-Z0-9`.",
    "`name` is the client's; the database's name is `map`",
)
INDEX_NAME_AND_MAP = Text(
    'Error parsing attribute "{attribute}": The `@@index` attribute accepts the `name` argument '
    "as an alias for the `map` argument for legacy reasons. It does not accept both though. "
    "Please use the `map` argument to specify the database name of the index."
)
UNKNOWN_ALGORITHM = Text(
    'Error parsing attribute "{attribute}": Unknown index type: {type}.',
    "it is one of BTree, Hash, Gist, Gin, SpGist and Brin",
)
INDEX_UNKNOWN_FIELDS = Text(
    'Error validating model "{model}": The {unique}index definition refers to the unknown fields: '
    "{fields}."
)
INDEX_OVER_RELATIONS = Text(
    'Error validating model "{model}": The {unique}index definition refers to the relation fields '
    "{fields}. Index definitions must reference only scalar fields.{meant}",
    "name the fields that hold the foreign keys",
)
WHERE_KIND = Text(
    'Error parsing attribute "{attribute}": The `where` argument must be either a raw() function '
    "call or an object literal, e.g. `where: raw(\"status = 'active'\")` or "
    "`where: {{ active: true }}`."
)
WHERE_RAW_ARGUMENT = Text(
    'Error parsing attribute "{attribute}": The `where` argument must be a raw() function with a '
    "string argument, e.g. `where: raw(\"status = 'active'\")`."
)
WHERE_RAW_EMPTY = Text(
    'Error parsing attribute "{attribute}": The `where` argument cannot contain an empty string.'
)
WHERE_EMPTY = Text(
    'Error parsing attribute "{attribute}": The `where` argument cannot be an empty object.'
)
WHERE_UNKNOWN_FIELD = Text(
    "Error parsing attribute \"{attribute}\": Field '{field}' does not exist in model '{model}'."
)
WHERE_RELATION = Text(
    "Error parsing attribute \"{attribute}\": Field '{field}' is a relation field. Only scalar "
    "fields can be used in the where clause."
)
WHERE_NESTED = Text(
    'Error parsing attribute "{attribute}": Nested object in where clause must have exactly one '
    'key. Use `{{ not: null }}` or `{{ not: "value" }}`.'
)
WHERE_UNKNOWN_KEY = Text(
    "Error parsing attribute \"{attribute}\": Unknown key '{key}' in nested where clause object. "
    "Only 'not' is supported."
)
WHERE_WRONG_WORD = Text(
    "Error parsing attribute \"{attribute}\": Invalid value '{value}' in where clause. Expected "
    "true, false, null, a string, a number, or an object like {{ not: null }}."
)
WHERE_WRONG_VALUE = Text(
    'Error parsing attribute "{attribute}": Invalid value in where clause. Expected true, false, '
    "null, a string, a number, or an object like {{ not: null }}."
)
WHERE_UNSUPPORTED = Text(
    "Error parsing attribute \"{attribute}\": Field '{field}' is an unsupported type and cannot be "
    "used in the object syntax of a where clause. Use raw() instead."
)
WHERE_ENUM = Text(
    "Error parsing attribute \"{attribute}\": Type mismatch: field '{field}' is an Enum and only "
    "accepts String values in the where clause."
)
WHERE_TYPE = Text(
    "Error parsing attribute \"{attribute}\": Type mismatch: field '{field}' is of type {type}, "
    "but the value is {kind}."
)
