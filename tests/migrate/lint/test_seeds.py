"""Rows of seeds and dumps: left out where nothing is to be found in them, and nowhere else."""

import json
import random

import pytest

from forebay.migrate.lint.linter import Linter, Options, Report
from forebay.migrate.lint.parse import parse
from forebay.migrate.lint.registry import Severity
from forebay.migrate.lint.report import Writer, as_json
from forebay.migrate.lint.seeds import stretches

MANY = 60


def _rows(head: str = 'INSERT INTO "User" (id, name) VALUES', tail: str = "") -> str:
    return "".join(f"{head} ({number}, 'n''{number}'){tail};\n" for number in range(MANY))


def _lint(text: str) -> Report:
    return Linter(Options("single")).lint("a.sql", text)


def _found(text: str) -> list[tuple[str, int]]:
    report = _lint(text)
    return [(one.rule.code, report.script.position(one.offset)[0]) for one in report.findings]


@pytest.mark.parametrize(
    "head",
    [
        "INSERT INTO t VALUES",
        'insert into "public"."T t"("a","b") values\n  ',
        "INSERT INTO public.t (a, b) VALUES (NULL, default), (-1.5, 'x'::jsonb),",
        "INSERT INTO t VALUES (now(), gen_random_uuid()), (TRUE, CURRENT_TIMESTAMP),",
    ],
)
@pytest.mark.parametrize("tail", ["", " ON CONFLICT DO NOTHING", "\nON CONFLICT (a, b) DO NOTHING"])
def test_rows_of_the_same_words_are_counted(head, tail):
    script = parse(f"CREATE TABLE t (a int, b text);\n{_rows(head, tail)}DROP TABLE é;\n")
    assert script.problems == ()
    assert [one.kind for one in script.statements] == [
        "create_stmt",
        "insert_stmt",
        "insert_stmt",
        "drop_stmt",
    ]
    second, drop = script.statements[2:]
    assert script.rows == {second.start: MANY - 2}
    assert script.position(drop.start) == (2 + MANY * (1 + head.count("\n") + tail.count("\n")), 1)
    assert [one.number for one in script.statements] == [0, 1, 2, 3]


def test_rows_of_several_tables_may_take_turns():
    text = "".join(f"INSERT INTO {'ab'[n % 2]} VALUES ({n});\n" for n in range(MANY))
    script = parse(text)
    assert len(script.statements) == 4
    assert sorted(script.rows.values()) == [MANY // 2 - 2] * 2


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES (f({0}));\n",
        "INSERT INTO t VALUES ((SELECT {0}));\n",
        "INSERT INTO t VALUES (E'a{0}');\n",
        "INSERT INTO t VALUES ('a\\{0}');\n",
        "INSERT INTO t VALUES ({0}) RETURNING *;\n",
        "INSERT INTO t VALUES ({0}) ON CONFLICT (a) DO UPDATE SET a = 1;\n",
        "INSERT INTO t SELECT {0};\n",
        "INSERT INTO t VALUES ({0}); -- forebay: ignore[FM107] {0}\n",
        "INSERT INTO t{0} VALUES ({0});\n",
    ],
)
def test_what_says_more_is_read(text):
    assert len(parse("".join(text.format(n) for n in range(MANY))).statements) == MANY


def test_what_only_looks_like_rows_is_none():
    for quote in ("$$", "$a$"):
        body = f"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS {quote}\n{_rows()}{quote};\n"
        assert [one.kind for one in parse(body + "DROP TABLE t;").statements] == [
            "create_function_stmt",
            "drop_stmt",
        ]
    text = f"/*\n{_rows()}*/ SELECT '\n{_rows().replace(chr(39), '')}';\nDROP TABLE t;\n"
    assert [one.kind for one in parse(text).statements] == ["select_stmt", "drop_stmt"]
    atomic = "CREATE FUNCTION f() RETURNS void BEGIN ATOMIC\n" + _rows() + "END;\nDROP TABLE t;"
    assert len(parse(atomic).statements) == 2


def test_what_is_found_beside_rows_has_its_place():
    text = f"DROP INDEX i;\n{_rows()}ALTER TABLE é DROP COLUMN c;\n{_rows()}DROP INDEX i;\n"
    assert _found(text) == [
        ("FM108", 1),
        ("FM201", MANY + 2),
        ("FM108", 2 * MANY + 3),
    ]
    # A remark keeps its place too.
    text = f"{_rows()}-- forebay: ignore[FM108] at night\nDROP INDEX i;\n{_rows()}"
    assert _found(text) == []


def test_an_error_between_rows_is_found():
    rows = _rows().splitlines(keepends=True)
    rows[30] = rows[30].replace("VALUES", "VALUE")
    assert _found("".join(rows)) == [("FM001", 31)]
    rows[40] = 'INSERT INTO "User" (id, id) VALUES (1, 2);\n'
    assert _found("".join(rows)) == [("FM001", 31), ("FM405", 41)]
    # Of words that are wrong each time the first two are said.
    assert _found(_rows("INSERT INTO t (a, a) VALUES")) == [("FM405", 1), ("FM405", 2)]


def test_rows_are_told_as_a_number():
    report = _lint(_rows())
    text = Writer().text([report], Severity.NOTE, has_locks=True)
    assert f"  and {MANY - 2} more like it, of other values\n" in text
    (script,) = json.loads(as_json([report], Severity.NOTE))["scripts"]
    assert [one["more"] for one in script["statements"]] == [0, MANY - 2]


def test_a_script_with_rows_is_read_as_the_grammar_reads_it():
    chance = random.Random(7)
    others = [
        "SELECT 1;",
        "-- a remark; with a semicolon\n",
        "/* INSERT INTO t VALUES (1); */",
        "CREATE INDEX i ON t (a);",
        "DO $$ BEGIN INSERT INTO t VALUES (1); END $$;",
        "SELECT 'INSERT INTO t VALUES (1);';",
        "INSERT INTO \"é\" VALUES (1, 'ü');",
        "INSERT INTO t VALUES (1), (2);",
    ]
    for _ in range(40):
        pieces = [*_rows().splitlines(), *(chance.choice(others) for _ in range(40))]
        chance.shuffle(pieces)
        text = "\n".join(pieces)
        parts = list(stretches(text))
        script = parse(text)
        assert script.problems == ()
        whole = parse(text.replace("INSERT INTO", "INSERT /**/ INTO"))
        assert whole.rows == {}
        assert len(whole.statements) == len(script.statements) + sum(script.rows.values())
        assert parts[-1].end == len(text) or parts[-1].rows
