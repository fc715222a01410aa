"""Writes the inputs of every model as TypedDicts: a file a model, and one for what they share."""

from __future__ import annotations

import keyword
from collections.abc import Iterable

from forebay.client.names import class_name
from forebay.generator.inputs import Entry, Input, Inputs
from forebay.generator.layout import Layout
from forebay.generator.module import WIDTH, Module
from forebay.generator.outputs import Extra, Extras
from forebay.generator.values import FIELDS, enum_value, given_types, texts
from forebay.schema.dmmf.client import Client, ClientModel
from forebay.schema.dmmf.kinds import Reference
from forebay.schema.model import Schema

# Choices with names of their own; the second is what users of Prisma Client Python call it.
_CHOICES = {"SortOrder": "SortOrder", "QueryMode": "SortMode", "NullsOrder": "NullsOrder"}
_NULLS = {
    "JsonNullValueFilter": None,
    "NullableJsonNullValueInput": ("DB", "JSON"),
    "JsonNullValueInput": ("JSON",),
}


class TypeFile:
    """One file of types."""

    def __init__(
        self,
        path: str,
        layout: Layout,
        inputs: Inputs,
        own: list[Input],
        extras: Iterable[Extra] = (),
    ) -> None:
        self.layout = layout
        self._inputs = inputs
        self._own = own
        self._extras = list(extras)
        names = {entry.name for one in own for entry in one.entries}
        own_names = {*(one.name for one in own), *(name for name, _ in self._extras)}
        # Fields that are called as a type is hide it inside of a class.
        self.module = Module(path, {*names, *own_names})
        self._parts: list[str] = []

    def text(self, purpose: str) -> str:
        """Return the file."""
        for one in self._own:
            self._parts.append(self._unique(one) if one.one_of else self._dictionary(one))
        self._parts += [write(self) for _, write in self._extras]
        return self.module.text(purpose, "\n\n\n".join(self._parts))

    def alias(self, name: str, members: list[str]) -> str:
        """Write a name for a union."""
        alias = self.module.use("typing", "TypeAlias")
        line = f"{name}: {alias} = {' | '.join(members)}"
        if len(line) <= WIDTH:
            return line
        return f"{name}: {alias} = (\n    {_wrapped(members, 4)}\n)"

    def add(self, part: str) -> None:
        """Add a part that is made elsewhere."""
        self._parts.append(part)

    def union(self, entry: Entry) -> list[str]:
        """Return the members of what an entry may hold."""
        members: list[str] = []
        for one in entry.types:
            for written in self._reference(one):
                if written not in members:
                    members.append(written)
        if entry.is_nullable and "None" not in members:
            members.append("None")
        return members

    def name(self, title: str) -> str:
        """Return what a type of this package is called here."""
        if any(one.name == title for one in self._own):
            return title
        model = self._inputs.by_name[title].model
        return self.shared(title) if model is None else self.of_model(model, title)

    def of_model(self, model: str, title: str) -> str:
        """Return what a type in a model's own file is called here."""
        target = self.layout.files[model]
        if self.module.path == f"types/{target}.py":
            return title
        # By way of the file: pyright loses the types of names that files import in a circle.
        file = self.module.use(".", target, alias=f"_{target}", typing_only=True)
        return f"{file}.{title}"

    def shared(self, title: str) -> str:
        """Return what a type in the shared file is called here."""
        if self.module.path == "types/filters.py":
            return title
        return self.module.use(".filters", title, typing_only=True)

    def _reference(self, one: Reference) -> list[str]:
        if one.location == "fieldRefTypes":
            return [self.module.use(FIELDS, "FieldRef", typing_only=True)]
        if one.location == "inputObjectTypes":
            members = [self.name(self._inputs.name_of(one))]
        elif one.location == "enumTypes":
            members = [self._choice(one)]
        else:
            members = given_types(self.module, one)
        if one.is_list:
            return [f"{self.module.built_in('list')}[{' | '.join(members)}]"]
        return members

    def _choice(self, one: Reference) -> str:
        if one.namespace == "model":
            return self.shared(f"{one.name}Value")
        if one.name in _NULLS:
            null = self.module.use(FIELDS, "JsonNull", typing_only=True)
            some = _NULLS[one.name]
            if some is None:
                return null
            members = ", ".join(f"{null}.{name}" for name in some)
            return f"{self.module.use('typing', 'Literal')}[{members}]"
        if one.name in _CHOICES:
            return self.shared(_CHOICES[one.name])
        return texts(self.module, self._inputs.choices[one.name])

    def dictionary(
        self,
        name: str,
        entries: list[tuple[str, list[str], bool]],
        purpose: str | None = None,
        base: str | None = None,
    ) -> str:
        """Write a TypedDict: names, the members of their types, and whether they must be there."""
        is_total = bool(entries) and all(is_required for _, _, is_required in entries)
        typed = base or self.module.use("typing_extensions", "TypedDict")
        total = "" if is_total else ", total=False"
        rows = [
            (key, self._written(members, is_required and not is_total))
            for key, members, is_required in entries
        ]
        if any(keyword.iskeyword(key) for key, _ in rows):
            return self._functional(name, rows, typed, total)
        head = f"class {name}({typed}{total}):"
        if len(head) > WIDTH:
            head = f"class {name}(\n    {typed}{total}\n):"
        lines = [head]
        if purpose:
            lines.append(f'    """{purpose}"""')
            if rows:
                lines.append("")
        lines += [self._line(key, written) for key, written in rows]
        if not rows and not purpose:
            lines.append("    pass")
        return "\n".join(lines)

    def _line(self, key: str, written: list[str]) -> str:
        line = f"    {key}: {' | '.join(written)}"
        if len(line) <= WIDTH:
            return line
        if len(written) == 1:
            return _opened(line)
        return f"    {key}: (\n        {_wrapped(written, 8)}\n    )"

    def _written(self, members: list[str], is_required: bool) -> list[str]:
        if not is_required:
            return members
        return [f"{self.module.use('typing', 'Required', typing_only=True)}[{' | '.join(members)}]"]

    def _functional(
        self, name: str, rows: list[tuple[str, list[str]]], typed: str, total: str
    ) -> str:
        lines = [f"{name} = {typed}(", f'    "{name}",', "    {"]
        lines += [f'        "{key}": {_quoted(" | ".join(written))},' for key, written in rows]
        lines.append("    },")
        if total:
            lines.append("    total=False,")
        return "\n".join([*lines, ")"])

    def _dictionary(self, one: Input) -> str:
        return self.dictionary(one.name, self._rows(one.entries))

    def _rows(self, entries: Iterable[Entry]) -> list[tuple[str, list[str], bool]]:
        return [(entry.name, self.union(entry), entry.is_required) for entry in entries]

    def _unique(self, one: Input) -> str:
        """Write what finds one record: of its keys one at least."""
        keys = [entry for entry in one.entries if entry.name in one.one_of]
        rest = [entry for entry in one.entries if entry.name not in one.one_of]
        if len(keys) == 1:
            entries = [Entry(e.name, e.types, e in keys, e.is_nullable) for e in one.entries]
            return self.dictionary(one.name, self._rows(entries))
        base = f"_{one.name}"
        parts = [self.dictionary(base, self._rows(rest))]
        names = []
        for key in keys:
            name = f"_{one.name.removesuffix('Input')}_{key.name}"
            names.append(name)
            entries = [Entry(e.name, e.types, e is key, e.is_nullable) for e in keys]
            parts.append(self._variant(name, base, entries))
        parts.append(self.alias(one.name, names))
        return "\n\n\n".join(parts)

    def _variant(self, name: str, base: str, entries: list[Entry]) -> str:
        rows = self._rows(entries)
        if any(keyword.iskeyword(key) for key, _, _ in rows):
            # What is written as a call cannot inherit: the keys alone find the record.
            return self.dictionary(name, rows)
        return self.dictionary(name, rows, base=base)


def _wrapped(members: list[str], indent: int) -> str:
    """Write a union on a line of its own, or on one for each member."""
    line = " | ".join(members)
    if indent + len(line) <= WIDTH:
        return line
    pad = " " * indent
    lines = []
    for number, member in enumerate(members):
        written = f"| {member}" if number else member
        before, bracket, inside = written.removesuffix("]").partition("[")
        if indent + len(written) > WIDTH and bracket:
            written = f"{before}[\n{pad}    {inside}\n{pad}]"
        lines.append(written)
    return f"\n{pad}".join(lines)


def _opened(line: str) -> str:
    """Write what stands in brackets on a line of its own."""
    before, bracket, after = line.partition("[")
    if not bracket:
        name, _, type_ = line.partition(": ")
        return f"{name}: (\n        {type_}\n    )" if 8 + len(type_) <= WIDTH else line
    members = after.removesuffix("]").split(" | ")
    return f"{before}[\n        {_wrapped(members, 8)}\n    ]"


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def shared_types(schema: Schema, layout: Layout, inputs: Inputs) -> str:
    """Return the file of what the models share: filters, and the values of enums."""
    file = TypeFile("types/filters.py", layout, inputs, inputs.of(None))
    for name, alias in _CHOICES.items():
        if name in inputs.choices:
            file.add(file.alias(alias, [texts(file.module, inputs.choices[name])]))
    for enum in schema.enums:
        member = file.module.use("..enums", class_name(enum.name))
        values = texts(file.module, [one.name for one in enum.members])
        file.add(file.alias(enum_value(enum), [member, values]))
    return file.text("Conditions on values, and the values of enums: what all models share.")


def model_types(client: Client, model: ClientModel, layout: Layout, inputs: Inputs) -> str:
    """Return the file of a model's own types."""
    path = f"types/{layout.files[model.name]}.py"
    extras = Extras(client, model).all()
    own = inputs.of(model.name)
    return TypeFile(path, layout, inputs, own, extras).text(f"Inputs of the model {model.name}.")
