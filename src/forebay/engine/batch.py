"""Several requests in one: in a transaction, or each for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from forebay.engine.database_errors import request_error
from forebay.engine.failures import FAILURES, DatabaseFailure, RequestError
from forebay.engine.find import Merged, ReadPlan
from forebay.engine.plan import Plan
from forebay.engine.run import COMMIT, ROLLBACK, Work
from forebay.engine.statement import Bound
from forebay.engine.write.nested import missing

if TYPE_CHECKING:
    from forebay.engine.engine import Engine

Json: TypeAlias = Any

_LEVELS = {
    "ReadUncommitted": "READ UNCOMMITTED",
    "ReadCommitted": "READ COMMITTED",
    "RepeatableRead": "REPEATABLE READ",
    "Snapshot": "REPEATABLE READ",
    "Serializable": "SERIALIZABLE",
}


def begin(isolation: str | None) -> Bound:
    """Return the statement that begins a transaction of an isolation level."""
    if isolation is None:
        return Bound("BEGIN", [])
    level = _LEVELS.get(isolation.replace(" ", ""))
    if level is None:
        said = f"Conversion failed: Invalid isolation level `{isolation}`"
        raise RequestError("P2023", f"Inconsistent column data: {said}", message=said)
    return Bound(f"BEGIN ISOLATION LEVEL {level}", [])


def batch(engine: Engine, request: Json, in_transaction: bool) -> Work:
    """Return the work that answers a batch."""
    bodies = request["batch"]
    plans = [engine.plan(body) for body in bodies]
    transaction = request.get("transaction")
    if transaction is not None:
        first = None if in_transaction else begin(transaction.get("isolationLevel"))
        return (yield from _together(engine, bodies, plans, first))
    if len(plans) > 1 and _is_one_shape(plans):
        merged = plans[0][0].merged() if isinstance(plans[0][0], ReadPlan) else None
        if merged is not None:
            return (yield from _merged(merged, plans, in_transaction))
    answers = []
    for body, (plan, values) in zip(bodies, plans, strict=True):
        answers.append((yield from engine.answer(body, plan, values, in_transaction)))
    return {"batchResult": answers}


def _is_one_shape(plans: list[tuple[Plan, list[Json]]]) -> bool:
    first = plans[0][0]
    return all(plan is first for plan, _ in plans)


def _merged(
    merged: Merged,
    plans: list[tuple[Plan, list[Json]]],
    in_transaction: bool,
) -> Work:
    plan = plans[0][0]
    try:
        records = yield from merged.run([values for _, values in plans], in_transaction)
    except RequestError as error:
        return {"errors": [error.answer()]}
    answers: list[Json] = []
    for record in records:
        if record is None and plan.name.endswith("OrThrow"):
            answers.append({"errors": [missing("No record was found for a query.").answer()]})
        else:
            answers.append({"data": {plan.name: record}})
    return {"batchResult": answers}


def _together(
    engine: Engine,
    bodies: list[Json],
    plans: list[tuple[Plan, list[Json]]],
    first: Bound | None,
) -> Work:
    if first is not None:
        yield [first]
    answers = []
    for i, (body, (plan, values)) in enumerate(zip(bodies, plans, strict=True)):
        try:
            data = yield from plan.run(values, True)
        except FAILURES as failure:
            if first is not None:
                yield [ROLLBACK]
            return {"errors": [engine.error(body, failure).answer(i)]}
        answers.append({"data": {plan.name: data}})
    if first is not None:
        try:
            yield [COMMIT]
        except DatabaseFailure as failure:
            return {"errors": [request_error(failure).answer()]}
    return {"batchResult": answers}


def perform_batch(engine: Engine, request: Json, in_transaction: bool) -> Work:
    """Carry several requests out in one transaction, and return a list of their data.

    Raises:
        RequestError: one cannot be answered; nothing of the others is done then.
    """
    bodies = request["batch"]
    plans = [engine.plan(body) for body in bodies]
    transaction = request.get("transaction") or {}
    first = None if in_transaction else begin(transaction.get("isolationLevel"))
    found = []
    pending = [] if first is None else [first]
    for body, (plan, values) in zip(bodies, plans, strict=True):
        steps = plan.run(values, True)
        try:
            bound = next(steps)
            while True:
                # The transaction begins in the first statement's round trip.
                sent, begun, pending = [*pending, *bound], len(pending), []
                try:
                    results = yield sent
                except DatabaseFailure as failure:
                    bound = steps.throw(failure)
                else:
                    bound = steps.send(results[begun:])
        except StopIteration as stop:
            found.append(stop.value)
        except FAILURES as failure:
            steps.close()
            if first is not None and not pending:
                yield [ROLLBACK]
            raise engine.error(body, failure) from None
    if first is not None and not pending:
        yield [COMMIT]
    return found
