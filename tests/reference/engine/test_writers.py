"""Writers that meet: each is answered, and what they wrote is there once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from bench.prove.engine_arena import make_engine
from forebay.postgres.embedded import EmbeddedServer
from tests.reference.engine.build import Json, ask
from tests.reference.engine.database import Database
from tests.support.engine import carry, connect, failure, send

WRITERS = 6
ROUNDS = 12


@pytest.fixture(scope="module")
def database(embedded: EmbeddedServer):
    made = Database(embedded.url, "blog", "meeting_writers")
    yield made
    made.close()


def _together(database: Database, bodies: list[Json]) -> list[Json]:
    """Put requests at the same moment, each on a connection of its own."""
    barrier = Barrier(len(bodies))
    engine = make_engine("blog")

    def write(body: Json) -> Json:
        with connect(database.url) as connection:
            barrier.wait(timeout=120)
            answer: Json = carry(connection, engine.work(body))
            return answer

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(write, bodies))


def _codes(answers: list[Json]) -> set[str]:
    return {
        error["user_facing_error"]["error_code"]
        for answer in answers
        for error in answer.get("errors", ())
    }


@pytest.mark.parametrize("related", [False, True])
def test_upserts_that_meet_are_all_answered(database: Database, related: bool) -> None:
    chosen: Json = {"include": {"posts": {}}} if related else {}
    for number in range(ROUNDS):
        email = f"{related}{number}@x.io"
        body = ask(
            "upsertOne User",
            where={"email": email},
            create={"email": email, "score": 1},
            update={"score": {"increment": 1}},
            **chosen,
        )
        answers = _together(database, [body] * WRITERS)
        assert _codes(answers) == set()
        scores = [row["score"] for row in database.rows()["User"] if row["email"] == email]
        assert scores == [WRITERS]


def test_connects_or_creates_that_meet_leave_one_record(database: Database) -> None:
    for number in range(ROUNDS):
        name = f"tag {number}"
        tag = {"where": {"name": name}, "create": {"name": name}}
        post = {"title": name, "authorId": 1, "tags": {"connectOrCreate": tag}}
        data = {key: value for key, value in post.items() if key != "authorId"}
        data["author"] = {"connect": {"id": 1}}
        answers = _together(database, [ask("createOne Post", data=data)] * WRITERS)
        # Who comes too late for the record that it did not find is told so, as by Prisma.
        assert _codes(answers) <= {"P2002"}
        rows = database.rows()
        assert sum(row["name"] == name for row in rows["Tag"]) == 1
        good = sum("data" in answer for answer in answers)
        assert good == sum(row["title"] == name for row in rows["Post"]) >= 1


def test_a_deadlock_is_a_write_conflict(database: Database) -> None:
    engine = make_engine("blog")

    def body(first: int, second: int) -> Json:
        updates = [
            ask("updateOne User", where={"id": one}, data={"score": {"increment": 1}})
            for one in (first, second)
        ]
        return {"batch": updates, "transaction": {}}

    barrier = Barrier(2)

    def write(order: tuple[int, int]) -> Json:
        with connect(database.url) as connection:
            connection.execute("set deadlock_timeout = '50ms'")
            work = engine.work(body(*order))
            bound, updates = next(work), 0
            try:
                while True:
                    try:
                        results = send(connection, bound)
                    except psycopg.Error as error:
                        bound = work.throw(failure(error))
                        continue
                    if bound[0].sql.startswith("UPDATE"):
                        updates += 1
                        if updates == 1:
                            # Both have what the other wants next.
                            barrier.wait(timeout=120)
                    bound = work.send(results)
            except StopIteration as stop:
                answer: Json = stop.value
                return answer

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(write, [(1, 2), (2, 1)]))
    assert sorted("errors" in answer for answer in answers) == [False, True]
    assert _codes(answers) == {"P2034"}
