"""What a live database is taken for, where PostgreSQL prints more than a data model says."""

import pytest

from forebay.migrate.diff.differ import difference
from forebay.migrate.diff.steps import Step
from forebay.migrate.from_schema import from_schema
from forebay.migrate.introspect.scope import Scope
from forebay.migrate.script import script
from forebay.migrate.summary import summary
from forebay.schema.load import load
from tests.migrate.conftest import Place

GENERATOR = 'generator c {\n  provider = "x"\n  previewFeatures = ["partialIndexes"]\n}\n\n'
SOURCE = 'datasource db {\n  provider = "postgresql"\n}\n\n'
WORDS = "status in ('a', 'b')"
CONDITION = (
    "((status)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))"
)


def _steps(place: Place, statement: str, fields: str) -> list[Step]:
    place.ask(statement)
    model = f"model t {{\n  id Int @id\n{fields}\n}}\n"
    wanted = from_schema(load([("schema.prisma", GENERATOR + SOURCE + model)], 7))
    found = Scope(None, "public", has_partial_indexes=True).look(place.connection)
    return difference(found, wanted)


@pytest.mark.parametrize(
    ("columns", "index", "fields"),
    [
        ("a int generated always as (id * 2) stored", "", "  a Int?"),
        (
            "a int generated always as (id * 2) stored",
            "",
            '  a Int? @default(dbgenerated("(id * 2)"))',
        ),
        ("a short", "", "  a String? @db.VarChar(20)"),
        ("a text", "create index on t (a text_pattern_ops)", "  a String?\n  @@index([a])"),
        (
            "a timestamptz",
            "create index on t using brin (a timestamptz_minmax_multi_ops)",
            "  a DateTime? @db.Timestamptz(6)\n"
            "  @@index([a(ops: TimestampTzMinMaxMultiOps)], type: Brin)",
        ),
        ("a text[] default '{x,y z}'", "", '  a String[] @default(["x", "y z"])'),
        (
            "status varchar(20)",
            f"create index on t (status) where {WORDS}",
            f'  status String? @db.VarChar(20)\n  @@index([status], where: raw("{CONDITION}"))',
        ),
    ],
)
def test_nothing_differs(either_place, columns, index, fields):
    statement = "create domain short as varchar(20);"
    statement += f"create table t (id int primary key, {columns}); {index}"
    assert _steps(either_place, statement, fields) == []


def test_a_condition_that_is_printed_in_other_words_is_the_same(either_place):
    fields = f'  status String? @db.VarChar(20)\n  @@index([status], where: raw("{CONDITION}"))'
    table = "create table t (id int primary key, status varchar(20));"
    index = f"create index t_status_idx on t (status) where {CONDITION}"
    assert _steps(either_place, table + index, fields) == []


def test_a_condition_in_brackets_is_given_no_more(place):
    steps = _steps(
        place,
        "create table t (id int primary key, a int)",
        '  a Int?\n  @@index([a], where: raw("(a > 1)"))\n'
        '  @@index([a], map: "two", where: raw("(a > 1) and (a < 9)"))',
    )
    text = script(steps)
    assert '"t"("a") WHERE (a > 1);' in text
    assert '"t"("a") WHERE ((a > 1) and (a < 9));' in text


def test_a_default_of_json_is_a_text_to_prisma_where_it_is_found(place):
    steps = _steps(
        place,
        """create table t (id int primary key, a jsonb default '{"x": 1}')""",
        '  a Json? @default("{}")',
    )
    assert (
        'default changed from `Some(Value(String("{\\"x\\": 1}")))` to `Some(Value(Json("{}")))`'
        in summary(steps)
    )
