"""The engine: requests go in, work comes out, which a driver of any kind carries on.

Work is a generator: it yields lists of bound statements, each list one round trip; it is sent
their results, or has a `DatabaseFailure` thrown into it; what it returns is the answer.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

from forebay.engine.batch import batch, perform_batch
from forebay.engine.catalog import Catalog
from forebay.engine.database_errors import request_error
from forebay.engine.failures import FAILURES, DatabaseFailure, RequestError
from forebay.engine.operations import compile_plan
from forebay.engine.plan import Plan
from forebay.engine.rows import PROTOCOL
from forebay.engine.run import Work
from forebay.engine.scope import Scope
from forebay.engine.shape import pin, template, walk
from forebay.engine.shaping import Shaping
from forebay.engine.validate import Validator
from forebay.schema.model import Schema

Json: TypeAlias = Any


# The parts of a query that a plan is made of, in the order in which values are counted.
QUERY = ("arguments", "selection")

# Larger shapes are not kept; of a shape's plans for pinned values, and of all parts, no more than
# these are.
MOST_PARTS = 5_000
MOST_VARIANTS = 100
MOST_KEPT_PARTS = 500_000
# A text counts as one part for so many characters of it.
_PART = 100


class _Kept:
    """The plans of one shape: they differ in the values that they hold for."""

    __slots__ = ("is_used", "parts", "pins", "plan", "plans")

    def __init__(self) -> None:
        self.parts = 0
        self.pins: tuple[int, ...] = ()
        self.plans: dict[object, Plan] = {}
        # Where nothing is pinned there is one.
        self.plan: Plan | None = None
        self.is_used = False


class Engine:
    """Answers requests about one schema; holds at most ``most_plans`` shapes."""

    def __init__(
        self,
        schema: Schema,
        *,
        prisma: int = 6,
        most_plans: int = 1000,
        shaping: Shaping = PROTOCOL,
        default_schema: str | None = None,
    ) -> None:
        self.catalog = Catalog(schema, prisma, default_schema)
        self.shaping = shaping
        self._json_names = self.catalog.json_names
        self._most = most_plans
        self._kept: dict[object, _Kept] = {}
        self._parts = 0

    def work(self, request: Json, *, in_transaction: bool = False) -> Work:
        """Return the work that answers a request."""
        try:
            if "batch" in request:
                return (yield from batch(self, request, in_transaction))
            plan, values = self.plan(request)
            if plan.only is not None:
                # Most requests: no generator within a generator for them.
                statement, finish = plan.only
                results = yield [statement.bind(values)]
                return {"data": {plan.name: finish(results[0].rows)}}
        except FAILURES as failure:
            return {"errors": [self.error(request, failure).answer()]}
        return (yield from self.answer(request, plan, values, in_transaction))

    def perform(self, request: Json, *, in_transaction: bool = False) -> Work:
        """Return the work that carries a request out and returns its data.

        Raises:
            RequestError: from the work, where the request cannot be answered.
        """
        try:
            if "batch" in request:
                return (yield from perform_batch(self, request, in_transaction))
            plan, values = self.plan(request)
            if plan.only is not None:
                statement, finish = plan.only
                results = yield [statement.bind(values)]
                return finish(results[0].rows)
            return (yield from plan.run(values, in_transaction))
        except FAILURES as failure:
            raise self.error(request, failure) from None

    def answer(self, request: Json, plan: Plan, values: list[Json], in_transaction: bool) -> Work:
        """Carry a plan out, and answer with its data or with what went wrong."""
        try:
            data = yield from plan.run(values, in_transaction)
        except FAILURES as failure:
            return {"errors": [self.error(request, failure).answer()]}
        return {"data": {plan.name: data}}

    def error(self, request: Json, failure: Exception) -> RequestError:
        """Return what is wrong with a request in Prisma's words.

        Of the values of a shape that is kept nobody has looked at the types yet.
        """
        if isinstance(failure, RequestError):
            error = failure
        elif isinstance(failure, DatabaseFailure):
            error = request_error(failure)
            # Rows of `data` are not looked at before: one may lack what is required.
            if not failure.sqlstate.startswith("22") and failure.sqlstate != "23502":
                return error
        elif isinstance(failure, RecursionError):
            error = RequestError(
                "P2009",
                "A value of the request, or of a record that it meets, is nested too deeply for"
                " Python to read.",
            )
        else:
            error = RequestError("P2009", f"A value of the request cannot be written: {failure}.")
        if isinstance(request, dict) and "batch" in request:
            return error
        try:
            self._validator.check(request)
        except RequestError as better:
            return better
        return error

    def plan(self, request: Json) -> tuple[Plan, list[Json]]:
        """Return the plan of a request's shape, made now or kept, and the request's values."""
        query = request.get("query")
        if not isinstance(query, dict):
            raise RequestError("P2009", "The request has no `query` that is an object.")
        parts: list[object] = [
            request.get("modelName"),
            request.get("action"),
            request.get("into"),
        ]
        values: list[Json] = []
        for name in QUERY:
            part = query.get(name)
            if part is not None and type(part) is not dict:
                raise RequestError("P2009", f"The {name} of a query must be an object.")
            if part:
                walk(part, parts, values, self._json_names, False, 1)
            parts.append(None)
        key = tuple(parts)
        kept = self._kept.get(key)
        if kept is not None:
            plan = kept.plans.get(_pinned(kept.pins, values)) if kept.pins else kept.plan
            if plan is not None:
                kept.is_used = True
                return plan, values
        return self._compile(key, kept, request, values), values

    @property
    def kept_shapes(self) -> int:
        """How many shapes have plans that are kept."""
        return len(self._kept)

    def forget(self) -> None:
        """Forget all plans."""
        self._kept.clear()
        self._parts = 0

    @cached_property
    def _validator(self) -> Validator:
        return Validator(self.catalog.client)

    def _compile(
        self, key: tuple[object, ...], kept: _Kept | None, request: Json, values: list[Json]
    ) -> Plan:
        self._validator.check(request)
        scope = Scope(self.catalog, self.shaping, request.get("into"))
        given = request["query"]
        query = template({name: given[name] for name in QUERY if given.get(name)}, self._json_names)
        plan = compile_plan(scope, request.get("modelName"), str(request.get("action")), query)
        size = _parts_in([*key, *(values[place] for place in scope.pins)])
        if size > MOST_PARTS:
            return plan
        if kept is None:
            kept = self._kept[key] = _Kept()
        if not scope.pins <= set(kept.pins):
            kept.pins = tuple(sorted(scope.pins | set(kept.pins)))
            self._clear(kept)
        if len(kept.plans) >= MOST_VARIANTS:
            self._clear(kept)
        kept.plans[_pinned(kept.pins, values)] = kept.plan = plan
        kept.parts += size
        self._parts += size
        self._make_room(kept)
        return plan

    def _clear(self, kept: _Kept) -> None:
        self._parts -= kept.parts
        kept.parts = 0
        kept.plans.clear()

    def _make_room(self, newest: _Kept) -> None:
        """Drop the shapes that were made first and have not been asked for since."""
        while len(self._kept) > self._most or self._parts > MOST_KEPT_PARTS:
            key, kept = next(iter(self._kept.items()))
            del self._kept[key]
            if kept.is_used or kept is newest:
                kept.is_used = False
                self._kept[key] = kept
                if len(self._kept) == 1:
                    return
            else:
                self._clear(kept)


def _parts_in(part: object) -> int:
    """Count what a shape's key, or a value that is pinned, is made of."""
    if isinstance(part, str):
        return 1 + len(part) // _PART
    if isinstance(part, dict):
        return 1 + sum(_parts_in(name) + _parts_in(one) for name, one in part.items())
    if isinstance(part, list):
        return 1 + sum(map(_parts_in, part))
    return 1


def _pinned(pins: tuple[int, ...], values: list[Json]) -> object:
    return tuple([pin(values[place]) for place in pins]) if pins else ()
