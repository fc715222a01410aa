"""Every rule finds the bad example of its page, and has nothing to say of the good one."""

from dataclasses import replace
from typing import Any

import pytest

from forebay.migrate.lint.linter import Linter, Options, Report, codes
from forebay.migrate.lint.page import pages
from forebay.migrate.lint.registry import RULES, Severity

EVERYTHING = Options("single", extend=codes(["all"]))


def lint(text: str, **changes: Any) -> Report:
    return Linter(replace(EVERYTHING, **changes)).lint("script.sql", text)


def found(text: str, **changes: Any) -> set[str]:
    return {one.rule.code for one in lint(text, **changes).findings}


# What is said of the client that runs is tried on a database: test_running.py does.
ALONE = sorted(set(RULES) - {"FM701", "FM702", "FM703"})


@pytest.mark.parametrize("code", ALONE)
def test_a_rule_finds_its_bad_example_and_not_its_good_one(code):
    page = RULES[code].page
    assert code in found(page.bad)
    if page.good:
        assert code not in found(page.good)


# What is lost is lost later, too.
LATER = {"FM201", "FM202", "FM206"}


@pytest.mark.parametrize("code", ALONE)
def test_what_is_to_be_done_instead_is_sql_that_the_rule_does_not_find(code):
    for one in lint(RULES[code].page.bad).findings:
        if one.rule.code != code:
            continue
        # A step is a migration of its own.
        linter = Linter(EVERYTHING)
        for step in one.fix:
            said = {each.rule.code for each in linter.lint("step.sql", step).findings}
            assert "FM001" not in said, step
            assert code in LATER or code not in said, step


def test_codes_names_and_pages_are_told_apart():
    names = [one.name for one in RULES.values()]
    assert len(names) == len(set(names))
    assert len(pages()) == len(RULES) + 1


NEW = 'CREATE TABLE "A" ("id" int, "b" int);\n'


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX ON "A" ("b")',
        'ALTER TABLE "A" ADD CHECK ("b" > 0)',
        'ALTER TABLE "public"."A" ADD PRIMARY KEY ("id")',
        'ALTER TABLE "A" ALTER COLUMN "b" SET NOT NULL',
        'ALTER TABLE "A" ALTER COLUMN "b" TYPE bigint',
        'ALTER TABLE "A" ADD COLUMN c uuid DEFAULT gen_random_uuid()',
        'ALTER TABLE "A" ADD COLUMN c serial',
        'ALTER TABLE "A" ADD COLUMN c int NOT NULL',
        'ALTER TABLE "A" ADD CONSTRAINT f FOREIGN KEY ("b") REFERENCES "B" (id)',
        'ALTER TABLE "A" DROP COLUMN "b"',
        'ALTER TABLE "A" RENAME TO "C"',
        'DROP TABLE "A"',
        'UPDATE "A" SET "b" = 1',
        'VACUUM FULL "A"',
    ],
)
def test_a_table_that_the_script_made_is_nobodys_to_wait_for(statement):
    said = Linter(Options("single")).lint("script.sql", NEW + statement)
    assert {one.rule.code for one in said.findings} <= {"FM601"}
    assert Linter(Options("single")).lint("script.sql", statement).findings


@pytest.mark.parametrize(
    ("before", "after", "is_found"),
    [
        ("varchar(10)", "varchar(20)", False),
        ("varchar(20)", "varchar(10)", True),
        ("varchar(20)", "text", False),
        ("text", "varchar", False),
        ("text", "varchar(10)", True),
        ("numeric(5, 2)", "numeric(8, 2)", False),
        ("numeric(5, 2)", "numeric(8, 3)", True),
        ("numeric(5, 2)", "numeric", False),
        ("timestamp(3)", "timestamp(6)", False),
        ("timestamp(6)", "timestamp(3)", True),
        ("timestamp(3)", "timestamptz(3)", True),
        ("int", "bigint", True),
        ("cidr", "inet", False),
        ("int[]", "bigint[]", True),
        ("varchar(5)[]", "varchar(5)[]", False),
    ],
)
def test_a_type_is_known_from_the_script_before(before, after, is_found):
    linter = Linter(Options("single"))
    linter.lint("1.sql", f"CREATE TABLE t (a {before});")
    said = linter.lint("2.sql", f"ALTER TABLE t ALTER COLUMN a TYPE {after};")
    assert ("FM113" in {one.rule.code for one in said.findings}) == is_found


def test_the_version_decides():
    add = "ALTER TABLE t ADD COLUMN a int DEFAULT 1;"
    assert "FM114" in found(add, version=10)
    assert "FM114" not in found(add, version=11)
    proved = (
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n"
        "ALTER TABLE t VALIDATE CONSTRAINT c;\nALTER TABLE t ALTER COLUMN a SET NOT NULL;"
    )
    assert "FM112" in found(proved, version=11)
    assert "FM112" not in found(proved, version=12)
    (one,) = [
        each
        for each in lint("ALTER TABLE t ALTER COLUMN a SET NOT NULL;", version=18).findings
        if each.rule.code == "FM112"
    ]
    assert one.fix[0].endswith('NOT NULL "a" NOT VALID;')


def test_a_migration_is_one_transaction_unless_a_statement_stands_alone():
    text = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\n{}"
    text += "ALTER TABLE t VALIDATE CONSTRAINT c;"
    assert "FM103" in found(text.format(""), sending="deployed")
    alone = text.format("CREATE INDEX CONCURRENTLY i ON t (a);\n")
    assert "FM103" not in found(alone, sending="deployed")
    assert "FM103" not in found(text.format(""), sending="single")
    assert "FM401" in found(alone, sending="wrapped")
    assert "FM401" not in found(alone, sending="deployed")


def test_the_statements_of_a_block_are_looked_at_where_they_are():
    text = (
        "DO $$\nBEGIN\n  -- é\n  IF true THEN\n    ALTER TABLE t DROP COLUMN a;\n  END IF;\n"
        "  EXECUTE 'DROP TABLE u';\n  EXECUTE format('DROP TABLE %I', name);\nEND $$;"
    )
    report = Linter(Options()).lint("a.sql", text)
    said = [(one.rule.code, report.script.position(one.offset)) for one in report.findings]
    assert said == [("FM201", (5, 5)), ("FM202", (7, 3)), ("FM002", (8, 3))]


@pytest.mark.parametrize(
    ("told", "is_known"),
    [
        ("'DROP TABLE u'", True),
        ("E'DROP\\nTABLE u'", True),
        ("$q$DROP TABLE u$q$", True),
        ("'DROP' || ' TABLE ' || 'u'", True),
        ("'DROP TABLE ' || quote_ident('U')", True),
        ("format('DROP TABLE %I', 'u')", True),
        ("format('DROP TABLE %1$I -- %L%%', 'u', 'it''s')", True),
        ("concat('DROP TABLE', ' u')::text", True),
        ("format('DROP TABLE %s', 'u'::regclass)", True),
        ("'DROP TABLE u' USING x, y", True),
        ("'DROP TABLE u' INTO STRICT z USING x", True),
        ("format('DROP TABLE %I', name)", False),
        ("format('DROP TABLE %I', current_setting('a.b'))", False),
        ("format('DROP TABLE %10s', 'u')", False),
        ("format('DROP TABLE %I')", False),
        ("'DROP TABLE ' || name", False),
        ("command", False),
        ("(SELECT 'DROP TABLE u')", False),
        ("replace('DROP TABLE t', 't', 'u')", False),
    ],
)
def test_what_is_executed_is_looked_at_where_it_is_a_constant(told, is_known):
    said = found(f"DO $body$\nBEGIN\n  EXECUTE {told};\nEND $body$;")
    assert said & {"FM202", "FM002"} == ({"FM202"} if is_known else {"FM002"})


def test_a_text_that_is_executed_and_is_no_sql_is_not_examined():
    said = lint("DO $body$ BEGIN EXECUTE 'DROP TABEL ' || 'u'; END $body$;")
    assert [one.rule.code for one in said.findings] == ["FM002"]


def test_levels_are_ordered():
    assert Severity.NOTE < Severity.WARNING < Severity.ERROR
