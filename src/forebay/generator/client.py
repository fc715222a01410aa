"""Writes the client, the package's own face, and what the package says of itself."""

from __future__ import annotations

from collections.abc import Mapping

from forebay.client.names import class_name
from forebay.client.package import Interface, Source
from forebay.generator.layout import Layout
from forebay.generator.module import WIDTH, Module, literal
from forebay.schema.dmmf.client import Client
from forebay.schema.model import Schema

_BASES = {"asyncio": "AsyncClient", "sync": "SyncClient"}
_BATCHES = {"asyncio": "AsyncBatch", "sync": "SyncBatch"}


def client_file(client: Client, instances: Mapping[str, str], interface: Interface) -> str:
    """Return the file of the client; ``instances`` are its attributes, by the model's name."""
    taken = {"Batch", "Client", "package", "get_client", "register", *instances.values()}
    module = Module("client.py", taken)
    base = module.use("forebay.client.base", _BASES[interface])
    package = module.use("._package", "PACKAGE")
    lines = [
        f"class Client({base}):",
        '    """Queries the database: one attribute a model."""',
        "",
        f"    package = {package}",
    ]
    lines += ["", f"    if {module.use('typing', 'TYPE_CHECKING')}:"]
    prop = module.built_in("property")
    actions = module.use(".", "actions", typing_only=True)
    models = module.use(".", "models", typing_only=True)
    for one in client.models:
        returned = f"{actions}.{one.name}Actions[{models}.{class_name(one.name)}]"
        about = f"Operations on the model {one.name}."
        lines += _attribute(prop, instances[one.name], returned, about)
    batch = module.use("forebay.client.batch", _BATCHES[interface], typing_only=True)
    lines += [
        "",
        "        def batch_(self) -> Batch:",
        '            """Collect writes, to carry them out in one transaction."""',
        "            ...",
        "",
        "",
        f"if {module.use('typing', 'TYPE_CHECKING')}:",
        "",
        f"    class Batch({batch}):",
        '        """Writes that are carried out in one transaction, when it is committed."""',
    ]
    for one in client.models:
        if not one.model.is_view:
            returned = f"{actions}.{one.name}BatchActions"
            about = f"Writes to the model {one.name}."
            lines += _attribute(prop, instances[one.name], returned, about)
    of_process = module.use("forebay.client.process", "client_of")
    lines += [
        "",
        "",
        "def get_client() -> Client:",
        '    """Return the one client of this process, made now if there is none."""',
        f"    return {of_process}(Client)",
    ]
    return module.text("The client of this package.", "\n".join(lines))


def _attribute(prop: str, name: str, returned: str, about: str) -> list[str]:
    return [
        "",
        f"        @{prop}",
        _signature(name, returned),
        f'            """{about}"""',
        "            ...",
    ]


def _signature(name: str, returned: str) -> str:
    line = f"        def {name}(self) -> {returned}:"
    if len(line) <= WIDTH:
        return line
    last = f"        ) -> {returned}:"
    if len(last) > WIDTH:
        cls, _, model = returned.removesuffix("]").partition("[")
        last = f"        ) -> {cls}[\n            {model}\n        ]:"
    return f"        def {name}(\n            self,\n{last}"


def types_index(client: Client, layout: Layout) -> str:
    """Return the module that loads a model's types when one of them is asked for."""
    files = sorted(layout.files.values())
    imports = "\n".join(f"    from .{file} import *" for file in [*files, "filters"])
    models = sorted(layout.files.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    listed = "".join(f'    "{name}": "{file}",\n' for name, file in models)
    return f'''"""The types of all inputs. A model's are loaded when one is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
{imports}

# The longest names first: what begins with one of them is in its file.
_FILES = {{
{listed}}}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if not name.startswith("_"):
            plain = name.removeprefix("FindMany")
            files = [_FILES[model] for model in _FILES if plain.startswith(model)]
            for file in [*files, "filters"]:
                found = getattr(import_module(f".{{file}}", __name__), name, None)
                if found is not None:
                    globals()[name] = found
                    return found
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
'''


def package_file(
    name: str, source: Source, instances: Mapping[str, str], layout: Layout, interface: Interface
) -> str:
    """Return the file of what the package says of itself."""
    models = "".join(
        f"        {literal(attribute)}: {literal(model)},\n"
        for model, attribute in instances.items()
    )
    modules = "".join(
        f"        {literal(model)}: {literal(file)},\n" for model, file in layout.files.items()
    )
    fields = [
        f"name={literal(source.name)}",
        *(
            f"{field}={literal(value) if value is not None else None}"
            for field, value in (
                ("url", source.url),
                ("url_variable", source.url_variable),
                ("direct_url", source.direct_url),
                ("direct_url_variable", source.direct_url_variable),
            )
        ),
    ]
    listed = "".join(f"        {field},\n" for field in fields)
    return f'''"""What this package is: its data model, and where its classes are."""

from __future__ import annotations

from forebay.client.generated import generated_package
from forebay.client.package import Source

PACKAGE = generated_package(
    __package__,
    __file__,
    name={literal(name)},
    interface={literal(interface)},
    source=Source(
{listed}    ),
    instances={_braces(models)},
    modules={_braces(modules)},
)
'''


def _braces(rows: str) -> str:
    return f"{{\n{rows}    }}" if rows else "{}"


def face(schema: Schema) -> str:
    """Return the package's `__init__.py`."""
    return '''"""A typed client for the database that `schema.prisma` describes.

This package is written by `forebay generate`: change the schema, not these files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from forebay.client import errors

from .client import Client, get_client

if TYPE_CHECKING:
    from forebay.client import fields
    from forebay.client.fields import Base64, Json, JsonNull
    from forebay.client.registry import register

    from . import actions, enums, models, types

# The name that the archived client for Python had.
Prisma = Client

__all__ = [
    "Base64",
    "Client",
    "Json",
    "JsonNull",
    "Prisma",
    "actions",
    "enums",
    "errors",
    "fields",
    "get_client",
    "models",
    "register",
    "types",
]

_ELSEWHERE = {
    "Base64": "forebay.client.fields",
    "Json": "forebay.client.fields",
    "JsonNull": "forebay.client.fields",
    "register": "forebay.client.registry",
}


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in ("actions", "enums", "models", "types"):
            return import_module(f".{name}", __name__)
        if name == "fields":
            return import_module("forebay.client.fields")
        if name in _ELSEWHERE:
            return getattr(import_module(_ELSEWHERE[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
'''
