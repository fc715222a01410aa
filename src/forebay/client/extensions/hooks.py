"""Finds the hooks of an operation, and runs it through them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forebay.client.extensions.computed import Fields
from forebay.client.extensions.extension import Call, Extension, Hook
from forebay.client.extensions.scoping.failures import ExtensionInvalid
from forebay.client.operation import Operation
from forebay.client.operations import OPERATIONS, RAW_OPERATIONS

if TYPE_CHECKING:
    from forebay.client.package import Package

ALL_MODELS = "all_models"
ALL_OPERATIONS = "all_operations"


class Chain:
    """The hooks and computed fields of a client, from the extension that was added first."""

    def __init__(self, package: Package, extensions: tuple[Extension, ...]) -> None:
        self.extensions = extensions
        self._package = package
        for extension in extensions:
            check_hooks(package, extension)
        self._fields = Fields(package, [extension.result for extension in extensions])
        self._found: dict[tuple[str | None, str], tuple[Hook, ...]] = {}

    def __call__(self, client: Any, operation: Operation) -> Any:
        """Perform an operation of a client."""
        key = (operation.model, operation.action)
        hooks = self._found.get(key)
        if hooks is None:
            hooks = self._found[key] = tuple(self._hooks(*key))
        return self._run(client, operation, hooks, 0)

    def _run(self, client: Any, operation: Operation, hooks: tuple[Hook, ...], place: int) -> Any:
        if place == len(hooks):
            return self._fields.perform(client, operation)
        return hooks[place](
            Call(client, operation, lambda one: self._run(client, one, hooks, place + 1))
        )

    def _hooks(self, model: str | None, action: str) -> Iterable[Hook]:
        """Yield what an operation goes through: of each extension the most general hook first."""
        for extension in self.extensions:
            query = extension.query
            every = query.get(ALL_OPERATIONS)
            if every is not None:
                yield _hook(every)
            if model is None:
                one = query.get(action)
                if one is not None:
                    yield _hook(one)
                continue
            tables = [query.get(ALL_MODELS)]
            tables += [
                query[name]
                for name in query
                if name != ALL_MODELS and _model(self._package, name) == model
            ]
            for table in tables:
                if isinstance(table, Mapping):
                    for name in (ALL_OPERATIONS, action):
                        if name in table:
                            yield table[name]


def _hook(found: Any) -> Hook:
    if not callable(found):
        raise ExtensionInvalid(
            "A hook that belongs to no model must be a function.",
            hint=f'Put hooks of models below their names, or below "{ALL_MODELS}".',
        )
    return found  # type: ignore[no-any-return]  # what callable() proves is that much


def model_of(package: Package, name: str, extension: str) -> str:
    """Return the schema's name of a model.

    Raises:
        ExtensionInvalid: there is none of that name.
    """
    found = _model(package, name)
    if found is None:
        known = [*package.instances, *package.instances.values()]
        raise ExtensionInvalid(
            f"{extension} names the model `{name}`, and the schema has none of that name.",
            hint=_meant(name, [*known, ALL_MODELS]),
        )
    return found


def _model(package: Package, name: str) -> str | None:
    found = package.instances.get(name)
    return name if found is None and name in package.instances.values() else found


def check_hooks(package: Package, extension: Extension) -> None:
    """Check that hooks name models and operations that there are, and leave none out unsaid.

    Raises:
        ExtensionInvalid: they do not.
    """
    for name, found in extension.query.items():
        if name == ALL_OPERATIONS or name in RAW_OPERATIONS:
            _hook(found)
            continue
        if name != ALL_MODELS:
            model_of(package, name, extension.name)
        if not isinstance(found, Mapping):
            raise ExtensionInvalid(
                f"{extension.name} has something else than hooks by operation for `{name}`.",
                hint=f'Give a dict, as {{"{ALL_OPERATIONS}": hook}}.',
            )
        for action in found:
            if action != ALL_OPERATIONS and action not in OPERATIONS:
                raise ExtensionInvalid(
                    f"{extension.name} has a hook for `{action}` of `{name}`, and there is no "
                    "such operation.",
                    hint=_meant(action, [*OPERATIONS, ALL_OPERATIONS]),
                )
        if extension.covers_all:
            _check_covers(extension, name, found)
    if extension.covers_all and ALL_OPERATIONS not in extension.query:
        missing = [name for name in RAW_OPERATIONS if name not in extension.query]
        if missing:
            raise _left_out(extension.name, missing)


def _check_covers(extension: Extension, name: str, found: Mapping[str, Hook]) -> None:
    if ALL_OPERATIONS in found or ALL_OPERATIONS in extension.query:
        return
    shared: Any = extension.query.get(ALL_MODELS, {})
    missing = [one for one in OPERATIONS if one not in found and one not in shared]
    if missing and ALL_OPERATIONS not in shared:
        raise _left_out(extension.name, [f"{name}.{one}" for one in missing])


def _left_out(extension: str, missing: list[str]) -> ExtensionInvalid:
    return ExtensionInvalid(
        f"{extension} says that it covers every operation, and leaves out: {', '.join(missing)}.",
        hint=f'Add a hook for each, or one for "{ALL_OPERATIONS}".',
    )


def _meant(name: str, known: Iterable[str]) -> str:
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean `{near[0]}`?" if near else f"Known are {', '.join(names)}."
