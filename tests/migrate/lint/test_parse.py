"""Texts of all kinds: what PostgreSQL's grammar takes is read, and the rest is answered."""

import random
import re

import pytest

from forebay.migrate.lint.linter import Linter, Options, codes
from forebay.migrate.lint.parse import parse
from forebay.migrate.lint.registry import RULES, Severity
from forebay.migrate.lint.report import Writer, as_github, as_json, as_sarif


def _said(text: str) -> list[tuple[str, int, int, str]]:
    report = Linter(Options()).lint("a.sql", text)
    return [
        (one.rule.code, *report.script.position(one.offset), one.message) for one in report.findings
    ]


@pytest.mark.parametrize("text", ["", ";;", " \n", "-- only a remark", "/* and\n another */"])
def test_there_may_be_nothing(text):
    assert _said(text) == []
    assert parse(text).statements == ()


def test_a_syntax_error_has_its_line_and_column():
    text = "SELECT 'é', 'ö';\n\nALTER TABLE a ADD COLUM b int;"
    assert _said(text) == [("FM001", 3, 27, 'syntax error at or near "int"')]
    assert _said("SELECT 'a")[0][:3] == ("FM001", 1, 8)
    assert _said("CREATE TABLE a (")[0][:3] == ("FM001", 1, 17)


def test_what_is_around_a_syntax_error_is_looked_at():
    text = "DROP TABLE é;\nDO $$ BEGIN; $$;\n-- x\nALTER TABLE b DROP COLUMN c;\n"
    assert [one[:3] for one in _said(text + "ALTER TABEL d;\nDROP TABLE e;")] == [
        ("FM202", 1, 1),
        ("FM201", 4, 1),
        ("FM001", 5, 7),
        ("FM202", 6, 1),
    ]
    # Whether a COMMIT, an index or a statement to ignore comes later is nobody's to say.
    text = "BEGIN;\nALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c (d);\n"
    assert [one[0] for one in _said(text + "SELEC 1;\n-- forebay: ignore[FM202] old\n")] == [
        "FM101",
        "FM001",
    ]
    # In an open quote, everything is one statement.
    assert [one[0] for one in _said("DROP TABLE a;\nSELECT 'x;\nDROP TABLE b;")] == [
        "FM202",
        "FM001",
    ]


def test_every_syntax_error_is_said():
    text = "SELEC 'é;';\nDROP TABLE a;\nCREATE TABEL b (\n  c int;\nALTER TABLE d DROP e;\nFOO\n"
    assert [one[:3] for one in _said(text)] == [
        ("FM001", 1, 1),
        ("FM202", 2, 1),
        ("FM001", 3, 8),
        ("FM201", 5, 1),
        ("FM001", 6, 1),
    ]
    # Somebody else's language is not told line by line.
    codes = [one[0] for one in _said("SELEC 1;\n" * 1000)]
    assert codes == ["FM001"] * 51


def test_places_count_characters_not_bytes():
    text = "-- größer\r\nSELECT 'ñ'; /* ¿ */ ALTER TABLE a ADD é int, ADD b serial;\r\n"
    assert _said(text)[0][:3] == ("FM115", 2, 50)


def test_what_only_psql_reads_is_said_and_the_rest_is_read():
    text = "\\set x 1\nDROP TABLE a;\n  \\echo done\n"
    assert [one[:3] for one in _said(text)] == [
        ("FM001", 1, 1),
        ("FM202", 2, 1),
        ("FM001", 3, 3),
    ]
    assert _said("SELECT '\n\\d';") == []


def test_a_byte_order_mark_is_said_and_the_rest_is_read():
    assert [one[:3] for one in _said("\ufeffDROP TABLE a;")] == [("FM001", 1, 1), ("FM202", 1, 2)]


def test_half_characters_and_zero_bytes_are_answered():
    assert _said("SELECT 1;\n\0")[0][:3] == ("FM001", 2, 1)
    assert _said("SELECT '\ud800';")[0][:3] == ("FM001", 1, 9)


def test_what_is_too_deep_is_said():
    text = "DROP TABLE a;\nSELECT " + "+".join("1" * 500) + ";\nDROP TABLE b;"
    assert [one[:3] for one in _said(text)] == [
        ("FM202", 1, 1),
        ("FM002", 2, 1),
        ("FM202", 3, 1),
    ]


def test_a_function_is_not_what_runs():
    text = (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE a; END $$;\n"
        "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; END;\nDROP TABLE b;"
    )
    assert [one[:2] for one in _said(text)] == [("FM202", 3)]


def test_five_megabytes_are_read():
    row = f"INSERT INTO a (id, note) VALUES (1, 'é {'x' * 60}');\n"
    text = row * (5_000_000 // len(row)) + "DROP TABLE a;"
    assert [one[0] for one in _said(text)] == ["FM202"]


NAMES = ["a", '"B c"', "public.a", '"é"', "a"]
TYPES = ["int", "serial", "varchar(9)", "numeric(3,1)[]", "json", "char", "timestamp", "public.x"]
DEFAULTS = ["1", "now()", "random()", "x.f(1)", "null", "'t' || 'u'", "(select 1)", "$1", "b"]
LIMITS = ["NOT NULL", "UNIQUE", "CHECK (b > 0)", "PRIMARY KEY", "REFERENCES b", "DEFAULT {default}"]
KEYS = [
    *("CHECK (b IS NOT NULL)", "UNIQUE (a, b)", "PRIMARY KEY (a)", "FOREIGN KEY (a) REFERENCES b"),
    *("EXCLUDE USING gist (a WITH =)", "UNIQUE USING INDEX i", "NOT NULL b"),
]
COMMANDS = [
    *("ADD {column} {type} {limit} {limit}", "ADD CONSTRAINT k {key}", "ADD {key} NOT VALID"),
    *("DROP {column}", "ALTER {column} TYPE {type}", "ALTER {column} SET NOT NULL", "SET LOGGED"),
    *("ALTER {column} TYPE {type} USING {default}", "VALIDATE CONSTRAINT k", "DROP CONSTRAINT k"),
    *("ALTER {column} SET DEFAULT {default}", "SET (fillfactor = 50)", "DISABLE TRIGGER ALL"),
    *("ALTER {column} DROP NOT NULL", "ENABLE ROW LEVEL SECURITY", "REPLICA IDENTITY FULL"),
    *("ADD {column} {type} GENERATED ALWAYS AS ({default}) STORED", "INHERIT {name}"),
]
STATEMENTS = [
    *["ALTER TABLE IF EXISTS {name} {command}, {command}"] * 6,
    *["CREATE TABLE {name} ({column} {type} {limit}, b {type}, {key})"] * 3,
    *(
        "ALTER TABLE {name} ATTACH PARTITION {name} DEFAULT",
        "ALTER INDEX {name} ATTACH PARTITION i",
    ),
    *("ALTER TABLE {name} DETACH PARTITION {name}", "CREATE TABLE {name} PARTITION OF b DEFAULT"),
    *("CREATE UNIQUE INDEX ON {name} ({column}, (b + 1))", "CREATE TABLE {name} (LIKE b)"),
    *("DROP TABLE {name}, b CASCADE", "DROP INDEX {name}", "DROP TYPE {name}", "DROP VIEW {name}"),
    *("DROP TRIGGER t ON {name}", "DROP SCHEMA a CASCADE", "ALTER TABLE {name} RENAME TO c"),
    *("DROP FUNCTION f(int)", "DROP POLICY p ON {name}", "ALTER TABLE {name} RENAME b TO c"),
    *("ALTER TYPE {name} ADD VALUE 'x'", "ALTER TYPE a RENAME ATTRIBUTE b TO c", "COMMIT", "BEGIN"),
    *("ALTER DOMAIN {name} ADD CHECK (value > 0)", "ALTER DOMAIN a SET NOT NULL", "ROLLBACK"),
    *(
        "TRUNCATE {name}, b CASCADE",
        "VACUUM (FULL, ANALYZE) {name}",
        "VACUUM",
        "CLUSTER",
        "ANALYZE",
    ),
    *("REINDEX (CONCURRENTLY off) TABLE {name}", "REINDEX SCHEMA a", "REFRESH MATERIALIZED VIEW a"),
    *("UPDATE {name} SET b = {default}, b = 1", "DELETE FROM {name}", "SAVEPOINT s", "RESET ALL"),
    *("INSERT INTO {name} SELECT * FROM b", "WITH x AS (SELECT 1) SELECT * FROM x, {name}"),
    *("COMMENT ON COLUMN a.b IS 'x'", "COMMENT ON FUNCTION f(int) IS NULL", "SET a.b = 1"),
    *(
        "DO $$ BEGIN {statement}; END $$",
        "DO LANGUAGE sql 'select 1'",
        "DO 'BEGIN DROP TABLE a; END'",
    ),
    *("DO $x$ BEGIN IF a THEN EXECUTE 'DROP TABLE a'; ELSE {statement}; END IF; END $x$",),
    *(
        "CREATE DOMAIN d AS {type} CHECK (value > 0)",
        "SELECT set_config('lock_timeout', '1', true)",
    ),
    *(
        "LOCK TABLE {name}",
        "MERGE INTO {name} USING b ON true WHEN MATCHED THEN DELETE",
        "DROP DATABASE a",
    ),
    *(
        "CREATE VIEW v (a, a) AS SELECT 1, 2",
        "CREATE OR REPLACE VIEW {name} AS SELECT 1",
        "COPY a FROM STDIN",
    ),
    *(
        "CREATE TRIGGER t BEFORE INSERT ON {name} EXECUTE FUNCTION f()",
        "CREATE TABLE a AS SELECT 1",
    ),
    *(
        "CREATE RULE r AS ON INSERT TO {name} DO NOTHING",
        "CREATE POLICY p ON {name}",
        "GRANT ALL ON a TO b",
    ),
    *(
        "ALTER TABLE {name} SET SCHEMA b",
        "ALTER FUNCTION f() SET SCHEMA b",
        "ALTER SEQUENCE s RESTART",
    ),
    *(
        "-- forebay: ignore[FM201, x] y\n{statement}",
        "/* forebay: ignore-file[FM107] */ {statement}",
    ),
    *("CREATE STATISTICS s ON a, b FROM {name}", "CREATE SEQUENCE s OWNED BY a.b", "DISCARD ALL"),
]
BAG = {
    "name": NAMES,
    "column": NAMES[:1] + NAMES[3:],
    "type": TYPES,
    "default": DEFAULTS,
    "limit": LIMITS,
    "key": KEYS,
    "command": COMMANDS,
    "statement": STATEMENTS,
}


def _made_up(dice: random.Random) -> str:
    text = dice.choice(STATEMENTS)
    for _ in range(6):
        text = re.sub(r"{(\w+)}", lambda found: dice.choice(BAG[found[1]]), text)
    return text.replace("{", "").replace("}", "")


def _texts(count: int, seed: int) -> list[str]:
    dice = random.Random(seed)
    told = [one.page.bad for one in RULES.values()] + [one.page.good for one in RULES.values()]
    texts = []
    for _ in range(count):
        words = (dice.choice(told) if dice.random() < 0.2 else _made_up(dice)).split(" ")
        # A word lost, or one of another statement: most of it is no SQL, and some is strange SQL.
        if dice.random() < 0.3:
            words.pop(dice.randrange(len(words)))
        if dice.random() < 0.3:
            words.insert(dice.randint(0, len(words)), dice.choice(_made_up(dice).split(" ")))
        texts.append(
            "; ".join([" ".join(words), *(_made_up(dice) for _ in range(dice.choice([0, 1])))])
        )
    return texts


def test_nothing_that_the_grammar_takes_makes_the_linter_fail():
    # The plugin that shuffles tests has set a seed, and prints it.
    seed = random.getrandbits(32)
    options = Options(extend=codes(["all"]))
    read = 0
    for text in _texts(1500, seed):
        report = Linter(options).lint("a.sql", text)
        read += bool(report.script.statements)
        for one in report.findings:
            report.script.position(one.offset)
        Writer(has_colour=True).text([report], Severity.NOTE, has_locks=True)
        for written in (as_json, as_github):
            written([report], Severity.NOTE)
        as_sarif([report], Severity.NOTE)
    assert read > 500, f"{read} texts of seed {seed} were SQL"
