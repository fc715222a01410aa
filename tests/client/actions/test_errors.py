"""What goes wrong: the class, the code, the path, and the next step in every text."""

import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from forebay.client import errors
from forebay.client.errors import DataError, PrismaError, translate
from forebay.client.hints import _HINTS
from forebay.engine.failures import RequestError
from forebay.errors import ConnectionFailed, ForebayError


@pytest.fixture
def ann(db: Any, do: Any) -> Any:
    do(db.user.create(data={"email": "a@b", "posts": {"create": [{"title": "t"}]}}))
    return db


def test_a_value_that_is_taken(ann, do):
    with pytest.raises(errors.UniqueViolationError) as caught:
        do(ann.user.create(data={"email": "a@b"}))
    error = caught.value
    assert error.code == "P2002"
    assert error.meta["target"] == ["email"]
    assert (error.sqlstate, error.constraint) == ("23505", "User_email_key")
    assert error.data["user_facing_error"]["error_code"] == "P2002"
    assert str(error).startswith("Unique constraint failed on the fields: (`email`)")
    assert "upsert()" in str(error)
    assert not error.is_retryable


def test_errors_can_be_pickled_and_copied(ann, do, world):
    asked: list[Callable[[], Any]] = [
        lambda: ann.user.create(data={"email": "a@b"}),
        lambda: ann.query_raw("SELEC"),
        lambda: ann.user.find_many(where={"emial": "a"}),
        lambda: world.package.client()(datasource=1),
    ]
    for ask in asked:
        with pytest.raises(ForebayError) as caught:
            do(ask())
        error = caught.value
        thawed = pickle.loads(pickle.dumps(error))  # noqa: S301  # its own
        for again in (thawed, copy.deepcopy(error)):
            assert type(again) is type(error)
            assert (str(again), again.code, again.hint) == (str(error), error.code, error.hint)
            assert getattr(again, "meta", None) == getattr(error, "meta", None)


def test_what_holds_itself_is_refused(db, do):
    where: dict[str, Any] = {}
    where["AND"] = [where]
    included: dict[str, Any] = {}
    included["posts"] = {"include": {"author": {"include": included}}}
    listed: list[Any] = []
    listed.append(listed)
    with pytest.raises(errors.FieldNotFoundError, match=r"User.find_many: .* holds itself"):
        do(db.user.find_many(where=where))
    with pytest.raises(errors.FieldNotFoundError, match="holds itself"):
        do(db.user.find_many(include=included))
    with pytest.raises(errors.RawQueryError, match=r"the parameter \$1 cannot be written"):
        do(db.query_raw("SELECT $1::int[]", listed))


def test_a_record_that_is_referred_to(ann, do):
    with pytest.raises(errors.ForeignKeyViolationError) as caught:
        do(ann.user.delete(where={"id": 1}))
    assert (caught.value.code, caught.value.constraint) == ("P2003", "Post_author_id_fkey")
    with pytest.raises(errors.ForeignKeyViolationError):
        do(ann.post.create(data={"title": "t", "author_id": 99}))


def test_a_record_that_is_not_there(ann, do):
    with pytest.raises(errors.RecordNotFoundError) as caught:
        do(ann.post.create(data={"title": "t", "author": {"connect": {"id": 99}}}))
    assert caught.value.code == "P2025"


@pytest.mark.parametrize(
    ("ask", "path", "hint"),
    [
        (lambda db: db.user.find_many(where={"emial": 1}), "`where.emial`", "did you mean `email`"),
        (
            lambda db: db.user.find_many(where={"email": {"starts_with": "a"}}),
            "`where.email.starts_with`",
            "did you mean `startswith`",
        ),
        (
            lambda db: db.user.find_many(where={"OR": [{"posts": {"sone": {}}}]}),
            "`where.OR.posts.sone`",
            "did you mean `some`",
        ),
        (
            lambda db: db.user.find_many(where={"posts": {"some": {"author": {"isnt": {}}}}}),
            "`where.posts.some.author.isnt`",
            "did you mean `is_not`",
        ),
        (lambda db: db.user.find_many(order={"nam": "asc"}), "`order.nam`", "did you mean `name`"),
        (lambda db: db.user.find_many(distinct=["nam"]), "`distinct.nam`", "did you mean `name`"),
        (lambda db: db.user.find_many(select={"nam": 1}), "`select.nam`", "did you mean `name`"),
        (lambda db: db.user.find_many(omit={"nam": 1}), "`omit.nam`", "did you mean `name`"),
        (
            lambda db: db.user.find_many(include={"posts": {"orderby": {}}}),
            "`include.posts.orderby`",
            "did you mean `order",
        ),
        (
            lambda db: db.user.find_many(include={"posts": {"where": {"titel": "x"}}}),
            "`include.posts.where.titel`",
            "did you mean `title`",
        ),
        (
            lambda db: db.user.create(data={"email": "x", "posts": {"conect": {"id": 1}}}),
            "`data.posts.conect`",
            "did you mean `connect`",
        ),
        (
            lambda db: db.user.create(
                data={"email": "x", "posts": {"create": [{"titel": "x", "tags": {}}]}}
            ),
            "`data.posts.create.titel`",
            "did you mean `title`",
        ),
        (
            lambda db: db.user.update(where={"id": 1}, data={"points": {"increase": 1}}),
            "`data.points.increase`",
            "did you mean `increment`",
        ),
        (
            lambda db: db.user.create_many(data=[{"email": "x"}, {"emial": "x"}]),
            "`data.1.emial`",
            "did you mean `email`",
        ),
        (
            lambda db: db.user.find_many(include={"_count": {"select": {"post": True}}}),
            "`include._count.select.post`",
            "did you mean `posts`",
        ),
    ],
)
def test_names_that_are_not_there(db, do, ask, path, hint):
    with pytest.raises(errors.FieldNotFoundError) as caught:
        do(ask(db))
    assert caught.value.code == "P2009"
    assert path in str(caught.value)
    assert hint in str(caught.value)
    assert str(caught.value).startswith("User.")


def test_what_is_included_is_a_relation(db, do):
    with pytest.raises(errors.UnknownRelationalFieldError, match="did you mean `posts`"):
        do(db.user.find_many(include={"post": True}))


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (
            lambda db: db.user.find_many(where={"id": "x"}),
            "`where.id` takes int, and was given str",
        ),
        (
            lambda db: db.user.find_many(where={"name": {"contains": 1}}),
            "`where.name.contains` takes str, and was given int",
        ),
        (
            lambda db: db.user.find_many(include={"posts": {"where": {"views": "x"}}}),
            "`include.posts.where.views` takes int, and was given str",
        ),
        (
            lambda db: db.user.find_many(where={"role": "GUEST"}),
            "the value of `where.role` is not a valid Role (use one of: ",
        ),
        (
            lambda db: db.user.find_many(where={"role": "ADMN"}),
            "is not a valid Role (Did you mean `ADMIN`?)",
        ),
        (lambda db: db.user.find_many(where=[]), "is a dict, and a list was given"),
        (lambda db: db.user.find_many(include=["posts"]), "`include` is a dict"),
        (lambda db: db.user.find_many(include={"posts": 1}), "by True or by a dict"),
        (lambda db: db.user.find_many(include={"_count": {"posts": True}}), '{"select"'),
        (
            lambda db: db.user.find_many(select={"id": True}, include={"posts": True}),
            "`select` alone",
        ),
        (
            lambda db: db.user.find_many(order={"posts": {"_count": "up"}}),
            "not a valid SortOrder",
        ),
        (lambda db: db.user.find_many(take="2"), "`take` takes int"),
        (lambda db: db.user.find_unique(where={"name": "x"}), "needs at least 1 of"),
        (lambda db: db.user.find_unique(where={}), "needs at least 1 of"),
        (lambda db: db.user.create_many(data="x"), "a list of dicts is expected"),
        (lambda db: db.user.find_many(select={"id": False}), "nothing is selected"),
    ],
)
def test_values_that_do_not_fit(db, do, ask, said):
    with pytest.raises(errors.FieldNotFoundError) as caught:
        do(ask(db))
    assert said in str(caught.value)


def test_values_that_are_missing(db, do):
    with pytest.raises(errors.MissingRequiredValueError) as caught:
        do(db.user.create(data={"name": "x"}))
    assert caught.value.code == "P2012"
    assert "`data.email`: a value is required but not set (add `email`)" in str(caught.value)
    with pytest.raises(errors.MissingRequiredValueError, match=r"`data.posts.create.title`"):
        do(db.user.create(data={"email": "x", "posts": {"create": [{"views": 1}]}}))


def test_the_same_is_told_again_once_its_plan_is_kept(db, do):
    do(db.user.find_many(where={"id": 1}))
    with pytest.raises(errors.FieldNotFoundError, match=r"`where.id` takes int"):
        do(db.user.find_many(where={"id": "x"}))


def test_a_table_that_is_not_there(db, do, world):
    world.place.ask('ALTER TABLE "Stock" RENAME TO "Away"')
    try:
        with pytest.raises(errors.TableNotFoundError) as caught:
            do(db.stock.find_many())
    finally:
        world.place.ask('ALTER TABLE "Away" RENAME TO "Stock"')
    assert caught.value.code == "P2021"
    assert "Stock" in (caught.value.table or "")


def test_an_argument_that_no_action_has(db, do):
    with pytest.raises(TypeError):
        do(db.user.find_unique(where={"id": 1}, take=1))


def test_a_model_that_is_not_there(db):
    with pytest.raises(AttributeError, match="did you mean `user`"):
        _ = db.users


def test_a_connection_that_cannot_be_had(world, do, closed_port):
    url = f"postgresql://nobody@127.0.0.1:{closed_port}/nothing"
    client = world.package.client()(datasource={"url": url}, use_dotenv=False)
    with pytest.raises(errors.ConnectError) as caught:
        do(client.user.count())
    assert caught.value.code == "P1001"
    assert "reach database server" in str(caught.value)
    assert isinstance(caught.value, ConnectionFailed)
    assert caught.value.is_retryable
    with pytest.raises(errors.ConnectError):
        do(client.connect())
    do(client.disconnect())


def test_the_tree():
    made: list[Any] = [
        one
        for _, one in inspect.getmembers(errors, inspect.isclass)
        if one.__module__ == errors.__name__
    ]
    assert all(issubclass(one, PrismaError) for one in made)
    shown = errors.__doc__ or ""
    assert all(one.__name__ in shown and one.code in shown for one in made)
    assert issubclass(PrismaError, ForebayError)


@pytest.mark.parametrize("code", [*_HINTS, "P2099", ""])
def test_every_text_ends_with_what_to_do(code):
    error = translate(RequestError(code, "Something happened."))
    assert error.hint
    assert str(error).endswith(f"({error.hint})")
    known = isinstance(error, DataError)
    assert error.code == (code or "FB1301") or not known
    if known and code in ("P2034", "P2099", "P2011"):
        assert type(error) is DataError


def test_transactions_have_their_own():
    found = translate(RequestError("P2028", "Transaction already closed: it timed out."))
    assert type(found) is errors.TransactionExpiredError
    found = translate(RequestError("P2028", "Something else."))
    assert type(found) is errors.TransactionError
    assert translate(RequestError("P2034", "Conflict.")).is_retryable


def test_a_missing_column_is_named_without_the_statements_alias(db, do):
    do(db.execute_raw('ALTER TABLE "User" RENAME COLUMN points TO scores'))
    try:
        with pytest.raises(
            errors.DataError, match=r"^User\.find_many: the column `points`"
        ) as caught:
            do(db.user.find_many())
    finally:
        do(db.execute_raw('ALTER TABLE "User" RENAME COLUMN scores TO points'))
    error = caught.value
    assert (error.code, error.meta, error.sqlstate) == ("P2022", {"column": "points"}, "42703")
    assert "migrate" in str(error)
    assert "forebay generate" in str(error)


def test_null_is_no_key(db, do):
    with pytest.raises(errors.DataError, match="add `id`; None is no value for it"):
        do(db.user.find_unique(where={"id": None}))
