"""Messages about the datasource and the generators."""

from forebay.schema.diagnostics import Text

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
