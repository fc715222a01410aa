"""docs/actions.md: its examples run, in their order, and its tables name what there is."""

import inspect
import re
import textwrap
from typing import Any

from pydantic import BaseModel, Field

from forebay.client import errors
from forebay.client.fields import Json
from forebay.client.operations import OPERATIONS
from forebay.client.raw import Query
from forebay.postgres.embedded import EmbeddedServer
from tests.client.world import World, place
from tests.docs.pages import DOCS

PAGE = (DOCS / "actions.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BUSIEST = """SELECT u.email, count(*)::int AS posts
FROM "User" u JOIN "Post" p ON p.author_id = u.id
GROUP BY u.email ORDER BY posts DESC LIMIT $1
"""


def test_the_examples_run(embedded: EmbeddedServer, tmp_path):
    (tmp_path / "busiest.sql").write_text(BUSIEST)
    known: dict[str, Any] = {
        "BaseModel": BaseModel, "Field": Field, "Json": Json, "Query": Query, "folder": tmp_path,
    }  # fmt: skip
    body = textwrap.indent("\n".join(EXAMPLES), "    ")
    program = f"async def examples(db):\n{body}\n    return locals()"
    exec(program, known)  # noqa: S102 - the page's own examples
    with place(embedded, "actions_page") as found:
        world = World(found, "asyncio")
        try:
            world.do(world.db.user.create(data={"email": "ann@example.org", "role": "ADMIN"}))
            world.do(
                world.db.post.create_many(
                    data=[
                        {"title": "Flow of water", "author_id": 1, "views": 12, "published": True},
                        {"title": "Other", "author_id": 1},
                    ]
                )
            )
            seen = world.run(known["examples"], world.db)
        finally:
            world.close()
    assert seen["busiest"][0].posts == 2
    assert seen["first"] == {"settings": {"dark": True}}
    assert seen["kim"].email == "kim@example.org"
    assert [row.email for row in seen["typed"]] != []
    assert seen["gone"].label == "pumps"


def test_every_operation_is_shown():
    examples = "\n".join(EXAMPLES)
    shown = set(re.findall(r"\.(\w+)\(", examples))
    # Those of whose twin it is said what is different.
    assert set(OPERATIONS) - shown == {"find_first_or_raise"}


def test_every_error_is_in_the_table():
    table = dict(re.findall(r"^\| `(\w+Error)` \| (\w+) \|", PAGE, re.MULTILINE))
    made: list[Any] = [
        one
        for _, one in inspect.getmembers(errors, inspect.isclass)
        if one.__module__ == errors.__name__ and one not in (errors.PrismaError, errors.DataError)
    ]
    assert table == {one.__name__: one.code for one in made}
