"""The operations on each model, with their arguments, and what they return."""

from __future__ import annotations

from collections.abc import Iterator

from forebay.schema.dmmf.client import (
    Client,
    ClientModel,
    capitalized,
    holds_keys,
    is_list,
    is_required,
    scalar_type,
)
from forebay.schema.dmmf.create import create_many_type, create_types
from forebay.schema.dmmf.kinds import (
    BOOLEAN,
    FLOAT,
    INT,
    JSON,
    LOAD_STRATEGY,
    STRING,
    InputField,
    OutputField,
    OutputObject,
    Reference,
    enum,
    one_or_many,
    output_object,
)
from forebay.schema.dmmf.order import numbers, order_type, ordered_by_value
from forebay.schema.dmmf.update import update_many_types, update_types
from forebay.schema.dmmf.where import scalar_where_type, where_type, where_unique_type
from forebay.schema.model import RelationField, ScalarField


def query_type(client: Client) -> Reference:
    """Return the type of all operations that read."""

    def build() -> OutputObject:
        return OutputObject([field for model in client.models for field in _reads(client, model)])

    return output_object("Query", "prisma", build)


def mutation_type(client: Client) -> Reference:
    """Return the type of all operations that write."""

    def build() -> OutputObject:
        fields = [
            field
            for model in client.models
            if not model.model.is_view
            for field in _writes(client, model)
        ]
        return OutputObject([*fields, _raw("executeRaw"), _raw("queryRaw")])

    return output_object("Mutation", "prisma", build)


def _raw(name: str) -> OutputField:
    arguments = [InputField("query", [STRING], is_required=True), InputField("parameters", [JSON])]
    return OutputField(name, JSON, arguments, operation=(None, name))


def _strategy(client: Client) -> list[InputField]:
    return [InputField("relationLoadStrategy", [LOAD_STRATEGY])] if client.has_joins else []


def _reads(client: Client, model: ClientModel) -> Iterator[OutputField]:
    name = model.name
    result = model_type(client, model)
    selection = _selection(client, model, has_distinct=True) + _strategy(client)

    def operation(
        title: str, kind: str, type_: Reference, arguments: list[InputField]
    ) -> OutputField:
        is_nullable = kind.startswith(("findFirst", "findUnique"))
        return OutputField(title, type_, arguments, is_nullable, (name, kind))

    yield operation(f"findFirst{name}", "findFirst", result, selection)
    yield operation(f"findFirst{name}OrThrow", "findFirstOrThrow", result, selection)
    yield operation(f"findMany{name}", "findMany", result.listed(), selection)
    plain = _selection(client, model)
    yield operation(f"aggregate{name}", "aggregate", _aggregate_type(model), plain)
    groups = _grouped_type(model).listed()
    yield operation(f"groupBy{name}", "groupBy", groups, _grouping(client, model))
    if model.has_criterion:
        unique = [_where_unique(client, model), *_strategy(client)]
        yield operation(f"findUnique{name}", "findUnique", result, unique)
        yield operation(f"findUnique{name}OrThrow", "findUniqueOrThrow", result, unique)


def _where(client: Client, model: ClientModel) -> InputField:
    return InputField("where", [where_type(client, model)])


def _where_unique(client: Client, model: ClientModel) -> InputField:
    return InputField("where", [where_unique_type(client, model)], is_required=True)


def _pages(model: ClientModel) -> list[InputField]:
    # Without a key only an order makes pages of the same records again.
    requires = () if model.has_criterion else ("orderBy",)
    return [InputField(name, [INT], requires=requires) for name in ("take", "skip")]


def _field_names(model: ClientModel) -> Reference:
    names = [field.name for field in model.scalars]
    return enum(f"{capitalized(model.name)}ScalarFieldEnum", names)


def _selection(
    client: Client, model: ClientModel, *, has_distinct: bool = False
) -> list[InputField]:
    order = order_type(client, model)
    fields = [_where(client, model), InputField("orderBy", [order.listed(), order])]
    if model.has_criterion:
        fields.append(InputField("cursor", [where_unique_type(client, model)]))
    fields += _pages(model)
    if has_distinct:
        fields.append(InputField("distinct", one_or_many(_field_names(model))))
    return fields


def _grouping(client: Client, model: ClientModel) -> list[InputField]:
    order = order_type(client, model, has_aggregates=True)
    names = _field_names(model)
    having = scalar_where_type(client, model, has_aggregates=True)
    return [
        _where(client, model),
        InputField("orderBy", [order.listed(), order]),
        InputField("by", [names.listed(), names], is_required=True),
        InputField("having", [having]),
        *_pages(model),
    ]


def _writes(client: Client, model: ClientModel) -> Iterator[OutputField]:
    name = model.name
    result = model_type(client, model)
    affected = output_object("AffectedRowsOutput", "prisma", _affected)
    unique = _where_unique(client, model)
    strategy = _strategy(client)
    updates = InputField("data", update_types(client, model), is_required=True)
    if model.is_creatable:
        yield from _creations(client, model)
    yield OutputField(
        f"deleteOne{name}",
        result,
        [unique, *strategy],
        is_nullable=True,
        operation=(name, "deleteOne"),
    )
    yield OutputField(
        f"updateOne{name}",
        result,
        [updates, unique, *strategy],
        is_nullable=True,
        operation=(name, "updateOne"),
    )
    limited = [_where(client, model), InputField("limit", [INT])]
    many = [InputField("data", update_many_types(model), is_required=True), *limited]
    yield OutputField(f"updateMany{name}", affected, many, operation=(name, "updateMany"))
    yield OutputField(
        f"updateMany{name}AndReturn",
        _returned_type(client, model, "Update").listed(),
        many,
        operation=(name, "updateManyAndReturn"),
    )
    yield OutputField(f"deleteMany{name}", affected, limited, operation=(name, "deleteMany"))


def _creations(client: Client, model: ClientModel) -> Iterator[OutputField]:
    name = model.name
    result = model_type(client, model)
    strategy = _strategy(client)
    types = create_types(client, model)
    data = InputField("data", types, is_required=_needs_values(model))
    yield OutputField(f"createOne{name}", result, [data, *strategy], operation=(name, "createOne"))
    upsert = [
        _where_unique(client, model),
        InputField("create", types, is_required=True),
        InputField("update", update_types(client, model), is_required=True),
        *strategy,
    ]
    yield OutputField(f"upsertOne{name}", result, upsert, operation=(name, "upsertOne"))
    many = [
        InputField("data", one_or_many(create_many_type(model)), is_required=True),
        InputField("skipDuplicates", [BOOLEAN]),
    ]
    affected = output_object("AffectedRowsOutput", "prisma", _affected)
    yield OutputField(f"createMany{name}", affected, many, operation=(name, "createMany"))
    yield OutputField(
        f"createMany{name}AndReturn",
        _returned_type(client, model, "Create").listed(),
        many,
        operation=(name, "createManyAndReturn"),
    )


def _needs_values(model: ClientModel) -> bool:
    return any(is_required(field) and field.default is None for field in model.scalars) or any(
        is_required(field) for field in model.relations
    )


def _affected() -> OutputObject:
    return OutputObject([OutputField("count", INT, [])])


def model_type(client: Client, model: ClientModel) -> Reference:
    """Return the records of a model."""

    def build() -> OutputObject:
        fields = [_scalar(field) for field in model.scalars]
        fields += [_relation(client, field) for field in model.relations]
        lists = [field for field in model.relations if is_list(field)]
        if lists:
            fields.append(OutputField("_count", _count_type(client, model, lists), []))
        return OutputObject(fields)

    return output_object(model.name, "model", build)


def _scalar(field: ScalarField) -> OutputField:
    return OutputField(field.name, scalar_type(field), [], not is_required(field))


def _relation(client: Client, field: RelationField) -> OutputField:
    related = client.of(field.related_model)
    type_ = model_type(client, related)
    if is_list(field):
        arguments = _selection(client, related, has_distinct=True)
        return OutputField(field.name, type_.listed(), arguments, is_nullable=True)
    if is_required(field):
        return OutputField(field.name, type_, [])
    return OutputField(field.name, type_, [_where(client, related)], is_nullable=True)


def _count_type(client: Client, model: ClientModel, lists: list[RelationField]) -> Reference:
    def build() -> OutputObject:
        return OutputObject(
            [
                OutputField(field.name, INT, [_where(client, client.of(field.related_model))])
                for field in lists
            ]
        )

    return output_object(f"{capitalized(model.name)}CountOutputType", "prisma", build)


def _returned_type(client: Client, model: ClientModel, verb: str) -> Reference:
    def build() -> OutputObject:
        fields = [_scalar(field) for field in model.scalars]
        fields += [_relation(client, field) for field in model.relations if holds_keys(field)]
        return OutputObject(fields)

    return output_object(f"{verb}Many{model.name}AndReturnOutputType", "model", build)


def _aggregate_type(model: ClientModel) -> Reference:
    return output_object(
        f"Aggregate{capitalized(model.name)}", "prisma", lambda: OutputObject(_aggregates(model))
    )


def _grouped_type(model: ClientModel) -> Reference:
    def build() -> OutputObject:
        return OutputObject([*(_scalar(field) for field in model.scalars), *_aggregates(model)])

    return output_object(f"{capitalized(model.name)}GroupByOutputType", "prisma", build)


def _aggregates(model: ClientModel) -> list[OutputField]:
    counted = [OutputField(field.name, INT, []) for field in model.scalars]
    if counted:
        counted.append(OutputField("_all", INT, []))
    averages = [
        OutputField(field.name, _average(field), [], is_nullable=True) for field in numbers(model)
    ]
    sums = [
        OutputField(field.name, scalar_type(field), [], is_nullable=True)
        for field in numbers(model)
    ]
    extremes = [
        OutputField(field.name, scalar_type(field), [], is_nullable=True)
        for field in ordered_by_value(model)
    ]
    found = [
        ("count", counted),
        ("avg", averages),
        ("sum", sums),
        ("min", extremes),
        ("max", extremes),
    ]
    return [_aggregate(model, name, fields) for name, fields in found if fields]


def _average(field: ScalarField) -> Reference:
    return scalar_type(field, listed=False) if field.type == "Decimal" else FLOAT


def _aggregate(model: ClientModel, name: str, fields: list[OutputField]) -> OutputField:
    title = f"{capitalized(model.name)}{name.capitalize()}AggregateOutputType"
    type_ = output_object(title, "prisma", lambda: OutputObject(fields))
    return OutputField(f"_{name}", type_, [], is_nullable=True)
