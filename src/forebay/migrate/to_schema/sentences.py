"""The sentences that Prisma leaves in a schema, above what it cannot say in full."""

FIELD_COMMENTED_OUT = (
    "This field was commented out because of an invalid name. Please provide a valid one that"
    " matches [a-zA-Z][a-zA-Z0-9_]*"
)
NO_COLUMNS = (
    "We could not retrieve columns for the underlying table. Either it has none or you are missing"
    " rights to see them. Please check your privileges."
)
NO_IDENTIFIER = (
    "The underlying table does not contain a valid unique identifier and can therefore currently"
    " not be handled by Prisma Client."
)
RENAMED = (
    "This {} has been renamed to '{}' during introspection, because the original name '{}' is"
    " reserved."
)
_SETUP = "requires additional setup for migrations. Visit https://pris.ly/d/{} for more info."
PARTITIONED = "This table is a partition table and " + _SETUP.format("partition-tables")
SUBCLASSES = "This table has subclasses and " + _SETUP.format("table-inheritance")
CHECKS = "This table contains check constraints and " + _SETUP.format("check-constraints")
EXCLUSIONS = "This table contains exclusion constraints and " + _SETUP.format(
    "exclusion-constraints"
)
COMMENTED = (
    "This {} or at least one of its fields has comments in the database, and requires an additional"
    " setup for migrations: Read more: https://pris.ly/d/database-comments"
)
ENUM_COMMENTED = (
    "This enum is commented in the database, and requires an additional setup for migrations: Read"
    " more: https://pris.ly/d/database-comments"
)
DEFERRING = "This model has constraints using non-default deferring rules and " + _SETUP.format(
    "constraint-deferring"
)
ROW_SECURITY = "This model contains row level security and " + _SETUP.format("row-level-security")
ODD_NULLS = "This model contains an index with non-default null sort order and " + _SETUP.format(
    "default-index-null-ordering"
)
EXPRESSION_INDEX = "This model contains an expression index which " + _SETUP.format(
    "expression-indexes"
)
