"""What looks like a change of name: found, told before it is applied, and done without a loss."""

import pytest

from forebay.migrate.commands.dev import develop
from forebay.migrate.database import Database
from forebay.migrate.diff.differ import difference
from forebay.migrate.diff.renames import rename_script, renames
from forebay.migrate.from_schema import from_schema
from forebay.migrate.script import script
from forebay.schema.load import load
from tests.migrate.conftest import DATASOURCE, Place
from tests.migrate.test_developer import _at_terminal, _run

USER = (
    "model User {\n  id Int @id @default(autoincrement())\n  name String @unique\n  age Int?\n}\n"
)


def _database(text: str) -> Database:
    return from_schema(load([("schema.prisma", DATASOURCE + text)]))


def _found(before: str, after: str) -> list[tuple[str, str]]:
    steps = difference(_database(before), _database(after))
    return [(one.before, one.after) for one in renames(steps)]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("name String", "label String", [("T.name", "T.label")]),
        ("name String", "name Int", []),
        ("name String", "label String[]", []),
        ("name String", "label Int", []),
        # Of several the one whose name is alike, and of none alike none.
        ("name String", "nickname String\n  zip String", [("T.name", "T.nickname")]),
        ("name String", "zip String\n  box String", []),
        ("a_one Int\n  b_two Int", "a_1one Int", [("T.a_one", "T.a_1one")]),
        (
            "first_name String\n  last_name String",
            "firstName String\n  lastName String",
            [("T.first_name", "T.firstName"), ("T.last_name", "T.lastName")],
        ),
    ],
)
def test_columns_of_one_type_look_like_one(before, after, found):
    table = "model T {{\n  id Int @id\n  {}\n}}\n"
    assert _found(table.format(before), table.format(after)) == found


def test_tables_of_the_same_columns_look_like_one():
    assert _found(USER, USER.replace("User", "Person")) == [("User", "Person")]
    assert _found(USER, USER.replace("User", "Person").replace("age", "years")) == []


POST = """
model User {
  id Int @id @default(autoincrement())
  name String @unique
  posts Post[]
}
model Post {
  id Int @id
  writer Int
  user User @relation(fields: [writer], references: [id])
  @@index([writer, id])
}
"""
OTHER_NAMES = [
    ("name String", "label String"),
    ("writer", "author"),
]


@pytest.mark.parametrize("number", [1, 2])
def test_the_script_gives_the_other_names_and_keeps_every_row(place: Place, number: int):
    after = POST
    for old, new in OTHER_NAMES[:number]:
        after = after.replace(old, new)
    wanted = place.schema(after).wanted()
    place.ask(script(difference(Database(), _database(POST))))
    place.ask("""insert into "User" (name) values ('a'); insert into "Post" values (1, 1)""")
    before = place.project().scope.look(place.connection)
    found = renames(difference(before, wanted))
    assert len(found) == number
    place.ask(rename_script(found, before, wanted))
    assert difference(place.project().scope.look(place.connection), wanted) == []
    assert place.ask('select count(*) from "User" join "Post" on true') == [(1,)]


def test_a_table_keeps_its_rows_and_its_keys_follow(place: Place):
    place.ask(script(difference(Database(), _database(POST))))
    place.ask("""insert into "User" (name) values ('a'); insert into "Post" values (1, 1)""")
    wanted = place.schema(POST.replace("User", "Person").replace("Post", "Letter")).wanted()
    before = place.project().scope.look(place.connection)
    place.ask(rename_script(renames(difference(before, wanted)), before, wanted))
    assert difference(place.project().scope.look(place.connection), wanted) == []
    assert place.ask('select count(*) from "Person" join "Letter" on writer = "Person".id') == [
        (1,)
    ]


SCHEMAS = DATASOURCE.replace("}", '  schemas = ["public", "sales"]\n}')
MOVED = """
model User {
  id Int @id @default(autoincrement())
  name String @unique
  posts Post[]
  @@schema("public")
}
model Post {
  id Int @id
  writer Int
  user User @relation(fields: [writer], references: [id])
  @@schema("public")
}
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_table_that_moves_to_another_schema_keeps_its_rows(place: Place, is_there: bool):
    if is_there:
        place.ask("create schema sales")
    (place.folder / "schema.prisma").write_text(SCHEMAS + MOVED)
    first = place.project()
    place.ask(script(difference(first.scope.look(place.connection), first.wanted())))
    place.ask("""insert into "User" (name) values ('a'); insert into "Post" values (1, 1)""")
    moved = MOVED.replace('@@schema("public")', '@@schema("sales")', 1)
    (place.folder / "schema.prisma").write_text(SCHEMAS + moved)
    wanted = place.project().wanted()
    before = place.project().scope.look(place.connection)
    found = renames(difference(before, wanted))
    assert [(one.before, one.after, one.map) for one in found] == [
        ("public.User", "sales.User", '@@schema("public")')
    ]
    place.ask(rename_script(found, before, wanted))
    assert difference(place.project().scope.look(place.connection), wanted) == []
    assert place.ask('select count(*) from sales."User" u join "Post" on writer = u.id') == [(1,)]


def test_a_rename_is_told_before_it_is_applied(place: Place):
    place.schema(USER)
    assert _run(place, "migrate", "dev", "-n", "first").stderr == ""
    place.schema(USER.replace("age Int?", "years Int?"))
    done = _run(place, "migrate", "dev", "-n", "second")
    assert done.returncode == 0
    assert "note: `User.age` goes and `User.years` comes, with the same type" in done.stderr
    assert '@map("age") at the field' in done.stderr
    assert "have `forebay migrate dev --create-only` write it" in done.stderr
    assert '      ALTER TABLE "User" RENAME COLUMN "age" TO "years";\n' in done.stderr


def test_a_draft_names_the_file_to_edit(place: Place):
    develop(place.schema(USER), "first", place.say)
    place.schema(USER.replace("name String", "label String"))
    done = _run(place, "migrate", "dev", "-n", "second", "--create-only")
    assert done.returncode == 0
    [path] = (place.folder / "migrations").glob("*_second/migration.sql")
    assert f"edit {path.relative_to(place.folder)}, which is to say" in done.stderr
    told = done.stderr.split("-- Rename\n")[1].split("\n\nmigrations/")[0]
    path.write_text("\n".join(line.strip() for line in told.split("\n")))
    place.ask("""insert into "User" (name) values ('a')""")
    assert _run(place, "migrate", "dev").returncode == 0
    assert place.ask('select label from "User"') == [("a",)]
    assert "Already in sync" in _run(place, "migrate", "dev").stdout


def test_a_rename_is_asked_about_at_a_terminal(place: Place):
    develop(place.schema(USER), "first", place.say)
    place.schema(USER.replace("age Int?", "years Int?"))
    arguments = ["migrate", "dev", "-n", "second"]
    question = "Are you sure you want to create and apply"
    code, seen = _at_terminal(place, arguments, [(question, "n")])
    assert (code, "looks like another name" in seen.split(question)[0]) == (130, True), seen
    assert len(list((place.folder / "migrations").glob("*_second"))) == 0
    code, seen = _at_terminal(place, arguments, [(question, "y")])
    assert code == 0, seen


# The linter's word


def test_what_the_linter_finds_is_told_in_short(place: Place):
    place.schema(USER)
    assert _run(place, "migrate", "dev", "-n", "first").stderr == ""
    place.schema(USER.replace("age Int?", "age Int?\n  @@index([age])"))
    done = _run(place, "migrate", "dev", "-n", "second")
    assert done.returncode == 0
    [path] = (place.folder / "migrations").glob("*_second/migration.sql")
    name = path.relative_to(place.folder)
    lines = done.stderr.splitlines()
    assert lines[0] == f"{name}:2:1: error[FM107]: User cannot be written until the index is built"
    assert lines[1] == "1 script: 1 error"
    assert "says so and applies it (with --lint-fatal error it would not)" in lines[2]
    assert lines[2].endswith(f"`forebay migrate lint {name}` says what to write instead")


def test_it_is_told_how_deploy_will_judge(place: Place):
    (place.folder / "pyproject.toml").write_text('[tool.forebay.lint]\nfatal = "warning"\n')
    develop(place.schema(USER), "first", place.say)
    place.schema(USER.replace("  age Int?\n", ""))
    done = _run(place, "migrate", "dev", "-n", "second", "--create-only")
    assert done.returncode == 0
    assert "FM201" in done.stderr
    assert "applies nothing where it finds level warning or above" in done.stderr
    (place.folder / "pyproject.toml").write_text("[tool.forebay.lint]\nnothing = 1\n")
    done = _run(place, "migrate", "dev", "-n", "third", "--create-only")
    assert done.returncode == 0
    assert "without the linter's word: [tool.forebay.lint] knows no nothing" in done.stderr
