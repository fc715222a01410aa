"""A package as a whole: every file of it, as text."""

from __future__ import annotations

import json

from forebay.client.made import source_of
from forebay.client.names import instance_names
from forebay.client.package import Interface
from forebay.generator.actions import actions_file
from forebay.generator.client import client_file, face, package_file, types_index
from forebay.generator.enums import enums_file
from forebay.generator.inputs import gather
from forebay.generator.layout import Layout
from forebay.generator.models import ModelFile, models_index
from forebay.generator.types import model_types, shared_types
from forebay.schema.compact import to_compact
from forebay.schema.dmmf.client import Client
from forebay.schema.model import Schema


def package_files(schema: Schema, name: str, interface: Interface) -> dict[str, str]:
    """Return the text of each file of a package, by its path; the same for the same schema."""
    client = Client(schema, 6)
    layout = Layout(model.name for model in client.models)
    named = [(one.name, one.model.node.documentation) for one in client.models]
    instances = instance_names(named)
    inputs = gather(client)
    files = {
        "__init__.py": face(schema),
        "_package.py": package_file(
            name, source_of(schema.datasource), instances, layout, interface
        ),
        "actions.py": actions_file(client, layout, interface),
        "client.py": client_file(client, instances, interface),
        "enums.py": enums_file(schema),
        "models/__init__.py": models_index(client.models, layout),
        "py.typed": "",
        "schema.json": _lines(to_compact(schema)),
        "types/__init__.py": types_index(client, layout),
        "types/filters.py": shared_types(schema, layout, inputs),
    }
    for model in client.models:
        file = layout.files[model.name]
        files[f"models/{file}.py"] = ModelFile(model, layout).text()
        files[f"types/{file}.py"] = model_types(client, model, layout, inputs)
    return files


def _lines(written: dict[str, object]) -> str:
    """Write the schema with a line for each model, so that changes can be read."""

    def plain(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    parts = []
    for key, value in written.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(plain(one) for one in value)
            parts.append(f'"{key}":[\n{rows}\n]')
        else:
            parts.append(f'"{key}":{plain(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"
