"""Computed fields of results: what they need is fetched with them, and hidden where not asked for.

They are attributes of the instances, computed once when the result arrives, at every depth.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forebay.client.extensions.extension import Computed, Result
from forebay.client.extensions.scoping.failures import ExtensionInvalid
from forebay.client.operation import Operation
from forebay.client.operations import OPERATIONS

if TYPE_CHECKING:
    from forebay.client.package import Package
    from forebay.schema.model import Model

_RECORDS = frozenset(name for name, kind in OPERATIONS.items() if kind.gives in ("one", "many"))


@dataclass(slots=True)
class _Plan:
    """What is done with the instances of one place in a result."""

    computed: list[tuple[str, Computed]] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    related: list[tuple[str, _Plan]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.computed or self.hidden or self.related)

    def apply(self, found: Any) -> None:
        """Do it to an instance, a list of them, or nothing."""
        if found is None:
            return
        if isinstance(found, list):
            for one in found:
                self.apply(one)
            return
        values = found.__dict__
        for name, plan in self.related:
            plan.apply(values.get(name))
        for name, one in self.computed:
            values[name] = one.compute(found)
        for name in self.hidden:
            values.pop(name, None)
            found.__pydantic_fields_set__.discard(name)


class Fields:
    """The computed fields of a client's models."""

    def __init__(self, package: Package, results: Iterable[Result]) -> None:
        self._package = package
        self._by_model: dict[str, dict[str, Computed]] = {}
        given = [result for result in results if result]
        if given:
            self._models = {one.name: one for one in _models(package)}
            for result in given:
                self._add(result)

    def perform(self, client: Any, operation: Operation) -> Any:
        """Carry an operation out, and compute the fields of what it gives."""
        if not self._by_model or operation.action not in _RECORDS:
            return client._execute(operation)
        given = operation.arguments
        model = operation.model
        if model is None or "into" in given:
            return client._execute(operation)
        arguments, plan = self._plan(model, given)
        if plan.is_empty:
            return client._execute(operation)
        found = client._execute(Operation(model, operation.action, arguments))
        if inspect.isawaitable(found):
            return _later(found, plan)
        plan.apply(found)
        return found

    def _plan(self, model: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], _Plan]:
        plan = _Plan()
        made = dict(given)
        computed = self._by_model.get(model, {})
        if computed:
            self._ask(model, computed, made, plan)
        for key in ("select", "include"):
            if isinstance(made.get(key), Mapping):
                made[key] = self._related(model, made[key], plan)
        return made, plan

    def _ask(
        self, model: str, computed: dict[str, Computed], made: dict[str, Any], plan: _Plan
    ) -> None:
        """Ask for what computed fields need, and note what must be hidden again."""
        select, omit = made.get("select"), dict(made.get("omit") or {})
        attributes = self._package.attributes(model)
        if select is None:
            wanted = [name for name in computed if not omit.pop(name, False)]
            needs = self._needs(computed, wanted)
            hidden = [name for name in needs if omit.pop(name, False)]
            made.pop("omit", None)
            if omit:
                made["omit"] = omit
        else:
            wanted = [name for name in computed if select.get(name)]
            needs = self._needs(computed, wanted)
            left = {name: value for name, value in select.items() if name not in computed}
            hidden = [name for name in needs if not left.get(name)]
            made["select"] = left | dict.fromkeys(hidden, True)
        ordered = self._ordered(computed, wanted)
        plan.computed = [(name, computed[name]) for name in ordered]
        plan.hidden = [attributes.get(name, name) for name in hidden]
        plan.hidden += [name for name in ordered if name not in wanted]

    def _needs(self, computed: dict[str, Computed], wanted: list[str]) -> list[str]:
        """Return the fields of the model that computed ones need, themselves or through others."""
        found: dict[str, None] = {}
        for name in self._ordered(computed, wanted):
            found |= dict.fromkeys(one for one in computed[name].needs if one not in computed)
        return list(found)

    def _ordered(self, computed: dict[str, Computed], wanted: list[str]) -> list[str]:
        """Return computed fields with those that they need, which come first."""
        found: dict[str, None] = {}

        def add(name: str) -> None:
            for one in computed[name].needs:
                if one in computed:
                    add(one)
            found[name] = None

        for name in wanted:
            add(name)
        return list(found)

    def _related(self, model: str, given: Mapping[str, Any], plan: _Plan) -> dict[str, Any]:
        made = dict(given)
        relations = {one.name: one.related_model.name for one in self._models[model].relations}
        attributes = self._package.attributes(model)
        for name, value in given.items():
            other = relations.get(name)
            if other is None or not value:
                continue
            arguments, below = self._plan(other, value if isinstance(value, Mapping) else {})
            if not below.is_empty:
                made[name] = arguments or True
                plan.related.append((attributes.get(name, name), below))
        return made

    def _add(self, result: Result) -> None:
        from forebay.client.extensions.hooks import ALL_MODELS, model_of

        for name, fields in result.items():
            models = (
                list(self._models)
                if name == ALL_MODELS
                else [model_of(self._package, name, "a result extension")]
            )
            for model in models:
                table = self._by_model.setdefault(model, {})
                for field_name, one in fields.items():
                    self._check(model, table, field_name, one)
                    table[field_name] = Computed(tuple(one.needs), one.compute)

    def _check(self, model: str, table: dict[str, Computed], name: str, one: Computed) -> None:
        schema = self._models[model]
        if name in schema.by_name:
            raise ExtensionInvalid(
                f"The computed field `{name}` has the name of a field of {model}.",
                hint="Give it another name.",
            )
        known = {field.name for field in schema.scalars}
        for needed in one.needs:
            if needed not in known and (needed not in table or needed == name):
                raise ExtensionInvalid(
                    f"The computed field `{name}` needs `{needed}`, and {model} has no such value "
                    "field.",
                    hint="A computed field needs fields of its own model, or those computed before "
                    "it.",
                )


def _models(package: Package) -> list[Model]:
    schema = package.schema()
    return [*schema.models, *schema.views]


async def _later(found: Any, plan: _Plan) -> Any:
    result = await found
    plan.apply(result)
    return result
