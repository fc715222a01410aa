"""What the checks share: the model, what the provider can do, and names that are taken."""

from dataclasses import dataclass, field

from forebay.schema.diagnostics import Diagnostics, Text
from forebay.schema.model import (
    Action,
    Index,
    Model,
    PrimaryKey,
    Relation,
    RelationMode,
    Schema,
)
from forebay.schema.tree import Argument, Attribute, Field, Placed


@dataclass(slots=True, frozen=True)
class Provider:
    """What a provider can do. Without a datasource Prisma assumes one that can do little."""

    name: str
    shown: str
    is_postgresql: bool
    longest_name: float


POSTGRESQL = Provider("postgresql", "Postgres", is_postgresql=True, longest_name=63)
_NONE = "psl_core::datamodel_connector::empty_connector::EmptyDatamodelConnector"
NO_PROVIDER = Provider("Default", _NONE, is_postgresql=False, longest_name=float("inf"))

ACTIONS: tuple[Action, ...] = ("Cascade", "Restrict", "NoAction", "SetNull", "SetDefault")
_EMULATED: tuple[Action, ...] = ("Cascade", "Restrict", "SetNull")


@dataclass(slots=True)
class Context:
    """A schema under check."""

    schema: Schema
    diagnostics: Diagnostics
    prisma: int
    provider: Provider = field(init=False)
    relation_mode: RelationMode = field(init=False)
    features: frozenset[str] = field(init=False)
    # Models, then views: the order in which Prisma walks them.
    models: list[Model] = field(init=False)
    relations_from: dict[int, list[Relation]] = field(init=False)

    def __post_init__(self) -> None:
        """Derive what depends on the datasource."""
        source = self.schema.datasource
        self.provider = POSTGRESQL if source else NO_PROVIDER
        self.relation_mode = source.relation_mode if source else "foreignKeys"
        self.features = self.schema.preview_features
        self.models = [*self.schema.models, *self.schema.views]
        self.relations_from = {}
        for relation in self.schema.relations:
            self.relations_from.setdefault(id(relation.model_a), []).append(relation)
        # In the order of the models that are referred to, as Prisma follows them.
        for relations in self.relations_from.values():
            relations.sort(key=lambda relation: relation.model_b.node.start)

    @property
    def allowed_actions(self) -> tuple[Action, ...]:
        """The referential actions that the relation mode allows, in Prisma's order."""
        if self.relation_mode == "foreignKeys" or not self.provider.is_postgresql:
            return ACTIONS
        return _EMULATED

    def error(self, text: Text, node: Placed, **gaps: object) -> None:
        """Report an error about a node."""
        self.diagnostics.error(text, node.start, node.end, **gaps)

    def warning(self, text: Text, node: Placed, **gaps: object) -> None:
        """Report a warning about a node."""
        self.diagnostics.warning(text, node.start, node.end, **gaps)


def argument_of(attribute: Attribute, name: str) -> Argument | None:
    """Return the argument of an attribute with a name."""
    return next((one for one in attribute.given if one.name == name), None)


def attribute_of(node: Field, name: str) -> Attribute | None:
    """Return the attribute of a field with a name."""
    return next((one for one in node.attributes if one.name == name), None)


def shown_attribute(one: Index | PrimaryKey) -> str:
    """Return how an index or key is written: `@unique` on a field, `@@unique` on a model."""
    if isinstance(one, PrimaryKey):
        return "@id" if one.source else "@@id"
    if one.kind == "unique":
        return "@unique" if one.source else "@@unique"
    return "@@index" if one.kind == "normal" else "@@fulltext"
