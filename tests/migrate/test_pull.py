"""`forebay db pull`: where it reads and writes, what it says, and what it refuses."""

import os
import subprocess
from dataclasses import replace

import pytest

from tests.migrate.conftest import DATASOURCE, Place
from tests.running import run_forebay

TABLES = "create table a (id int primary key); create table b (id int primary key, a int)"
MODELS = "model a {\n  id Int @id\n}\n\nmodel b {\n  id Int  @id\n  a  Int?\n}\n"
GENERATOR = 'generator client {\n  provider = "prisma-client-js"\n}\n\n'


def _pull(place: Place, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {"DATABASE_URL": place.url.text(), **environment}
    return run_forebay(("db", "pull", *arguments), place.folder, variables)


def _text(place: Place, name: str = "schema.prisma") -> str:
    return (place.folder / name).read_text()


def test_a_schema_is_written_and_what_changed_is_told(place):
    place.schema("model gone {\n  id Int @id\n}\n\nmodel a {\n  id String @id\n}\n")
    place.ask(TABLES)
    done = _pull(place)
    assert (done.returncode, done.stdout) == (
        0,
        "Introspected 2 models and wrote them into schema.prisma\n",
    )
    assert done.stderr == "[-] Removed model `gone`\n[*] Changed model `a`\n[+] Added model `b`\n"
    assert _text(place) == f"{DATASOURCE}\n{MODELS}"
    again = _pull(place)
    assert (again.returncode, again.stderr) == (0, "")
    assert _text(place) == f"{DATASOURCE}\n{MODELS}"


def test_a_schema_is_only_printed(place):
    before = _text(place)
    place.ask(TABLES)
    done = _pull(place, "--print")
    assert (done.returncode, done.stdout) == (0, f"{DATASOURCE}\n{MODELS}")
    assert _text(place) == before


def test_force_forgets_what_the_schema_held(place):
    models = 'model Alpha {\n  id Int @id\n\n  @@map("a")\n}\n\nmodel wrong {\n  id Inta\n}\n'
    (place.folder / "schema.prisma").write_text(DATASOURCE + models)
    place.ask(TABLES)
    refused = _pull(place)
    assert refused.returncode == 1
    assert 'Type "Inta" is neither a built-in type' in refused.stderr
    assert _pull(place, "--force").returncode == 0
    assert _text(place) == f"{DATASOURCE}\n{MODELS}"


def test_a_url_is_enough_where_there_is_no_schema(place):
    place.ask(TABLES)
    (place.folder / "schema.prisma").unlink()
    done = _pull(place, "--url", place.url.text(), DATABASE_URL="")
    assert (done.returncode, done.stdout) == (
        0,
        "Introspected 2 models and wrote them into schema.prisma\n",
    )
    assert _text(place) == f"{DATASOURCE}\n{MODELS}"


def test_new_blocks_of_a_folder_go_to_a_file_of_their_own(place):
    (place.folder / "schema.prisma").unlink()
    folder = place.folder / "prisma" / "schema"
    folder.mkdir(parents=True)
    (folder / "base.prisma").write_text(DATASOURCE)
    (folder / "own.prisma").write_text('model Alpha {\n  id Int @id\n\n  @@map("a")\n}\n')
    place.ask(TABLES)
    assert _pull(place).returncode == 0
    assert _text(place, "prisma/schema/own.prisma").startswith("model Alpha {")
    new = _text(place, "prisma/schema/introspected.prisma")
    assert new == "model b {\n  id Int  @id\n  a  Int?\n}\n"
    assert sorted(one.name for one in folder.iterdir()) == [
        "base.prisma",
        "introspected.prisma",
        "own.prisma",
    ]


def test_schemas_may_be_named(place):
    place.ask("create schema s; create table s.a (id int primary key)")
    assert _pull(place, "--schemas", "public, s").returncode == 0
    text = _text(place)
    assert 'schemas  = ["public", "s"]' in text
    assert '@@schema("s")' in text


def test_the_definitions_of_views_are_files(place):
    features = GENERATOR.replace('-js"', '-js"\n  previewFeatures = ["views"]')
    (place.folder / "schema.prisma").write_text(features + DATASOURCE)
    place.ask("create table a (id int primary key); create view seen as select id from a")
    done = _pull(place)
    assert done.stdout == "Introspected 1 model and 1 view and wrote them into schema.prisma\n"
    # Before version 16 PostgreSQL names the table in front of every column.
    column = "id" if place.connection.info.server_version >= 160000 else "a.id"
    assert _text(place, "views/public/seen.sql") == f"SELECT {column}\n   FROM a;\n"


def test_prisma_6_has_no_partial_indexes(place):
    url = '  url      = env("DATABASE_URL")\n'
    text = GENERATOR + DATASOURCE.replace('sql"\n', f'sql"\n{url}')
    (place.folder / "schema.prisma").write_text(text)
    place.ask("create table a (id int primary key); create index on a (id) where id > 3")
    assert _pull(place).returncode == 0
    assert _text(place) == f"{text}\nmodel a {{\n  id Int @id\n}}\n"


def test_what_an_extension_has_is_nobodys_model(place):
    has_vector = place.ask("select 1 from pg_available_extensions where name = 'vector'")
    extension, kind = ("vector", "vector(3)") if has_vector else ("hstore", "hstore")
    place.ask(f"create extension {extension}; create table a (id int primary key, v {kind})")
    assert _pull(place).returncode == 0
    assert f'v  Unsupported("{kind}")?' in _text(place)


def test_what_cannot_be_said_is_warned_of(place):
    place.ask("create table a (id int primary key check (id > 0))")
    done = _pull(place)
    assert done.stderr.splitlines() == [
        "[+] Added model `a`",
        "",
        "*** WARNING ***",
        "",
        "These constraints are not supported by Prisma Client, because Prisma currently does not"
        " fully support check constraints. Read more: https://pris.ly/d/check-constraints",
        '  - Model: "a", constraint: "a_id_check"',
        "",
    ]


def test_a_column_that_is_computed_is_warned_of_with_what_a_migration_is_to_say(either_place):
    place = either_place
    place.ask(
        "create table a (id int primary key, n int, t int generated always as (length('X')) stored,"
        " b int generated always as (n * 2) stored)"
    )
    done = _pull(place)
    told = [line[4:] for line in done.stderr.splitlines() if "GENERATED" in line]
    assert told == [
        "a.t: GENERATED ALWAYS AS (length('X'::text)) STORED",
        "a.b: GENERATED ALWAYS AS ((n * 2)) STORED",
    ]
    # What it says to write is what PostgreSQL takes.
    place.ask("drop table a")
    columns = ", ".join(one.removeprefix("a.").replace(": ", " int ", 1) for one in told)
    place.ask(f"create table a (id int primary key, n int, {columns})")
    assert _pull(place).stderr.count("[*]") == 0


@pytest.mark.parametrize("is_first", [True, False])
def test_tables_whose_names_hold_no_letter_keep_what_they_are_called(place, is_first):
    empty, full = ("!", "?") if is_first else ("?", "!")
    place.ask(f'create table "{empty}" (); create table "{full}" (id int primary key)')
    texts = []
    for _ in range(3):
        assert _pull(place).returncode == 0
        texts.append(_text(place))
    assert texts[0] == texts[1] == texts[2]
    assert "// model public__" in texts[0]


def test_an_empty_database_is_refused(place):
    before = _text(place)
    done = _pull(place)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: P4001\n\nThe introspected database was empty.\n")
    assert _text(place) == before


def test_a_key_that_leads_out_of_the_schemas_is_refused(place):
    place.ask("create schema s; create table s.a (id int primary key)")
    place.ask("create table b (id int primary key, a int references s.a)")
    done = _pull(place)
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Error: P4002\n\nThe schema of the introspected database was inconsistent: Cross schema"
        " references are only allowed when the target schema is listed in the schemas property of"
        " your datasource. `public.b` points to `s.a` in constraint `b_a_fkey`. Please add `s` to"
        " your `schemas` property and run this command again.\n"
    )


def test_a_database_that_is_not_there_is_refused(place):
    url = replace(place.url, database="not_there").text()
    done = _pull(place, "--url", url)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: P1003\n\nDatabase `not_there` does not exist")


def test_a_file_that_cannot_be_written_stays_as_it_was(place, monkeypatch):
    from forebay.errors import ConfigurationError
    from forebay.migrate.commands.pull import pull, write

    place.ask(TABLES)
    before = _text(place)
    done = pull(None, place.folder, place.url)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ConfigurationError, match="cannot be written: No space left on device"):
        write(done)
    assert _text(place) == before
    assert [one.name for one in place.folder.iterdir()] == ["schema.prisma"]


def test_what_a_name_holds_stays_in_its_remark(place):
    place.ask("create type kind as enum ('one', '\"\n}', '')")
    place.ask("create table a (id int primary key, \"\n}\" int, kind kind default '')")
    done = _pull(place)
    assert '  - Model: "a", field(s): ["\\n}"]' in done.stderr.splitlines()
    text = _text(place)
    assert '  // \\n} Int? @map("\\n}")\n' in text
    assert '  // \\"\\n} @map("\\"\\n}")\n' in text
    assert '  EMPTY_ENUM_VALUE @map("")\n' in text
    again = _pull(place)
    assert again.returncode == 0
    assert _text(place) == text


def test_an_enum_value_may_be_the_empty_text(place):
    place.ask("create type kind as enum ('one', '')")
    place.ask("create table a (id int primary key, kind kind default '')")
    assert _pull(place).returncode == 0
    sides = ("--from-url", place.url.text(), "--to-schema", "schema.prisma", "--exit-code")
    done = run_forebay(("migrate", "diff", *sides), place.folder, {"DATABASE_URL": ""})
    assert (done.returncode, done.stdout) == (0, "No difference detected.\n")
