"""What of a model's types is not in Prisma's table: selections, and the answers of aggregates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from forebay.generator.values import read_type
from forebay.schema.dmmf.client import Client, ClientModel, is_list, is_required, scalar_type
from forebay.schema.dmmf.order import numbers, ordered_by_value
from forebay.schema.model import RelationField, ScalarField

if TYPE_CHECKING:
    from forebay.generator.types import TypeFile

# A type's name, and what writes it.
Extra: TypeAlias = "tuple[str, Callable[[TypeFile], str]]"
Rows: TypeAlias = list[tuple[str, list[str], bool]]

ALL = "_all"


class Extras:
    """The types of one model that are written besides its inputs."""

    def __init__(self, client: Client, model: ClientModel) -> None:
        self._client = client
        self._model = model
        self._name = model.name
        self._lists = [field for field in model.relations if is_list(field)]

    def all(self) -> Iterator[Extra]:
        """Return them in the order of the file."""
        name = self._name
        yield f"{name}ScalarFieldKeys", self._keys
        if self._model.is_creatable:
            yield f"{name}UpsertInput", self._upsert
            yield f"{name}CreateWithoutRelationsInput", self._old_name
        yield f"{name}Include", self._include
        yield f"{name}Select", self._select
        yield f"{name}Omit", self._omit
        yield f"{name}Args", self._args
        yield f"FindMany{name}Args", self._many_args
        yield f"{name}FilterArgs", self._filter_args
        if self._lists:
            yield f"{name}RelationCountSelect", self._relation_counts
            yield f"{name}RelationCountArgs", self._relation_count_args
        for kind, fields in self._aggregates():
            yield f"{name}{kind}AggregateInput", self._aggregate_input(kind, fields)
            yield f"{name}{kind}AggregateOutput", self._aggregate_output(kind, fields)
        yield f"{name}AggregateOutput", self._aggregate
        yield f"{name}GroupByOutput", self._group

    def kinds(self) -> list[str]:
        """Return the kinds of aggregates that the model has."""
        return [kind for kind, _ in self._aggregates()]

    def _aggregates(self) -> list[tuple[str, list[ScalarField]]]:
        ordered = ordered_by_value(self._model)
        found = [
            ("Count", self._model.scalars),
            ("Avg", numbers(self._model)),
            ("Sum", numbers(self._model)),
            ("Min", ordered),
            ("Max", ordered),
        ]
        return [(kind, fields) for kind, fields in found if fields]

    def _keys(self, file: TypeFile) -> str:
        names = [f'"{field.name}"' for field in self._model.scalars]
        alias = file.module.use("typing", "TypeAlias")
        choice = file.module.use("typing", "Literal")
        listed = "".join(f"    {name},\n" for name in names)
        line = f"{self._name}ScalarFieldKeys: {alias} = {choice}[{', '.join(names)}]"
        if len(line) <= 100:
            return line
        return f"{self._name}ScalarFieldKeys: {alias} = {choice}[\n{listed}]"

    def _upsert(self, file: TypeFile) -> str:
        rows: Rows = [
            ("create", [f"{self._name}CreateInput"], True),
            ("update", [f"{self._name}UpdateInput"], True),
        ]
        return file.dictionary(f"{self._name}UpsertInput", rows)

    def _old_name(self, file: TypeFile) -> str:
        name = self._name
        return file.alias(f"{name}CreateWithoutRelationsInput", [f"{name}CreateManyInput"])

    def _related(self, file: TypeFile, field: RelationField) -> list[str]:
        title = "FindMany{}Args" if is_list(field) else "{}Args"
        related = field.related_model.name
        return [file.module.built_in("bool"), file.of_model(related, title.format(related))]

    def _relations(self, file: TypeFile) -> Rows:
        rows: Rows = [
            (field.name, self._related(file, field), False) for field in self._model.relations
        ]
        if self._lists:
            boolean = file.module.built_in("bool")
            rows.append(("_count", [boolean, f"{self._name}RelationCountArgs"], False))
        return rows

    def _flags(self, file: TypeFile, fields: list[ScalarField]) -> Rows:
        return [(field.name, [file.module.built_in("bool")], False) for field in fields]

    def _include(self, file: TypeFile) -> str:
        return file.dictionary(f"{self._name}Include", self._relations(file))

    def _select(self, file: TypeFile) -> str:
        rows = [*self._flags(file, self._model.scalars), *self._relations(file)]
        return file.dictionary(f"{self._name}Select", rows)

    def _omit(self, file: TypeFile) -> str:
        return file.dictionary(f"{self._name}Omit", self._flags(file, self._model.scalars))

    def _selections(self) -> Rows:
        return [
            (key, [f"{self._name}{key.capitalize()}"], False)
            for key in ("include", "select", "omit")
        ]

    def _args(self, file: TypeFile) -> str:
        return file.dictionary(f"{self._name}Args", self._selections())

    def _many_args(self, file: TypeFile) -> str:
        name, module = self._name, file.module
        many, whole = module.built_in("list"), module.built_in("int")
        keys, order = f"{name}ScalarFieldKeys", f"{name}OrderByInput"
        rows: Rows = [
            ("where", [f"{name}WhereInput"], False),
            ("order_by", [order, f"{many}[{order}]"], False),
        ]
        if self._model.has_criterion:
            rows.append(("cursor", [f"{name}WhereUniqueInput"], False))
        rows += [
            ("take", [whole], False),
            ("skip", [whole], False),
            ("distinct", [f"{many}[{keys}]"], False),
        ]
        return file.dictionary(f"FindMany{name}Args", [*rows, *self._selections()])

    def _filter_args(self, file: TypeFile) -> str:
        rows: Rows = [("where", [f"{self._name}WhereInput"], False)]
        return file.dictionary(f"{self._name}FilterArgs", rows)

    def _relation_counts(self, file: TypeFile) -> str:
        rows: Rows = []
        for field in self._lists:
            related = field.related_model.name
            args = file.of_model(related, f"{related}FilterArgs")
            rows.append((field.name, [file.module.built_in("bool"), args], False))
        return file.dictionary(f"{self._name}RelationCountSelect", rows)

    def _relation_count_args(self, file: TypeFile) -> str:
        rows: Rows = [("select", [f"{self._name}RelationCountSelect"], True)]
        return file.dictionary(f"{self._name}RelationCountArgs", rows)

    def _aggregate_input(self, kind: str, fields: list[ScalarField]) -> Callable[[TypeFile], str]:
        def write(file: TypeFile) -> str:
            rows = self._flags(file, fields)
            if kind == "Count":
                rows.insert(0, (ALL, [file.module.built_in("bool")], False))
            return file.dictionary(f"{self._name}{kind}AggregateInput", rows)

        return write

    def _aggregate_output(self, kind: str, fields: list[ScalarField]) -> Callable[[TypeFile], str]:
        def write(file: TypeFile) -> str:
            rows: Rows = [(field.name, self._result(file, kind, field), True) for field in fields]
            if kind == "Count":
                rows.insert(0, (ALL, [file.module.built_in("int")], True))
            return file.dictionary(f"{self._name}{kind}AggregateOutput", rows)

        return write

    def _result(self, file: TypeFile, kind: str, field: ScalarField) -> list[str]:
        if kind == "Count":
            return [file.module.built_in("int")]
        if kind == "Avg" and field.type != "Decimal":
            return [file.module.built_in("float"), "None"]
        return _with_none(self._read(file, field, listed=None if kind != "Avg" else False))

    def _read(self, file: TypeFile, field: ScalarField, *, listed: bool | None = None) -> str:
        return read_type(file.module, file.layout, scalar_type(field, listed=listed))

    def _summaries(self) -> Rows:
        return [
            (f"_{kind.lower()}", [f"{self._name}{kind}AggregateOutput"], True)
            for kind in self.kinds()
        ]

    def _aggregate(self, file: TypeFile) -> str:
        return file.dictionary(f"{self._name}AggregateOutput", self._summaries())

    def _group(self, file: TypeFile) -> str:
        rows: Rows = []
        for field in self._model.scalars:
            written = self._read(file, field)
            is_there = is_required(field) or is_list(field)
            rows.append((field.name, [written] if is_there else _with_none(written), True))
        return file.dictionary(f"{self._name}GroupByOutput", [*rows, *self._summaries()])


def _with_none(written: str) -> list[str]:
    return [written] if written == "Any" else [written, "None"]
