"""What may be lost is said in Prisma's words: with counts where there is a database to count in."""

from typing import Any

import pytest

from forebay.migrate.commands.push import push
from tests.migrate.conftest import Place
from tests.reference.migrate.schema_engine import SchemaEngine, datamodel

BEFORE = """
enum Colour {
  RED
  BLUE
}

model Kept {
  id     Int     @id
  gone   String?
  wide   String?
  maybe  String?
  number Int?
  colour Colour?
  one    String?
  key    Int?
}

model Gone {
  id Int @id
}
"""
AFTER = """
enum Colour {
  RED
}

model Kept {
  id     Int      @id
  wide   String?  @db.VarChar(3)
  maybe  String
  number Boolean?
  colour Colour?
  one    String[]
  key    Int?     @unique
  added  Int
  made   String   @default(cuid())
}
"""
ROWS = (
    'insert into "Kept" (id, gone, wide, number, one)'
    " values (1, 'x', 'y', 2, 'z'), (2, null, 'y', 3, null)"
)


def _theirs(place: Place) -> Any:
    text = (place.folder / "schema.prisma").read_text()
    files = (("schema.prisma", text),)
    params = {
        "force": False,
        "schema": {"files": datamodel(files)["files"]},
        "filters": {"externalTables": [], "externalEnums": []},
    }
    with SchemaEngine(place.url.text()) as engine:
        return engine.ask("schemaPush", params, files)["result"]


@pytest.mark.parametrize("rows", [[], [ROWS], [ROWS, 'insert into "Gone" values (1), (2)']])
def test_counts_and_words_are_prismas(place, rows):
    push(place.schema(BEFORE))
    for statement in rows:
        place.ask(statement)
    project = place.schema(AFTER)
    done = push(project)
    if done.is_done:
        # Prisma's turn, on the same beginning.
        push(place.schema(BEFORE), is_reset=True)
        place.schema(AFTER)
    theirs = _theirs(place)
    assert list(done.dangers.warnings) == theirs["warnings"]
    assert list(done.dangers.unexecutable) == theirs["unexecutable"]


def test_nothing_is_lost_unasked(place):
    push(place.schema("model A {\n  id Int @id\n  b Int?\n}\n"))
    place.ask('insert into "A" values (1, 2)')
    project = place.schema("model A {\n  id Int @id\n}\n")
    refused = push(project)
    assert not refused.is_done
    assert refused.dangers.warnings == (
        "You are about to drop the column `b` on the `A` table, which still contains 1 non-null"
        " values.",
    )
    assert place.ask('select b from "A"') == [(2,)]
    assert push(project, accepts_loss=True).is_done
    assert push(project).steps == 0


def test_what_cannot_be_done_needs_an_empty_database(place):
    push(place.schema("model A {\n  id Int @id\n}\n"))
    place.ask('insert into "A" values (1)')
    project = place.schema("model A {\n  id Int @id\n  b Int\n}\n")
    assert not push(project, accepts_loss=True).is_done
    assert push(project, is_reset=True).is_done
    assert place.ask('select count(b) from "A"') == [(0,)]
