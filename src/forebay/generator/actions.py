"""Writes the operations of each model, which are one class filled with the model's types."""

from __future__ import annotations

from forebay.client.names import attribute_names, class_name
from forebay.client.package import Interface
from forebay.generator.layout import Layout
from forebay.generator.module import Module
from forebay.generator.outputs import Extras
from forebay.schema.dmmf.client import Client, ClientModel

# The arguments of the class in its order: what a type's name ends in, and when there is one.
_READ = ["{}Include", "{}Select", "{}Omit", "{}OrderByInput", "{}ScalarFieldKeys"]
_GROUPS = ["{}ScalarWhereWithAggregatesInput", "{}OrderByWithAggregationInput"]


def arguments(client: Client, model: ClientModel) -> list[str | None]:
    """Return the names of a model's types in the order of `Actions`; None for what it has not."""
    name = model.name
    is_writable = not model.model.is_view
    is_creatable = model.is_creatable
    kinds = Extras(client, model).kinds()
    found: list[str | None] = [
        f"{name}WhereInput",
        f"{name}WhereUniqueInput" if model.has_criterion else None,
        f"{name}CreateInput" if is_creatable else None,
        f"{name}CreateManyInput" if is_creatable else None,
        f"{name}UpdateInput" if is_writable else None,
        f"{name}UpdateManyMutationInput" if is_writable else None,
        f"{name}UpsertInput" if is_creatable else None,
        *(one.format(name) for one in [*_READ, *_GROUPS]),
    ]
    for kind in ("Count", "Avg", "Sum", "Min", "Max"):
        found.append(f"{name}{kind}AggregateInput" if kind in kinds else None)
        if kind == "Count":
            found.append(f"{name}CountAggregateOutput" if kind in kinds else None)
    return [*found, f"{name}AggregateOutput", f"{name}GroupByOutput"]


def actions_file(client: Client, layout: Layout, interface: Interface) -> str:
    """Return the file of all models' operations."""
    names = {f"{model.name}Actions" for model in client.models}
    fields = {
        f"{model.name}{kind}" for model in client.models for kind in ("Fields", "BatchActions")
    }
    module = Module("actions.py", {*names, *fields, "ModelT"})
    typed = f"forebay.client.typed.{interface}_actions"
    checking = module.use("typing", "TYPE_CHECKING")
    module.use("typing", "Any")
    lines = [f"if {checking}:"]
    if client.models:
        base = module.use(typed, "Actions", typing_only=True)
        variable = module.use("typing", "TypeVar", typing_only=True)
        bound = module.use("pydantic", "BaseModel", typing_only=True)
        lines += [f'    ModelT = {variable}("ModelT", bound={bound})']
        for model in client.models:
            lines += ["", *_fields(module, model), "", *_actions(module, client, model, base)]
            if not model.model.is_view:
                lines += ["", *_batch(module, client, model)]
    else:
        lines.append("    pass")
    listed = "".join(f'    "{model.name}Actions",\n' for model in client.models)
    exported = f"__all__ = [\n{listed}]" if listed else "__all__: list[str] = []"
    body = "\n".join([exported, "", *lines, "", _LAZY])
    return module.text("The operations on each model.", body)


_LAZY = """
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in __all__:
            from forebay.client.actions import Actions

            return Actions
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
"""


def _fields(module: Module, model: ClientModel) -> list[str]:
    reference = module.use("forebay.client.fields", "FieldRef", typing_only=True)
    lines = [f"    class {model.name}Fields:", '        """Fields to compare others with."""', ""]
    names = attribute_names(field.name for field in model.scalars)
    return [*lines, *(f"        {name}: {reference}" for name in names.values())]


def _actions(module: Module, client: Client, model: ClientModel, base: str) -> list[str]:
    generic = module.use("typing", "Generic", typing_only=True)
    lines = [f"    class {model.name}Actions(", f"        {base}[", "            ModelT,"]
    lines += [f"            {_type(module, name)}," for name in arguments(client, model)]
    lines += [
        f"            {model.name}Fields,",
        "        ],",
        f"        {generic}[ModelT],",
        "    ):",
        f'        """Operations on the model {class_name(model.name)}."""',
    ]
    return lines


def _batch(module: Module, client: Client, model: ClientModel) -> list[str]:
    base = module.use("forebay.client.typed.batch_actions", "BatchActions", typing_only=True)
    return [
        f"    class {model.name}BatchActions(",
        f"        {base}[",
        *(f"            {_type(module, name)}," for name in arguments(client, model)[:8]),
        "        ]",
        "    ):",
        f'        """Writes to the model {class_name(model.name)}, for a batch."""',
    ]


def _type(module: Module, name: str | None) -> str:
    if name is None:
        return module.use("typing", "Never", typing_only=True)
    return f"{module.use('.', 'types', typing_only=True)}.{name}"
