"""What a client's queries use of a model: which operations touch a field, and in which way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from forebay.migrate.roll_out.breaks import (
    BULK,
    BY_KEY,
    CREATES,
    DELETES,
    EVERY,
    FINDS,
    RETURNING,
    SUMMARIES,
    UPDATES,
    Facet,
)
from forebay.schema.dmmf.client import Client, ClientModel
from forebay.schema.dmmf.defaults import default_value
from forebay.schema.model import RelationField, ScalarField

# Functions whose values the database makes.
_DATABASES = frozenset({"autoincrement", "sequence", "dbgenerated"})


def client_makes(field_: ScalarField) -> bool:
    """Say whether the client gives a new record a value where the request gives none."""
    if field_.is_updated_at and field_.default is None:
        return True
    value = default_value(field_)
    if isinstance(value, dict):
        return value["name"] not in _DATABASES
    return value is not None


def database_makes(field_: ScalarField) -> bool:
    """Say whether the client relies on a default of the database's."""
    value = default_value(field_)
    return isinstance(value, dict) and value["name"] in _DATABASES


@dataclass
class Uses:
    """One model."""

    client: ClientModel
    # Relations of other models, and of this one, that lead here.
    through: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name."""
        return self.client.name

    @property
    def gives_lists(self) -> bool:
        """Whether every new record is given a list by the client."""
        return any(one.arity == "[]" and client_makes(one) for one in self.client.model.scalars)

    def operations(self) -> tuple[str, ...]:
        """Return the operations that there are."""
        if self.client.model.is_view:
            left: tuple[str, ...] = (*FINDS, *SUMMARIES)
        elif self.client.is_creatable:
            left = EVERY
        else:
            left = tuple(one for one in EVERY if one not in CREATES)
        if not self.client.has_criterion:
            left = tuple(one for one in left if one not in BY_KEY)
        return left

    def only(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return those of some operations that there are, in their usual order."""
        asked = set(wanted)
        return tuple(one for one in self.operations() if one in asked)

    def always(self, field_: ScalarField, facets: Iterable[Facet]) -> tuple[str, ...]:
        """Return the operations that use a field so however they are called, `select` aside."""
        found: set[str] = set()
        for facet in facets:
            if facet in ("read", "value"):
                found |= self._reading(field_, is_value=facet == "value")
            elif facet == "filter" and self._is_in_every_key(field_):
                found |= set(BY_KEY)
            elif facet == "write":
                found |= {"create", "upsert"} if self._is_given(field_) else set()
                found |= set(UPDATES) if field_.is_updated_at else set()
            elif facet == "bulk":
                found |= set(BULK) if self._is_given(field_) else set()
            elif facet == "omit" and not self._is_given(field_):
                found |= set(CREATES)
        return self.only(found)

    def _reading(self, field_: ScalarField, *, is_value: bool) -> set[str]:
        found: set[str] = set()
        if self._is_selected(field_):
            found |= {*FINDS, *RETURNING}
            if is_value and not self._has_value(field_):
                # What a new record leaves out comes back as null, or as an empty list.
                found -= set(CREATES)
        if self._is_key(field_):
            found |= {"create", "update", "upsert"}
        return found

    def _has_value(self, field_: ScalarField) -> bool:
        return field_.default is not None or self._is_given(field_)

    def at_times(self, field_: ScalarField, facets: Iterable[Facet]) -> tuple[str, ...]:
        """Return the operations that use a field so where they name it or give it a value."""
        found: set[str] = set()
        if field_ not in self.client.scalars:
            return ()
        for facet in facets:
            if facet in ("read", "value"):
                found |= {"aggregate", "groupBy", *FINDS, *RETURNING}
            elif facet == "filter":
                found |= {*FINDS, *SUMMARIES, *UPDATES, *DELETES}
            elif facet == "write":
                found |= {"create", *UPDATES}
            elif facet == "bulk":
                found |= set(BULK)
            elif facet == "null":
                found |= {*CREATES, *UPDATES}
            elif facet == "conflict":
                found |= {"upsert"}
        return self.only(found)

    def is_touched(self, field_: ScalarField) -> bool:
        """Say whether any query of the client's has the field's column in it."""
        return self._is_selected(field_) or client_makes(field_) or self._is_in_relation(field_)

    def _is_in_relation(self, field_: ScalarField) -> bool:
        return any(
            field_ in (*(one.fields or ()), *_referenced(one)) for one in self.client.relations
        )

    def _is_selected(self, field_: ScalarField) -> bool:
        return field_ in self.client.scalars

    def _is_given(self, field_: ScalarField) -> bool:
        """Say whether every new record has a value of the client's for a field."""
        if client_makes(field_):
            return True
        is_needed = field_.arity == "" and field_.default is None
        return is_needed and field_ in self.client.scalars

    def _is_key(self, field_: ScalarField) -> bool:
        return field_ in self.identifier()

    def identifier(self) -> list[ScalarField]:
        """Return the fields that name a record."""
        model = self.client.model
        if model.primary_key is not None:
            return [part.field for part in model.primary_key.fields]
        for index in self.client.uniques:
            if all(part.field.arity == "" for part in index.fields):
                return [part.field for part in index.fields]
        return [part.field for part in self.client.uniques[0].fields] if self.client.uniques else []

    def keys(self) -> list[list[ScalarField]]:
        """Return the fields of each key that a `where` may name."""
        return [
            [part.field for part in criterion] for criterion in self.client.model.unique_criteria
        ]

    def _is_in_every_key(self, field_: ScalarField) -> bool:
        keys = self.keys()
        return bool(keys) and all(field_ in key for key in keys)


def _referenced(relation: RelationField) -> Sequence[ScalarField]:
    """Return the fields of a relation's own model that the other side refers to."""
    found = relation.relation
    if found is None or relation.fields:
        return ()
    holder = found.field_a
    return (holder.references or ()) if holder is not None and holder is not relation else ()


def uses_of(client: Client) -> dict[str, Uses]:
    """Return the models of a client by their names, each with the relations that lead to it."""
    found = {one.name: Uses(one) for one in client.models}
    for one in client.models:
        for relation in one.relations:
            found[relation.related_model.name].through.append(f"{one.name}.{relation.name}")
    return found
