"""What all clients of a package share: the engine, and what builds its requests."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from forebay.client.records import ModelShaping
from forebay.client.request import Requests
from forebay.engine.engine import Engine

if TYPE_CHECKING:
    from forebay.client.package import Package


class Tools:
    """An engine for a package's schema, made when it is first asked for something."""

    def __init__(self, package: Package, schema: str | None, is_strict: bool) -> None:
        # The package is not kept: this is kept by it.
        self.engine = Engine(
            package.schema(),
            shaping=ModelShaping(package.model, is_strict=is_strict),
            default_schema=schema,
        )

    @cached_property
    def requests(self) -> Requests:
        """What turns operations into requests."""
        return Requests(self.engine.catalog.client)


_kept: WeakKeyDictionary[Package, dict[tuple[str | None, bool], Tools]] = WeakKeyDictionary()


def tools_of(package: Package, schema: str | None, *, is_strict: bool) -> Tools:
    """Return the tools of a package; ``schema`` is where its tables are, if not in `public`."""
    found = _kept.setdefault(package, {})
    key = (schema, is_strict)
    tools = found.get(key)
    if tools is None:
        tools = found[key] = Tools(package, schema, is_strict)
    return tools
