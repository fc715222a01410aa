"""Whether what is said of a running client during a roll-out is what happens to its queries."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from bench.prove.registry import Context, Finding, proof
from bench.prove.roll_out_probes import Probe, Probes
from bench.prove.roll_out_schemas import Change, changes, fill
from forebay.client.carry import connect, run
from forebay.engine import Engine
from forebay.migrate.database import EMPTY, Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import Scope
from forebay.migrate.roll_out import Break, compare, plan
from forebay.migrate.script import script
from forebay.postgres.embedded import start_ephemeral
from forebay.postgres.url import PostgresUrl
from forebay.schema.dmmf.client import Client
from forebay.schema.model import ScalarField, Schema

CHANGES = 300
LEAST_RECALL = 0.99
LEAST_PRECISION = 0.97

# `t.count` is `count(t)` where there is no such column.
_CALLS = frozenset({"count", "name", "text"})
_SCOPE = Scope(None, "public")
# Of what is not found nobody sees whether it would have been read.
_NOTHING = "found nothing"


@dataclass
class Tally:
    """What was said, and what was so: of requests, or of models' operations."""

    hits: int = 0
    maybe: int = 0
    right: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    excess: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, said: Break | None, fails: bool, name: str, why: str) -> None:
        """Take a prediction and what happened; what only may fail is wrong in neither case."""
        if said is None and fails:
            self.missed[why] += 1
            self.examples.setdefault(f"missed: {why}", name)
        elif said is not None and said.level == "fails" and not fails:
            code = said.code
            if said.code == "column-missing" and said.part in _CALLS:
                code += ", and PostgreSQL takes its name for that of a function"
            self.excess[code] += 1
            self.examples.setdefault(f"excess: {code}", f"{name} ({said.text})")
        elif said is not None and fails:
            self.hits += 1
        elif said is not None:
            self.maybe += 1
        else:
            self.right += 1

    @property
    def recall(self) -> float:
        """The share of what failed that was said."""
        failed = self.hits + self.missed.total()
        return self.hits / failed if failed else 1.0

    @property
    def precision(self) -> float:
        """The share of what was said to fail that failed."""
        said = self.hits + self.excess.total()
        return self.hits / said if said else 1.0

    def findings(self, what: str) -> list[Finding]:
        """Return what came of it."""
        detail: dict[str, object] = {
            "missed": dict(self.missed.most_common()),
            "said to fail, and did not": dict(self.excess.most_common()),
            "said that it may fail, and did not here": self.maybe,
            "neither said nor failed": self.right,
            "examples": self.examples,
        }
        failed = self.hits + self.missed.total()
        return [
            Finding(
                f"{what} that fail: said",
                f">= {LEAST_RECALL:.0%}",
                f"{self.hits} of {failed} ({self.recall:.2%})",
                self.recall >= LEAST_RECALL,
                detail,
            ),
            Finding(
                f"{what} said to fail: do",
                f">= {LEAST_PRECISION:.0%}",
                f"{self.hits} of {self.hits + self.excess.total()} ({self.precision:.2%})",
                self.precision >= LEAST_PRECISION,
            ),
        ]


@dataclass(frozen=True)
class _Side:
    """A database, what it holds, and the schema that it was made for."""

    name: str
    database: Database
    client: Schema


class Trial:
    """Two databases, one of each schema, and a client of one of them."""

    def __init__(self, url: PostgresUrl) -> None:
        self.url = url
        self.requests, self.operations = Tally(), Tally()
        self.between = Tally()
        self.orders: Counter[str] = Counter()
        self.unsettled: list[int] = []
        self.skipped: Counter[str] = Counter()

    def make(self, name: str, *texts: str, template: str = "template1") -> bool:
        """Make a database and run scripts on it; say whether PostgreSQL takes them."""
        with psycopg.connect(self.url.text(), autocommit=True) as administrator:
            administrator.execute(f"drop database if exists {name} with (force)".encode())
            administrator.execute(f"create database {name} template {template}".encode())
        with psycopg.connect(self._of(name).text(), autocommit=True) as connection:
            try:
                for text in texts:
                    connection.execute(text.encode())
            except psycopg.Error:
                return False
        return True

    def _of(self, name: str) -> PostgresUrl:
        return replace(self.url, database=name)

    def look(self, name: str) -> Database:
        """Return what a database holds."""
        with psycopg.connect(self._of(name).text(), autocommit=True) as connection:
            return _SCOPE.look(connection)

    def run(self, change: Change) -> None:
        """Migrate a database, and ask what each client asks of the database of the other."""
        if not self.make("old", script(difference(EMPTY, from_schema(change.before)))):
            self.skipped["PostgreSQL refuses the first schema"] += 1
            return
        before = self.look("old")
        steps = difference(before, from_schema(change.after))
        if not steps:
            self.skipped["nothing changes in the database"] += 1
            return
        if not self.make("new", script(steps), template="old"):
            self.skipped["PostgreSQL refuses the migration"] += 1
            return
        after = self.look("new")
        try:
            for name, database in (("old", before), ("new", after)):
                with psycopg.connect(self._of(name).text(), autocommit=True) as connection:
                    fill(connection, database)
        except psycopg.Error:
            self.skipped["PostgreSQL refuses the rows"] += 1
            return
        old, new = _Side("old", before, change.before), _Side("new", after, change.after)
        judge = self._judge
        self._ask(change, old, new, "old client", compare(old.client, before, after), judge)
        self._ask(change, new, old, "new client", compare(new.client, after, before), judge)
        found = plan(old.client, new.client, before, after)
        self.orders[found.order] += 1
        if found.expand is not None and found.contract is not None:
            expand = [one.script for one in found.expand]
            self._steps(change, old, new, expand, [one.script for one in found.contract])

    def _steps(
        self, change: Change, old: _Side, new: _Side, expand: list[str], contract: list[str]
    ) -> None:
        """Go the first step, ask what both clients ask, and go the second."""
        first = script(difference(EMPTY, from_schema(change.before)))
        # Each step is of several migrations: values of an enum are used by the one after it.
        if not self.make("between", first) or not self.make("middle", *expand, template="between"):
            self.unsettled.append(change.seed)
            return
        made = self.make("settled", *contract, template="middle")
        # Some defaults differ for ever, as PostgreSQL prints them: after one step as well.
        wanted = from_schema(change.after)
        at_once = script(difference(new.database, wanted))
        if not made or script(difference(self.look("settled"), wanted)) != at_once:
            self.unsettled.append(change.seed)
        middle = _Side("middle", self.look("middle"), change.after)
        with psycopg.connect(self._of("middle").text(), autocommit=True) as connection:
            fill(connection, middle.database)
        for side, who in ((old, "old client"), (new, "new client")):
            said = compare(side.client, side.database, middle.database)
            self._ask(change, side, middle, f"{who}, between", said, self._judge_between)

    def _judge_between(self, probe: Probe, said: list[Break], why: str | None, name: str) -> None:
        touched = [one for one in said if probe.touched_by(one)]
        self.between.add(_worst(touched), why is not None, name, _class(why or ""))

    def _ask(
        self,
        change: Change,
        own: _Side,
        other: _Side,
        who: str,
        said: list[Break],
        judge: Callable[[Probe, list[Break], str | None, str], None],
    ) -> None:
        client = own.client
        engine = Engine(client)
        kinds = _Kinds(client)
        with connect(self._of(own.name)) as home, connect(self._of(other.name)) as away:
            for connection in (home, away):
                connection.execute("set session_replication_role = replica")
            for probe in Probes(client).all():
                if (why := _fails(home, engine, probe, kinds)) is not None:
                    self.skipped[f"fails at home too: {probe.operation} {_class(why)}"] += 1
                    continue
                why = _fails(away, engine, probe, kinds)
                if why == _NOTHING:
                    self.skipped["finds nothing away"] += 1
                    continue
                name = (
                    f"seed {change.seed} ({', '.join(change.kinds)}), {who}:"
                    f" {probe.model}.{probe.operation} {probe.what}: {why}"
                )
                judge(probe, said, why, name)

    def _judge(self, probe: Probe, said: list[Break], why: str | None, name: str) -> None:
        touched = [one for one in said if probe.touched_by(one)]
        cause = _class(why or "")
        self.requests.add(_worst(touched), why is not None, name, cause)
        if probe.is_plain:
            named = [
                one
                for one in said
                if one.model == probe.model
                and (
                    probe.operation in one.operations
                    or (one.level != "fails" and probe.operation in one.when_used)
                )
            ]
            self.operations.add(_worst(named), why is not None, name, cause)


def _worst(found: list[Break]) -> Break | None:
    ranks = {"fails": 0, "may fail": 1, "behaves otherwise": 2}
    known = [one for one in found if one.level != "behaves otherwise"]
    return min(known, key=lambda one: ranks[one.level], default=None)


def _class(why: str) -> str:
    return re.sub(r'`[^`]*`|"[^"]*"|\d+', "…", why)[:110]


def _fails(
    connection: psycopg.Connection[Any], engine: Engine, probe: Probe, kinds: _Kinds
) -> str | None:
    """Ask, and undo it; return what is wrong with the answer."""
    connection.execute("begin")
    try:
        answer = run(connection, engine, probe.body, in_transaction=True)
    except Exception as error:  # what the engine cannot make of what it reads
        return f"{type(error).__name__}: {error}"
    finally:
        connection.execute("rollback")
    if "errors" in answer:
        told = answer["errors"][0]
        known = told.get("user_facing_error") or {}
        return f"{known.get('error_code', '')} {known.get('message') or json.dumps(told)}"
    (data,) = answer["data"].values()
    if data is None or data == []:
        return _NOTHING
    is_count = probe.query["selection"] == {"count": True}
    return None if is_count else kinds.wrong(probe.model, data)


class _Kinds:
    """Says whether an answer's values are what the client's types say."""

    def __init__(self, schema: Schema) -> None:
        self.models = {one.name: one for one in Client(schema, 6).models}

    def wrong(self, model: str, data: Any) -> str | None:
        """Return what is not, if anything."""
        if isinstance(data, list):
            return next((why for one in data if (why := self.wrong(model, one))), None)
        if not isinstance(data, dict):
            return None
        known = self.models[model]
        fields = {one.name: one for one in known.scalars}
        relations = {one.name: one.related_model.name for one in known.relations}
        for name, value in data.items():
            if name in fields and not _suits(fields[name], value):
                return f"the type {fields[name].type} has no {type(value).__name__}"
            if name in relations and (why := self.wrong(relations[name], value)):
                return why
        return None


def _suits(field_: ScalarField, value: Any) -> bool:
    if field_.arity == "[]":
        return isinstance(value, list) and all(_is_one(field_, one) for one in value)
    if value is None:
        return field_.arity == "?"
    return _is_one(field_, value)


def _is_one(field_: ScalarField, value: Any) -> bool:
    if field_.enum is not None:
        return any(value == member.name for member in field_.enum.members)
    match field_.type:
        case "Int":
            return type(value) is int and abs(value) < 2**31
        case "Float":
            return type(value) in (int, float)
        case "Boolean":
            return isinstance(value, bool)
        case "String":
            # A list that is read as a text is none of its own.
            return isinstance(value, str) and not value.startswith("{")
    if not isinstance(value, dict) or value.get("$type") != field_.type:
        return False
    text = value["value"]
    form = _FORMS.get(field_.type)
    return form is None or (isinstance(text, str) and form.fullmatch(text) is not None)


_FORMS = {
    "BigInt": re.compile(r"-?\d+"),
    "Decimal": re.compile(r"-?\d+(\.\d+)?"),
    "DateTime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
}


@proof("migrate-roll-out", "which queries fail during a roll-out is known before", minutes=12)
def migrate_roll_out(context: Context) -> list[Finding]:
    """Change schemas, migrate databases, and send what clients of the other side would send."""
    with start_ephemeral() as server:
        trial = Trial(server.url)
        made = changes(0)
        for number in range(1, CHANGES + 1):
            trial.run(next(made))
            if number % 25 == 0:
                context.say(f"{number} changes")
    found = [*trial.operations.findings("operations"), *trial.requests.findings("requests")]
    found[0].detail["left out"] = dict(trial.skipped.most_common())
    between = trial.between
    failed = between.missed.total()
    told = f"{failed} of {between.right + failed + between.hits + between.maybe} requests fail"
    two = trial.orders["two steps"]
    return [
        *found,
        Finding(
            "between the two steps nothing fails that was not said",
            "none",
            told,
            failed == 0,
            {"orders": dict(trial.orders), "said that it may": between.hits},
        ),
        Finding(
            "the two steps come to what the schema asks for",
            "all",
            f"{two - len(trial.unsettled)} of {two}",
            not trial.unsettled,
            {"not": trial.unsettled},
        ),
    ]
