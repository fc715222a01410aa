"""A script's statements, and which of them must stand alone."""

import pytest

from forebay.migrate.statements import is_one_transaction, parts, statements

PG18, PG11 = 180000, 110000


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("", 0),
        ("-- nothing;\n/* here; either */", 0),
        ("select 1", 1),
        ("select 1;select 2;", 2),
        ("select ';', 'it''s;', E'\\';', \"a;b\"; select 2", 2),
        ("/* one; /* two; */ three; */ select 1; select 2", 2),
        ("do $$ begin perform 1; end $$; select 2", 2),
        ("do $a$ begin perform '$$;'; end $a$; select 2", 2),
        ("select $1; select a$b$c; select 3", 3),
        (
            "create function f() returns int begin atomic select case when true then 1 end;"
            " select 2; end; select 3",
            2,
        ),
        ("begin; select 1; end; select 2", 4),
        ("select 'open;", 1),
    ],
)
def test_semicolons_end_statements_where_postgresql_says_so(script, count):
    assert len(statements(script)) == count


def test_a_script_without_a_barred_statement_is_sent_as_it_is():
    script = "-- first\ncreate index a on b (c);\n\nselect 1;\n-- last\n"
    assert parts(script, PG18) == [script]


def test_one_barred_statement_alone_is_sent_as_it_is():
    script = "-- CreateIndex\nCREATE INDEX CONCURRENTLY a ON b (c);\n"
    assert parts(script, PG18) == [script]


def test_what_surrounds_a_barred_statement_stays_together():
    script = (
        "create table a (b int); insert into a values (1);\n"
        "create unique index concurrently c on a (b);\nselect 1; select 2;"
    )
    assert parts(script, PG18) == [
        "create table a (b int); insert into a values (1);",
        "\ncreate unique index concurrently c on a (b);",
        "\nselect 1; select 2;",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX /* now */ CONCURRENTLY a ON b (c)",
        "drop index concurrently a",
        "REINDEX (VERBOSE) TABLE CONCURRENTLY a",
        "reindex database a",
        "VACUUM a",
        "CLUSTER",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "CREATE DATABASE a",
        "alter table a detach partition b concurrently",
    ],
)
def test_what_no_transaction_may_hold_stands_alone(statement):
    assert len(parts(f"select 1; {statement}; select 2", PG18)) == 3


def test_values_are_added_to_enums_in_transactions_since_postgresql_12():
    script = "alter type a add value 'b'; alter type a add value 'c';"
    assert len(parts(script, PG18)) == 1
    assert len(parts(script, PG11)) == 2


def test_a_word_in_quotes_is_no_word():
    assert len(parts("select 'vacuum'; select \"vacuum\"; select 1", PG18)) == 1


@pytest.mark.parametrize(
    ("script", "is_one"),
    [("select 1; select 2", True), ("begin; select 1; commit", False), ("select 'commit'", True)],
)
def test_a_script_that_ends_transactions_itself_is_not_one(script, is_one):
    assert is_one_transaction(script) is is_one
