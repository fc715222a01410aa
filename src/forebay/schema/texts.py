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
    "value of the enum specified for the field."
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
EXTENSION_ARGUMENT_TWICE = Text("Error validating: The argument `{name}` can only be defined once")
EXTENSION_ARGUMENT_KIND = Text("Error validating: The `{name}` argument must be a string literal")
EXTENSION_ARGUMENT_UNKNOWN = Text('Argument not known: "{name}".')
FEATURE_UNKNOWN = Text('The preview feature "{feature}" is not known. Expected one of: {expected}')
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

# Models.
NO_CRITERION = Text(
    'Error validating {kind} "{model}": Each {kind} must have at least one unique criteria that '
    "has only required fields. Either mark a single field with `@id`, `@unique` or add a multi "
    "field criterion with `@@id([])` or `@@unique([])` to the {kind}.",
    "mark the primary key's field with @id",
)
NO_STRICT_CRITERION = Text(
    NO_CRITERION.message + " The following unique criterias were not considered as they contain "
    "fields that are not required:{loose}",
    "make the fields of one of them required",
)
TABLE_TWICE = Text(
    'The model with database name "{table}" could not be defined because another model or view '
    'with this name exists: "{existing}"'
)
ENUM_TABLE_TWICE = Text("An enum with the same database name is already defined.")
VIEW_WITHOUT_FEATURE = Text(
    "Error validating: View definitions are only available with the `views` preview feature.",
    'add previewFeatures = ["views"] to the generator',
)
ID_EMPTY = Text(
    'Error parsing attribute "{attribute}": The list of fields in an `{attribute}()` attribute '
    "cannot be empty. Please specify at least one field."
)
ID_NAME_IS_FIELD = Text(
    'Error validating {kind} "{model}": The field `{name}` clashes with the `@@id` attribute\'s '
    "name. Please resolve the conflict by providing a custom id name: "
    '`@@id([...], name: "custom_name")`'
)
ID_NAMED = Text(
    'Error validating {kind} "{model}": You defined a database name for the primary key on the '
    "model. This is not supported by the provider.",
    "add a datasource",
)
ID_LENGTH = Text(
    'Error parsing attribute "{attribute}": The length argument is not supported in the primary '
    "key with the current connector"
)
ID_SORT = Text(
    'Error parsing attribute "{attribute}": The sort argument is not supported in the primary key '
    "with the current connector"
)
CLUSTERED = Text(
    'Error parsing attribute "{attribute}": Defining clustering is not supported in the current '
    "connector."
)
SCHEMA_NOT_SUPPORTED = Text("@@schema is not supported on the current datasource provider")
SCHEMA_UNDEFINED = Text(
    "This schema is not defined in the datasource. Read more on `@@schema` at "
    "https://pris.ly/d/multi-schema",
    "add it to `schemas` in the datasource",
)
MODEL_WITHOUT_SCHEMA = Text(
    'Error validating {kind} "{model}": This {kind} is missing an `@@schema` attribute.',
    "name one of the datasource's schemas",
)
ENUM_WITHOUT_SCHEMA = Text(
    "This enum is missing an `@@schema` attribute.", "name one of the datasource's schemas"
)
AUTOINCREMENT_TWICE = Text(
    'Error parsing attribute "@default": The `autoincrement()` default value is used multiple '
    "times on this model even though the underlying datasource only supports one instance per "
    "table."
)
AUTOINCREMENT_NOT_ID = Text(
    'Error parsing attribute "@default": The `autoincrement()` default value is used on a non-id '
    "field even though the datasource does not support this."
)
AUTOINCREMENT_NOT_INDEXED = Text(
    'Error parsing attribute "@default": The `autoincrement()` default value is used on a '
    "non-indexed field even though the datasource does not support this."
)
COMPOSITES_NOT_SUPPORTED = Text(
    "Error validating: Composite types are not supported on {provider}.",
    "use a model of its own, or a Json field",
)
COMPOSITE_IN_ITSELF = Text(
    "Error validating field `{field}` in composite type `{composite}`: The type is the same as "
    "the parent and causes an endless cycle. Please change the field to be either optional or a "
    "list."
)
COMPOSITE_CYCLE = Text(
    "Error validating field `{field}` in composite type `{composite}`: The types cause an endless "
    "cycle in the path {path}. Please change one of the fields to be either optional or a list to "
    "break the cycle."
)

# Names of constraints and of the client.
CONSTRAINT_NAME_TAKEN = Text(
    'Error parsing attribute "{attribute}": The given constraint name `{name}` has to be unique '
    "in the following namespace: {space}. Please provide a different name using the `map` "
    "argument."
)
CLIENT_NAME_TWICE = Text(
    'Error parsing attribute "{attribute}": The given custom name `{name}` has to be unique on '
    "the model. Please provide a different name for the `name` argument."
)
CLIENT_NAME_IS_FIELD = Text(
    'Error validating {kind} "{model}": The custom name `{name}` specified for the `{shown}` '
    "attribute is already used as a name for a field. Please choose a different name."
)
NAME_TOO_LONG = Text(
    "Error validating model \"{model}\": The constraint name '{name}' specified in the `map` "
    "argument for the `{shown}` constraint is too long for your chosen provider. The maximum "
    "allowed length is {limit} bytes."
)

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

# Relations.
_AMBIGUOUS = 'Error validating {kind} "{model}": '
AMBIGUOUS_SELF_RELATION = Text(
    _AMBIGUOUS + "Ambiguous self relation detected. The fields {fields} in model `{model}` both "
    "refer to `{related}`. If they are part of the same relation add the same relation name for "
    "them with `@relation(<name>)`."
)
UNNAMED_SELF_RELATION = Text(
    _AMBIGUOUS + "Unnamed self relation detected. The fields {fields} in model `{model}` have no "
    "relation name. Please provide a relation name for one of them by adding `@relation(<name>)."
)
SELF_RELATION_NAMES = Text(
    _AMBIGUOUS + "Wrongly named self relation detected. The fields {fields} in model `{model}` "
    "have the same relation name. At most two relation fields can belong to the same relation and "
    "therefore have the same name. Please assign a different relation name to one of them."
)
AMBIGUOUS_RELATION = Text(
    _AMBIGUOUS + "Ambiguous relation detected. The fields {fields} in model `{model}` both refer "
    "to `{related}`. Please provide different relation names for them by adding "
    "`@relation(<name>)."
)
RELATION_NAMES = Text(
    _AMBIGUOUS + "Wrongly named relation detected. The fields {fields} in model `{model}` both "
    "use the same relation name. Please provide different relation names for them through "
    "`@relation(<name>)."
)
RELATION_TO_IGNORED = Text(
    'Error parsing attribute "@ignore": The relation field `{field}` on Model `{model}` must '
    "specify the `@ignore` attribute, because the model {related} it is pointing to is marked "
    "ignored."
)
ACTION_NOT_ALLOWED = Text(
    "Error validating: Invalid referential action: `{action}`. Allowed values: ({allowed})"
)
ACTION_INSTEAD = Text(
    ACTION_NOT_ALLOWED.message + ". `NoAction` is not implemented for Postgres when using "
    '`relationMode = "prisma"`, you could try using `Restrict` instead. Learn more at '
    "https://pris.ly/d/relation-mode"
)
FOREIGN_KEY_NAMED = Text(
    'Error parsing attribute "@relation": Your provider does not support named foreign keys.',
    "add a datasource",
)
RELATION_WITHOUT_INDEX = Text(
    'With `relationMode = "prisma"`, no foreign keys are used, so relation fields will not '
    "benefit from the index usually created by the relational database under the hood. This can "
    "lead to poor performance when querying these fields. We recommend adding an index manually. "
    'Learn more at https://pris.ly/d/relation-mode-prisma-indexes" '
)
REFERENCE_NOT_UNIQUE = Text(
    'Error parsing attribute "@relation": The argument `references` must refer to a unique '
    "criterion in the related model. Consider adding an `@unique` attribute to the field "
    "`{fields}` in the model `{model}`."
)
REFERENCES_NOT_UNIQUE = Text(
    'Error parsing attribute "@relation": The argument `references` must refer to a unique '
    "criterion in the related model. Consider adding an `@@unique([{fields}])` attribute to the "
    "model `{model}`."
)
REFERENCES_ORDER = Text(
    "Error validating: The argument `references` must refer to a unique criterion in the related "
    "model `{model}` using the same order of fields. Please check the ordering in the following "
    "fields: `{fields}`."
)
NUMBER_OF_FIELDS = Text(
    "Error validating: You must specify the same number of fields in `fields` and `references`."
)
RELATION_MUST_BE_OPTIONAL = Text(
    "Error validating: The relation field `{field}` uses the scalar fields {fields}. At least one "
    "of those fields is optional. Hence the relation field must be optional as well.",
    "put a question mark behind the relation field's type",
)
RELATION_TYPES = Text(
    'Error parsing attribute "@relation": The type of the field `{field}` in the model `{model}` '
    "is not matching the type of the referenced field `{other}` in model `{related}`."
)
SET_NULL_WARNING = Text(
    "The `{argument}` referential action of a relation should not be set to `SetNull` when a "
    "referenced field is required. We recommend either to choose another referential action, or "
    "to make the referenced fields optional. Read more at https://pris.ly/d/postgres-set-null "
)
SET_NULL = Text(
    'Error parsing attribute "@relation": The `{argument}` referential action of a relation must '
    "not be set to `SetNull` when a referenced field is required.\nEither choose another "
    "referential action, or make the referenced fields optional.\n"
)
MANY_TO_MANY_ACTION = Text(
    "Error validating: Referential actions on implicit many-to-many relations are not supported",
    "write the model in between yourself, with a relation to either side",
)
MANY_TO_MANY_REFERENCES = Text(
    'Error parsing attribute "@relation": Implicit many-to-many relation should not have '
    "references argument defined. Either remove it, or change the relation to one-to-many."
)
MANY_TO_MANY_ID = Text(
    "Error validating field `{field}` in {container} `{model}`: The relation field `{field}` on "
    "{container} `{model}` references `{related}` which does not have an `@id` field. Models "
    "without `@id` cannot be part of a many to many relation. Use an explicit intermediate Model "
    "to represent this relationship."
)
MANY_TO_MANY_NOT_ID = Text(
    "Error validating: Implicit many-to-many relations must always reference the id field of the "
    "related model. Change the argument `references` to use the id field of the related model "
    "`{related}`. But it is referencing the following fields that are not the id: {fields}"
)
OPPOSITE_MISSING = Text(
    "Error validating field `{field}` in {kind} `{model}`: The relation field `{field}` on {kind} "
    "`{model}` is missing an opposite relation field on the model `{related}`. Either run `prisma "
    "format` or add it manually.",
    "`forebay format` adds it too",
)
FIELDS_MISSING = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` must '
    "specify the `fields` argument in the @relation attribute. You can run `prisma format` to fix "
    "this automatically.",
    "`forebay format` adds it too",
)
REFERENCES_MISSING = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` must '
    "specify the `references` argument in the @relation attribute.",
    "`forebay format` adds it",
)
FIELDS_ON_LIST = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` must '
    "not specify the `fields` or `references` argument in the @relation attribute. You must only "
    "specify it on the opposite field `{other}` on model `{related}`."
)
ACTIONS_ON_LIST = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` must '
    "not specify the `onDelete` or `onUpdate` argument in the @relation attribute. You must only "
    "specify it on the opposite field `{other}` on model `{related}`, or in case of a many to "
    "many relation, in an explicit join table."
)
_BOTH = (
    'Error parsing attribute "@relation": The relation fields `{field}` on Model `{model}` and '
    "`{other}` on Model `{related}` "
)
_ONE_OF_THE_TWO = "You have to provide it on one of the two fields."
_ONLY_ONE_OF_THE_TWO = "You have to provide it only on one of the two fields."
NO_FIELDS = Text(
    _BOTH + "do not provide the `fields` argument in the @relation attribute. " + _ONE_OF_THE_TWO
)
NO_REFERENCES = Text(
    _BOTH
    + "do not provide the `references` argument in the @relation attribute. "
    + _ONE_OF_THE_TWO
)
REFERENCES_TWICE = Text(
    _BOTH
    + "both provide the `references` argument in the @relation attribute. "
    + _ONLY_ONE_OF_THE_TWO
)
FIELDS_TWICE = Text(
    _BOTH + "both provide the `fields` argument in the @relation attribute. " + _ONLY_ONE_OF_THE_TWO
)
ACTIONS_TWICE = Text(
    _BOTH
    + "both provide the `onDelete` or `onUpdate` argument in the @relation attribute. "
    + _ONLY_ONE_OF_THE_TWO
)
ACTIONS_ON_BACK = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` must '
    "not specify the `onDelete` or `onUpdate` argument in the @relation attribute. You must only "
    "specify it on the opposite field `{other}` on model `{related}`."
)
ONE_TO_ONE_FIELD = Text(
    'Error parsing attribute "@relation": A one-to-one relation must use unique fields on the '
    "defining side. Either add an `@unique` attribute to the field `{fields}`, or change the "
    "relation to one-to-many."
)
ONE_TO_ONE_FIELDS = Text(
    'Error parsing attribute "@relation": A one-to-one relation must use unique fields on the '
    "defining side. Either add an `@@unique([{fields}])` attribute to the model, or change the "
    "relation to one-to-many."
)
REFERENCES_ELSEWHERE = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` '
    "provides the `fields` argument in the @relation attribute. And the related field `{other}` "
    "on Model `{related}` provides the `references` argument. You must provide both arguments on "
    "the same side."
)
FIELDS_ELSEWHERE = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` '
    "provides the `references` argument in the @relation attribute. And the related field "
    "`{other}` on Model `{related}` provides the `fields` argument. You must provide both "
    "arguments on the same side."
)
BACK_REQUIRED = Text(
    'Error parsing attribute "@relation": The relation field `{field}` on Model `{model}` is '
    "required. This is not valid because it's not possible to enforce this constraint on the "
    "database level. Please change the field type from `{related}` to `{related}?` to fix this."
)
FIELDS_ON_WRONG_SIDE = Text(
    'Error parsing attribute "@relation": The relation field `{model}.{field}` defines the '
    "`fields` and/or `references` argument. You must set them on the required side of the "
    "relation (`{related}.{other}`) in order for the constraints to be enforced. Alternatively, "
    "you can change this field to be required and the opposite optional, or make both sides of "
    "the relation optional."
)
SELF_CYCLE = Text(
    "Error validating: A self-relation must have `onDelete` and `onUpdate` referential actions "
    "set to `NoAction` in one of the @relation attributes.{defaults} Read more at "
    "https://pris.ly/d/cyclic-referential-actions"
)
CYCLE = Text(
    "Error validating: Reference causes a cycle. One of the @relation attributes in this cycle "
    "must have `onDelete` and `onUpdate` referential actions set to `NoAction`. Cycle path: "
    "{path}.{defaults} Read more at https://pris.ly/d/cyclic-referential-actions"
)

# Views.
VIEW_WITH_ID = Text(
    "Error validating: Views cannot have primary keys.", "use @unique, which the client relies on"
)
VIEW_WITH_INDEX = Text(
    "Error validating: Views cannot have indexes.", "put it on the tables behind the view"
)
VIEW_UNIQUE_NAMED = Text(
    "Error validating: @@unique annotations on views are not backed by unique indexes in the "
    "database and cannot specify a mapped database name."
)
VIEW_UNIQUE_CLUSTERED = Text(
    "Error validating: @@unique annotations on views are not backed by unique indexes in the "
    "database and cannot be clustered."
)
VIEW_UNIQUE_ARGUMENTS = Text(
    'Error parsing attribute "{attribute}": Scalar fields in @@unique attributes in views cannot '
    "have arguments."
)
MANY_TO_MANY_VIEW = Text(
    "Error validating: Implicit many-to-many relations are not supported for views."
)
MANY_TO_MANY_FIELDS = Text(
    "Error validating: Embedded many-to-many relations are not supported on {provider}. Please "
    "use the syntax defined in https://pris.ly/d/relational-database-many-to-many",
    "remove the arguments: two lists need nothing but, if there are several, a name",
)

# Shard keys.
SECOND_SHARD_KEY = Text(
    'Error validating model "{model}": At most one field must be marked as the shard key with the '
    "`@shardKey` attribute."
)
TWO_SHARD_KEYS = Text(
    'Error validating model "{model}": Each model must have at most one shard key. You can\'t '
    "have `@shardKey` and `@@shardKey` at the same time."
)
SHARD_KEY_NOT_REQUIRED = Text(
    'Error parsing attribute "@shardKey": Fields that are marked as shard keys must be required.'
)
SHARD_KEY_UNKNOWN_FIELDS = Text(
    'Error validating model "{model}": The multi field shard key declaration refers to the '
    "unknown {fields}."
)
SHARD_KEY_OVER_RELATIONS = Text(
    'Error validating model "{model}": The shard key definition refers to the relation {fields}. '
    "Shard key definitions must reference only scalar fields."
)
SHARD_KEY_OPTIONAL = Text(
    'Error validating model "{model}": The shard key definition refers to the optional {fields}. '
    "Shard key definitions must reference only required fields."
)
SHARD_KEY_EMPTY = Text(
    'Error parsing attribute "{attribute}": The list of fields in a `{attribute}()` attribute '
    "cannot be empty. Please specify at least one field."
)
SHARD_KEY_WITHOUT_FEATURE = Text(
    'Error parsing attribute "{attribute}": Defining shard keys requires enabling the `shardKeys` '
    "preview feature",
    "remove it: PostgreSQL has no shard keys",
)
SHARD_KEY_NOT_SUPPORTED = Text(
    'Error parsing attribute "{attribute}": Shard keys are not currently supported for provider '
    "{provider}",
    "remove it: PostgreSQL has no shard keys",
)
