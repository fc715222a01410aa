"""Messages about models and views as a whole."""

from forebay.schema.diagnostics import Text

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
