"""Second pass: what each field's type refers to. A field whose type is unknown is left out."""

from forebay.schema import texts
from forebay.schema.diagnostics import Diagnostics
from forebay.schema.model import (
    SCALAR_TYPES,
    Composite,
    CompositeField,
    Enum,
    EnumMember,
    Model,
    RelationField,
    ScalarField,
    Schema,
    TypeKind,
)
from forebay.schema.tree import Block, Field

_SCALARS = frozenset(SCALAR_TYPES)
_LOWER_CASE = {name.lower(): name for name in SCALAR_TYPES}


class Resolver:
    """Builds the parts of the model, without what attributes say."""

    def __init__(self, types: dict[str, Block], diagnostics: Diagnostics) -> None:
        """Resolve against `types`: the block that each name stands for."""
        self._types = types
        self._diagnostics = diagnostics
        self._made: dict[int, Model | Enum | Composite] = {}
        self._lower_case = {name.lower(): name for name in reversed(types)}

    def resolve(self, blocks: list[Block], schema: Schema) -> None:
        """Fill a schema with models, views, enums and composite types, in the order written."""
        for block in blocks:
            if block.kind in ("model", "view"):
                model = Model(block, block.name, block.kind == "view")
                self._made[id(block)] = model
                (schema.views if model.is_view else schema.models).append(model)
            elif block.kind == "enum":
                enum = Enum(block, block.name, [EnumMember(v, v.name) for v in block.values])
                self._made[id(block)] = enum
                schema.enums.append(enum)
            elif block.kind == "type":
                composite = Composite(block, block.name)
                self._made[id(block)] = composite
                schema.composites.append(composite)
        for block in blocks:
            made = self._made.get(id(block))
            if isinstance(made, Model):
                self._model(made)
            elif isinstance(made, Composite):
                self._composite(made)
            elif isinstance(made, Enum) and not made.members:
                self._diagnostics.error(texts.ENUM_EMPTY, block.start, block.end)

    def made(self, block: Block) -> Model | Enum | Composite | None:
        """Return what a block has become."""
        return self._made.get(id(block))

    def _model(self, model: Model) -> None:
        for node in model.node.fields:
            name, type_name = node.name, node.type
            if type_name in _SCALARS:
                field = ScalarField(node, name, model, "scalar", type_name, node.arity)
                model.scalars.append(field)
                model.fields.append(field)
                model.by_name[name] = field
                continue
            found = self._other(node)
            if found is None:
                model.by_name[name] = None
                continue
            if isinstance(found, Model):
                relation = RelationField(node, name, model, found, node.arity)
                model.relations.append(relation)
                model.fields.append(relation)
                model.by_name[name] = relation
            else:
                kind, text, enum, composite = found
                field = ScalarField(node, name, model, kind, text, node.arity, enum, composite)
                model.scalars.append(field)
                model.fields.append(field)
                model.by_name[name] = field

    def _composite(self, composite: Composite) -> None:
        for node in composite.node.fields:
            if node.type in _SCALARS:
                field = CompositeField(node, node.name, "scalar", node.type, node.arity)
                composite.fields[node.name] = field
                continue
            found = self._other(node)
            if isinstance(found, Model):
                self._diagnostics.error(
                    texts.COMPOSITE_RELATION,
                    node.type_start,
                    node.type_end,
                    composite=composite.name,
                    model=found.name,
                )
            elif found is not None:
                kind, text, enum, other = found
                composite.fields[node.name] = CompositeField(
                    node, node.name, kind, text, node.arity, enum, other
                )

    def _other(
        self, node: Field
    ) -> Model | tuple[TypeKind, str, Enum | None, Composite | None] | None:
        if node.unsupported is not None:
            return "unsupported", node.unsupported, None, None
        block = self._types.get(node.type)
        made = self._made[id(block)] if block is not None else None
        if isinstance(made, Enum):
            return "enum", node.type, made, None
        if isinstance(made, Composite):
            return "composite", node.type, None, made
        if made is None:
            meant = self._lower_case.get(node.type) or _LOWER_CASE.get(node.type.lower())
            self._diagnostics.error(
                texts.UNKNOWN_TYPE_CASE if meant else texts.UNKNOWN_TYPE,
                node.type_start,
                node.type_end,
                name=node.type,
                meant=meant,
            )
        return made
