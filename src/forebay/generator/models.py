"""Writes the class of each model, and the module that loads a class when it is asked for."""

from __future__ import annotations

from forebay.client.names import COUNT, attribute_names, class_name, without_directives
from forebay.generator.layout import Layout
from forebay.generator.module import WIDTH, Module, docstring
from forebay.generator.values import read_type
from forebay.schema.dmmf.client import ClientModel, is_list, is_required, scalar_type
from forebay.schema.model import RelationField, ScalarField

BASE = "forebay.client.model"


class ModelFile:
    """The file of one model."""

    def __init__(self, model: ClientModel, layout: Layout) -> None:
        self._model = model
        self._layout = layout
        self._class = class_name(model.name)
        self._attributes = attribute_names(field.name for field in model.fields)
        self._lists = [field for field in model.relations if is_list(field)]
        taken = {*self._attributes.values(), self._class, COUNT, "prisma", "cls", "client"}
        self._module = Module(f"models/{layout.files[model.name]}.py", taken)
        self._related: dict[str, str] = {}

    def text(self) -> str:
        """Return the file."""
        module = self._module
        fields = self._fields()
        package = module.use(".._package", "PACKAGE")
        lines = [f"class {self._class}({module.use(BASE, 'Model')}):"]
        about = without_directives(self._model.model.node.documentation)
        lines += [*(docstring(about) or docstring(f"A record of {self._model.name}.")), ""]
        lines += [f"    __package__ = {package}", f'    __model__ = "{self._model.name}"']
        if self._related:
            lines += self._related_lines()
        lines += ["", *fields, "", *self._operations()]
        before = [*self._counts(), ""] if self._lists else []
        body = "\n".join([*before, "", *lines] if before else lines)
        return module.text(f"The model {self._model.name}.", body)

    def _fields(self) -> list[str]:
        lines: list[str] = []
        for field in self._model.fields:
            lines += self._field(field)
        if self._lists:
            name = self._module.use("pydantic", "Field")
            is_none = self._module.use(BASE, "is_none")
            given = f'default=None, alias="_count", exclude_if={is_none}'
            line = f"    {COUNT}: {self._count_type} | None = {name}({given})"
            if len(line) > WIDTH:
                line = line.replace(f"({given})", f"(\n        {given}\n    )")
            lines.append(line)
            lines += docstring("How many related records there are, where `_count` was asked for.")
        return lines

    def _field(self, field: ScalarField | RelationField) -> list[str]:
        attribute = self._attributes[field.name]
        written, is_optional = self._type(field)
        given = []
        if is_optional:
            given.append("default=None")
        if attribute != field.name:
            given.append(f'alias="{field.name}"')
        line = f"    {attribute}: {written}"
        if given == ["default=None"]:
            line += " = None"
        elif given:
            line += f" = {self._module.use('pydantic', 'Field')}({', '.join(given)})"
        return [line, *docstring(without_directives(field.node.documentation))]

    def _type(self, field: ScalarField | RelationField) -> tuple[str, bool]:
        if isinstance(field, RelationField):
            related = self._related_class(field.related_model.name)
            if is_list(field):
                related = f"{self._module.built_in('list')}[{related}]"
            return f"{related} | None", True
        written = read_type(self._module, self._layout, scalar_type(field))
        if is_required(field) or is_list(field):
            return written, False
        return (written if written == "Any" else f"{written} | None"), True

    def _related_class(self, model: str) -> str:
        name = class_name(model)
        if model == self._model.name and name not in self._attributes.values():
            return name
        local = self._module.use(f".{self._layout.files[model]}", name, typing_only=True)
        self._related[local] = model
        return local

    def _related_lines(self) -> list[str]:
        pairs = [f'"{local}": "{model}"' for local, model in self._related.items()]
        line = f"    __related__ = {{{', '.join(pairs)}}}"
        if len(line) <= WIDTH:
            return [line]
        return ["    __related__ = {", *(f"        {pair}," for pair in pairs), "    }"]

    @property
    def _count_type(self) -> str:
        return f"_{self._class}Count"

    def _counts(self) -> list[str]:
        """Write what `_count` gives: checked by name where types are checked."""
        whole, text = self._module.built_in("int"), self._module.built_in("str")
        checking = self._module.use("typing", "TYPE_CHECKING")
        typed = self._module.use("typing", "TypedDict", typing_only=True)
        listed = ", ".join(f'"{field.name}": {whole}' for field in self._lists)
        line = f'    {self._count_type} = {typed}("{self._count_type}", {{{listed}}})'
        lines = [line]
        if len(line) > WIDTH:
            lines = [
                f"    {self._count_type} = {typed}(",
                f'        "{self._count_type}",',
                "        {",
                *(f'            "{field.name}": {whole},' for field in self._lists),
                "        },",
                "    )",
            ]
        mapping = f"{self._module.built_in('dict')}[{text}, {whole}]"
        return [f"if {checking}:", *lines, "else:", f"    {self._count_type} = {mapping}"]

    def _operations(self) -> list[str]:
        module = self._module
        checking = module.use("typing", "TYPE_CHECKING")
        own = module.use("typing", "Self", typing_only=True)
        client = module.use("..client", "Client", typing_only=True)
        actions = module.use("..actions", f"{self._model.name}Actions", typing_only=True)
        return [
            f"    if {checking}:",
            "",
            f"        @{module.built_in('classmethod')}",
            *_signature(f"cls, client: {client} | None = None", f"{actions}[{own}]"),
            '            """Return the operations on this model, of the process\'s client."""',
            "            ...",
        ]


def _signature(arguments: str, returned: str) -> list[str]:
    line = f"        def prisma({arguments}) -> {returned}:"
    if len(line) <= WIDTH:
        return [line]
    return ["        def prisma(", f"            {arguments}", f"        ) -> {returned}:"]


def _exported(name: str, file: str) -> str:
    line = f"    from .{file} import {name} as {name}"
    if len(line) <= WIDTH:
        return line
    return f"    from .{file} import (\n        {name} as {name},\n    )"


def models_index(models: list[ClientModel], layout: Layout) -> str:
    """Return the module that loads the class of a model when it is asked for."""
    names = sorted((class_name(one.name), layout.files[one.name]) for one in models)
    imports = "\n".join(_exported(name, file) for name, file in names)
    listed = "".join(f'    "{name}",\n' for name, _ in names)
    files = "".join(
        f'    "{class_name(one.name)}": "{layout.files[one.name]}",\n' for one in models
    )
    return f'''"""The models of the schema. A class is loaded when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports or "    pass"}

_FILES = {{
{files}}}

__all__ = [
{listed}]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        file = _FILES.get(name)
        if file is None:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        found = getattr(import_module(f".{{file}}", __name__), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return __all__
'''
