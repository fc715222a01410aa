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
ATTRIBUTE_UNKNOWN = Text('Attribute not known: "@{name}".')
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
    'Error parsing attribute "{attribute}": Fields that are marked with @updatedAt cannot be '
    "lists."
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
    "value of the enum specified for the field."
)
LIST_DEFAULT = Text(
    'Error parsing attribute "{attribute}": The default value of a list field must be a list.'
)
NOT_A_LIST_DEFAULT = Text(
    'Error parsing attribute "{attribute}": The default value of a non-list field cannot be a '
    "list."
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
AUTO_WITH_ARGUMENT = Text(
    'Error parsing attribute "{attribute}": `auto()` takes no arguments'
)
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
    'Error parsing attribute "{attribute}": Field \'{field}\' does not exist in model \'{model}\'.'
)
WHERE_RELATION = Text(
    'Error parsing attribute "{attribute}": Field \'{field}\' is a relation field. Only scalar '
    "fields can be used in the where clause."
)
WHERE_NESTED = Text(
    'Error parsing attribute "{attribute}": Nested object in where clause must have exactly one '
    'key. Use `{{ not: null }}` or `{{ not: "value" }}`.'
)
WHERE_UNKNOWN_KEY = Text(
    'Error parsing attribute "{attribute}": Unknown key \'{key}\' in nested where clause object. '
    "Only 'not' is supported."
)
WHERE_WRONG_WORD = Text(
    'Error parsing attribute "{attribute}": Invalid value \'{value}\' in where clause. Expected '
    "true, false, null, a string, a number, or an object like {{ not: null }}."
)
WHERE_WRONG_VALUE = Text(
    'Error parsing attribute "{attribute}": Invalid value in where clause. Expected true, false, '
    "null, a string, a number, or an object like {{ not: null }}."
)
WHERE_UNSUPPORTED = Text(
    'Error parsing attribute "{attribute}": Field \'{field}\' is an unsupported type and cannot be '
    "used in the object syntax of a where clause. Use raw() instead."
)
WHERE_ENUM = Text(
    'Error parsing attribute "{attribute}": Type mismatch: field \'{field}\' is an Enum and only '
    "accepts String values in the where clause."
)
WHERE_TYPE = Text(
    'Error parsing attribute "{attribute}": Type mismatch: field \'{field}\' is of type {type}, '
    "but the value is {kind}."
)

# Datasource and generators.
PROPERTY_WITHOUT_VALUE = Text(
    "Property {property} in {kind} {name} needs to be assigned a value",
    'write {property} = "…"',
)
PROPERTY_UNKNOWN = Text('Property not known: "{property}".')
DATASOURCE_ARGUMENT_MISSING = Text(
    'Argument "{argument}" is missing in data source block "{source}".',
    "add a line for {argument}",
)
GENERATOR_ARGUMENT_MISSING = Text(
    'Argument "{argument}" is missing in generator block "{generator}".',
    'name the generator: provider = "prisma-client"',
)
PROVIDER_FROM_ENVIRONMENT = Text(
    "A datasource must not use the env() function in the provider argument.",
    'write provider = "postgresql"',
)
PROVIDER_NOT_A_STRING = Text(
    "Error validating datasource `{source}`: The provider argument in a datasource must be a "
    "string literal"
)
PROVIDER_EMPTY = Text(
    "Error validating datasource `{source}`: The provider argument in a datasource must not be "
    "empty"
)
UNKNOWN_PROVIDER = Text(
    'Datasource provider not known: "{provider}".', 'write provider = "postgresql"'
)
# Ours alone: Prisma has connectors for these, and this project is for PostgreSQL.
OTHER_PROVIDER = Text(
    'Datasource provider not supported here: "{provider}". Forebay works with PostgreSQL.',
    'use provider = "postgresql", with a PostgreSQL database behind it',
)
SEVERAL_DATASOURCES = Text(
    "Error validating datasource `{source}`: You defined more than one datasource. This is not "
    "allowed yet because support for multiple databases has not been implemented yet."
)
FEATURES_IN_DATASOURCE = Text(
    "Preview features are only supported in the generator block. Please move this field to the "
    "generator block."
)
SHADOW_IS_DIRECT = Text(
    'shadowDatabaseUrl is the same as directUrl for datasource "{source}". Please specify a '
    "different database as shadow database to avoid data loss."
)
SHADOW_IS_MAIN = Text(
    'shadowDatabaseUrl is the same as url for datasource "{source}". Please specify a different '
    "database as shadow database to avoid data loss."
)
URL_IN_SCHEMA = Text(
    "The datasource property `url` is no longer supported in schema files. Move connection URLs "
    "for Migrate to `prisma.config.ts` and pass either `adapter` for a direct database connection "
    "or `accelerateUrl` for Accelerate to the `PrismaClient` constructor. See "
    "https://pris.ly/d/config-datasource and https://pris.ly/d/prisma7-client-config",
    "Prisma 6 has it here: --prisma 6 checks by its rules",
)
OTHER_URL_IN_SCHEMA = Text(
    "The datasource property `{property}` is no longer supported in schema files. Move connection "
    "URLs to `prisma.config.ts`. See https://pris.ly/d/config-datasource",
    "Prisma 6 has it here: --prisma 6 checks by its rules",
)
REFERENTIAL_INTEGRITY = Text(
    "The `referentialIntegrity` attribute is deprecated. Please use `relationMode` instead. Learn "
    "more at https://pris.ly/d/relation-mode"
)
BOTH_RELATION_MODES = Text(
    "The `referentialIntegrity` and `relationMode` attributes cannot be used together. Please use "
    "only `relationMode` instead."
)
WRONG_RELATION_MODE = Text(
    'Error validating datasource `relationMode`: Invalid relation mode setting: "{mode}". '
    'Supported values: "prisma", "foreignKeys"'
)
SCHEMAS_EMPTY = Text("If provided, the schemas array can not be empty.")
SCHEMA_TWICE = Text("Duplicated schema names are not allowed")
ENV_NAMED_ARGUMENT = Text("The env function doesn't expect named arguments")
ENV_WITHOUT_VALUE = Text("The env function expects a singular, unnamed, string argument.")
ENV_ARGUMENTS = Text("Exactly one string parameter must be passed to the env function.")
EXTENSION_ARGUMENT_UNNAMED = Text("Error validating: The argument must have a name")
EXTENSION_ARGUMENT_TWICE = Text(
    "Error validating: The argument `{name}` can only be defined once"
)
EXTENSION_ARGUMENT_KIND = Text("Error validating: The `{name}` argument must be a string literal")
EXTENSION_ARGUMENT_UNKNOWN = Text('Argument not known: "{name}".')
FEATURE_UNKNOWN = Text(
    'The preview feature "{feature}" is not known. Expected one of: {expected}'
)
FEATURE_RENAMED = Text(
    'On `provider = "postgresql"`, preview feature "{feature}" has been renamed to '
    '"fullTextSearchPostgres". Learn more at https://pris.ly/d/fts-postgres.'
)
FEATURE_INTEGRATED = Text(
    'Preview feature "{feature}" is deprecated. The functionality can be used without specifying '
    "it as a preview feature."
)
FEATURE_LEAVING = Text(
    'Preview feature "{feature}" is deprecated. It will be removed in a future version of Prisma.'
)
