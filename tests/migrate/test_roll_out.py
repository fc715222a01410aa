"""`migrate roll-out`: which queries of a client fail on a database of another schema."""

import json
import subprocess
from pathlib import Path

import pytest

from forebay.errors import ConfigurationError
from forebay.migrate.database import Column, Database, Type
from forebay.migrate.diff.differ import difference
from forebay.migrate.from_schema import from_schema
from forebay.migrate.roll_out import Break, breaks, compare, plan, read_client, read_revision
from forebay.migrate.roll_out.breaks import EVERY
from forebay.migrate.script import script
from forebay.schema.compact import to_compact
from forebay.schema.load import load
from forebay.schema.model import Schema
from tests.migrate.conftest import DATASOURCE, Place
from tests.running import run_forebay

USER = "model User {\n  id Int @id @default(autoincrement())\n  name String\n}\n"
BLOG = """
model User {
  id    Int    @id
  posts Post[]
}

model Post {
  id     Int  @id
  author User @relation(fields: [user], references: [id], onDelete: Cascade)
  user   Int
  tags   Tag[]
}

model Tag {
  id    Int    @id
  posts Post[]
}
"""


def _schema(text: str) -> Schema:
    return load([("schema.prisma", DATASOURCE + text)])


def _met(before: str, after: str) -> list[Break]:
    """Return what the client of one schema meets on the database of another."""
    old, new = _schema(before), _schema(after)
    return compare(old, from_schema(old), from_schema(new))


def _met_by_fields(before: str, after: str) -> list[Break]:
    """Do the same with the fields of one model."""
    model = "model A {{\n  id Int @id\n{}\n}}\n"
    return _met(model.format(before), model.format(after))


def _told(found: list[Break]) -> list[tuple[str, str, str]]:
    return [(one.code, one.level, one.name) for one in found]


def test_nothing_fails_where_nothing_changes():
    assert _met(BLOG, BLOG) == []


def test_a_column_that_is_gone_fails_every_query_that_returns_records():
    (found,) = _met(USER, USER.replace("  name String\n", ""))
    assert _told([found]) == [("column-missing", "fails", "User.name")]
    assert set(found.operations) >= {"findMany", "findUnique", "create", "update", "delete"}
    assert set(found.when_used) == {"count", "aggregate", "groupBy", "updateMany", "deleteMany"}
    assert found.error == "P2022"


def test_a_field_that_the_client_ignores_may_go():
    ignored = USER.replace("String", "String? @ignore")
    assert _met(ignored, USER.replace("  name String\n", "")) == []


def test_a_column_that_the_client_does_not_know_fails_its_creates():
    (found,) = _met(USER, USER.replace("name String", "name String\n  age Int"))
    assert _told([found]) == [("column-unknown", "fails", "User")]
    assert found.operations == ("create", "createMany", "createManyAndReturn", "upsert")


@pytest.mark.parametrize("added", ["age Int?", "age Int @default(1)", "ages Int[]"])
def test_a_column_that_may_be_left_out_fails_nothing(added):
    assert _met(USER, USER.replace("name String", f"name String\n  {added}")) == []


def test_a_table_that_is_gone_fails_everything_that_leads_to_it():
    found = _met(BLOG, BLOG.replace("  tags   Tag[]\n", "").split("model Tag")[0])
    assert [(one.code, one.name) for one in found] == [
        ("relation-table-missing", "Post.tags"),
        ("table-missing", "Tag"),
        ("relation-table-missing", "Tag.posts"),
    ]
    assert found[1].through == ("Post.tags",)
    assert found[1].operations == EVERY


@pytest.mark.parametrize(
    ("before", "after", "code", "level"),
    [
        ("  x String?", "  x String", "column-required", "fails"),
        ("  x String?", "  x String @default(\"a\")", "column-required", "may fail"),
        ("  x String", "  x String?", "column-nullable", "may fail"),
        ("  x String[]", "  x String", "column-list", "fails"),
        ("  x Int", "  x String", "column-type", "fails"),
        ("  x Int", "  x BigInt", "column-type", "may fail"),
        ("  x String", "  x String @db.VarChar(9)", "column-type", "may fail"),
        ("  x String @db.VarChar(9)", "  x String @db.VarChar(8)", "column-narrower", "may fail"),
        ("  x Int @default(autoincrement())", "  x Int", "default-missing", "fails"),
        ('  x Int @default(dbgenerated("f()"))', "  x Int", "default-missing", "fails"),
        ("  x Int @unique", "  x Int", "unique-missing", "fails"),
        ("  x Int", "  x Int @unique", "unique-unknown", "may fail"),
    ],
)  # fmt: skip
def test_a_change_of_a_column_has_its_code(before, after, code, level):
    found = _met_by_fields(before, after)
    assert (code, level) in [(one.code, one.level) for one in found]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  x Int @default(1)", "  x Int"),
        ("  x String @default(uuid())", "  x String"),
        ("  x DateTime @default(now())", "  x DateTime"),
        ("  x DateTime @updatedAt", "  x DateTime"),
        ("  x String @db.VarChar(9)", "  x String"),
        ("  x String @db.VarChar(9)", "  x String @db.VarChar(10)"),
        ("  x Float", "  x Float @db.Real"),
        ("  x Int @db.SmallInt", "  x Int"),
        ("  x Int", "  x Int\n  @@index([x])"),
        ("  x Int\n  @@index([x])", "  x Int"),
    ],
)
def test_what_the_client_does_by_itself_fails_nothing(before, after):
    assert _met_by_fields(before, after) == []


def test_the_values_of_an_enum_are_compared():
    text = "enum E {{\n{}\n}}\nmodel A {{\n  id Int @id\n  e E {}\n}}\n"
    old = text.format("  X\n  Y", "@default(Y)")
    assert _told(_met(old, text.format("  X\n  Y\n  Z", "@default(Y)"))) == [
        ("enum-value-unknown", "may fail", "A.e")
    ]
    gone = _met(old, text.format("  X", ""))
    assert [(one.level, one.condition) for one in gone] == [
        ("fails", None),
        ("may fail", "where a query names one of them"),
    ]
    assert set(gone[0].operations) == {"create", "createMany", "createManyAndReturn", "upsert"}


def test_what_deletes_do_to_others_is_compared():
    (found,) = _met(BLOG, BLOG.replace(", onDelete: Cascade", ""))
    assert _told([found]) == [("on-delete", "may fail", "User")]
    assert found.when_used == ("delete", "deleteMany")
    (found,) = _met(BLOG.replace(", onDelete: Cascade", ""), BLOG)
    assert found.level == "behaves otherwise"


def test_keys_whose_types_part_company_fail_what_joins_them():
    found = _met(
        BLOG,
        BLOG.replace("user   Int", "user   String")
        .replace("author User @relation(fields: [user], references: [id], onDelete: Cascade)", "")
        .replace("  posts Post[]\n}\n\nmodel Post", "}\n\nmodel Post"),
    )
    codes = {(one.code, one.name) for one in found}
    assert ("relation-type", "Post.author") in codes
    assert ("relation-type", "User.posts") in codes


def test_what_failed_before_is_not_the_migrations_fault():
    old = _schema(USER)
    bare = from_schema(_schema(USER.replace("  name String\n", "")))
    assert breaks(old, bare) != []
    assert compare(old, bare, bare) == []


def test_a_column_that_numbers_itself_needs_no_value_of_the_clients(place):
    client = place.schema(USER).schema
    place.ask(
        'create table "User" (id int primary key generated by default as identity,'
        " name text not null, number int not null generated always as identity)"
    )
    found = breaks(client, place.project().scope.look(place.connection))
    assert [one for one in found if one.code == "column-unknown"] == []


def test_a_generated_column_needs_no_value_of_the_clients(place):
    client = place.schema(USER).schema
    place.ask(
        'create table "User" (id serial primary key, name text not null,'
        " size int not null generated always as (length(name)) stored)"
    )
    assert breaks(client, place.project().scope.look(place.connection)) == []


def test_a_view_in_a_tables_place_is_looked_at(place):
    client = place.schema(USER).schema
    place.ask('create table moved (id int, name text); create view "User" as table moved')
    assert breaks(client, place.project().scope.look(place.connection)) == []
    place.ask('drop view "User"; create view "User" as select id from moved')
    (found,) = breaks(client, place.project().scope.look(place.connection))
    assert _told([found]) == [("column-missing", "fails", "User.name")]


def test_an_upsert_cannot_name_a_constraint_that_is_checked_later(place):
    client = place.schema(USER.replace("name String", "name String @unique")).schema
    place.ask(
        'create table "User" (id serial primary key, name text not null, unique (name) deferrable)'
    )
    (found,) = breaks(client, place.project().scope.look(place.connection))
    assert _told([found]) == [("unique-missing", "fails", "User.name")]


# The order


def _plan(before: str, after: str):
    old, new = _schema(before), _schema(after)
    return plan(old, new, from_schema(old), from_schema(new))


def test_a_column_that_may_be_left_out_is_migrated_first():
    assert _plan(USER, USER.replace("name String", "name String\n  age Int?")).order == (
        "migrate first"
    )


def test_a_column_that_may_be_left_out_goes_last():
    old = USER.replace("name String", "name String\n  age Int?")
    assert _plan(old, USER).order == "deploy first"


def test_an_index_may_come_at_any_time():
    assert _plan(USER, USER.replace("name String", "name String\n  @@index([name])")).order == "any"


def test_another_name_takes_two_steps_or_none():
    found = _plan(USER, USER.replace("name String", "label String"))
    assert found.order == "two steps"
    assert found.expand is not None
    assert found.contract is not None
    assert [one.name for one in found.expand] == ["expand_01_add"]
    assert [one.name for one in found.contract] == [
        "contract_01_check", "contract_02_validate", "contract_03_settle", "contract_04_drop",
    ]  # fmt: skip
    assert found.expand[0].script == (
        "-- Takes a moment\n"
        'ALTER TABLE "User" ADD COLUMN "label" TEXT;\n'
        'ALTER TABLE "User" ALTER COLUMN "name" DROP NOT NULL;\n'
    )
    assert '-- First: UPDATE "User" SET "label" = … WHERE' in found.contract[0].script
    assert '@map("name")' in found.hints[0]


def test_a_name_that_two_indexes_would_have_is_told():
    named = USER.replace("@id", '@id(map: "key")')
    found = _plan(named, named.replace("  name String\n", '  name String\n  @@map("people")\n'))
    assert (found.order, found.expand) == ("by hand", None)
    assert any("`key` would be the name of two indexes" in one for one in found.hints)


def test_another_type_is_left_to_the_reader():
    found = _plan(USER, USER.replace("name String", "name Int"))
    assert (found.order, found.expand) == ("by hand", None)
    assert "a column of its own" in found.hints[0]


# The command


def _run(place: Place, *arguments: str):
    return run_forebay(
        ["migrate", "roll-out", *arguments], place.folder, {"DATABASE_URL": place.url.text()}
    )


def test_the_pending_migrations_are_looked_at(place):
    project = place.schema(USER)
    (place.folder / "running.prisma").write_text(DATASOURCE + USER)
    place.migration("1_first", script(difference(Database(), from_schema(project.schema))))
    assert (
        run_forebay(
            ["migrate", "deploy"], place.folder, {"DATABASE_URL": place.url.text()}
        ).returncode
        == 0
    )
    place.schema(USER.replace("  name String\n", ""))
    place.migration("2_drop", 'ALTER TABLE "User" DROP COLUMN "name";')
    done = _run(place, "--client", "running.prisma")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("Changes: 2_drop\n")
    assert "fails: User.name: the column `User.name` is not there" in done.stdout
    assert "takes two steps" in done.stdout
    first = _run(place, "--client", "running.prisma", "--deploy-first", "--json")
    told = json.loads(first.stdout)
    assert (first.returncode, told["is_safe"], told["order"]) == (1, False, "two steps")
    assert told["new_client_before_migration"][0]["code"] == "column-unknown"
    assert told["expand"][0]["name"] == "expand_01_add"
    assert told["contract"][-1]["script"].endswith('DROP COLUMN "name";\n')


def test_a_script_is_looked_at_without_a_folder(place):
    place.schema(USER)
    (place.folder / "next.sql").write_text('alter table "User" alter column name drop not null')
    done = _run(place, "--client", "schema.prisma", "--script", "next.sql")
    assert done.returncode == 0
    assert "may fail: User.name: the column `User.name` may be NULL" in done.stdout


def test_a_generated_package_says_what_its_client_knows(tmp_path):
    (tmp_path / "schema.json").write_text(json.dumps(to_compact(_schema(BLOG))))
    found = breaks(read_client(tmp_path), from_schema(_schema(BLOG)))
    assert found == []
    (tmp_path / "schema.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="no schema of a generated client"):
        read_client(tmp_path)


def test_a_revision_of_git_says_what_its_client_knew(tmp_path: Path):
    path = tmp_path / "prisma" / "schema.prisma"
    path.parent.mkdir()
    path.write_text(DATASOURCE + USER)
    name = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for arguments in (["init", "-q"], ["add", "."], [*name, "commit", "-qm", "first"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)  # noqa: S607
    path.write_text(DATASOURCE)
    assert [one.name for one in read_revision("HEAD", path).models] == ["User"]
    assert [one.name for one in read_revision("HEAD", path.parent).models] == ["User"]
    with pytest.raises(ConfigurationError, match="git does not find"):
        read_revision("nowhere", path)
    with pytest.raises(ConfigurationError, match="does not begin with -"):
        read_revision("--output=x", path)


def test_an_unknown_type_is_not_taken_for_a_known_one():
    old = _schema("model A {\n  id Int @id\n  x Int\n}\n")
    made = from_schema(old)
    (table,) = made.tables
    other = Column("x", Type("hstore", "unsupported"))
    changed = Database(
        tables=(type(table)("A", (table.columns[0], other), None, table.primary_key),)
    )
    assert _told(compare(old, made, changed)) == [("column-type", "fails", "A.x")]
