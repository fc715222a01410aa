"""Messages about relations."""

from forebay.schema.diagnostics import Text

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
