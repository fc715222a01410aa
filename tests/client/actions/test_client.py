"""The client itself: how it is made, when it connects, what it says of itself."""

import gc
import warnings
from collections.abc import Callable
from datetime import timedelta

import pytest

from forebay.client import errors
from forebay.client.environment import load_env, read_env
from forebay.client.registry import register
from forebay.errors import ConfigurationError


def test_the_first_operation_connects(db, do):
    assert not db.is_connected()
    assert do(db.user.count()) == 0
    assert db.is_connected()
    do(db.disconnect())
    assert not db.is_connected()
    assert do(db.user.count()) == 0


def test_connect_and_disconnect(db, do):
    do(db.connect())
    do(db.connect(timeout=timedelta(seconds=5)))
    assert db.is_connected()
    assert not db.is_transaction()
    do(db.disconnect())
    do(db.disconnect())


def test_a_block(world, do):
    client = world.client()
    with world.within(client) as entered:
        assert entered is client
        assert client.is_connected()
        assert do(client.user.count()) == 0
    assert not client.is_connected()


def test_arguments_of_the_old_client(world, do):
    client = world.client(log_queries=False, connect_timeout=timedelta(seconds=3), http={"a": 1})
    assert do(client.user.count()) == 0
    assert client._target.connect_timeout == 3


def test_every_record_is_validated_where_that_is_wanted(world, do):
    client = world.client(strict=True)
    assert do(client.user.create(data={"email": "a@b"})).role == "USER"
    assert do(client.user.find_many(include={"posts": True}))[0].posts == []


def test_the_url_comes_from_the_environment(world, do, monkeypatch):
    kind = world.package.client()
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
        do(kind(use_dotenv=False).user.count())
    monkeypatch.setenv("DATABASE_URL", world.place.url)
    monkeypatch.setenv("ANOTHER", world.place.url)
    for datasource in (None, {"env": "ANOTHER"}):
        client = kind(use_dotenv=False, datasource=datasource)
        assert do(client.user.count()) == 0
        do(client.disconnect())


@pytest.mark.parametrize("url", ["mysql://u:hush@h/d", "postgresql://u:hush@h/d?pool_timeout=x"])
def test_what_is_set_wrongly_is_an_error_of_the_client_too(world, url, monkeypatch):
    client = world.package.client()(datasource={"url": url}, use_dotenv=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    calls: list[Callable[[], object]] = [
        lambda: client._target,
        lambda: world.package.client()(use_dotenv=False)._target,
        lambda: client.tx(isolation_level="Snapshot"),
        lambda: client.tx(max_wait=2.5),
        lambda: world.package.client()(datasource=1),
    ]
    for call in calls:
        with pytest.raises(errors.ClientConfigurationError) as caught:
            call()
        assert isinstance(caught.value, errors.PrismaError)
        assert isinstance(caught.value, ConfigurationError)
        assert caught.value.hint
        assert "hush" not in str(caught.value)


@pytest.mark.parametrize("datasource", ["postgresql://u:hush@h/d", {"ur": "hush"}, [], 1])
def test_a_datasource_is_never_passed_over(world, datasource):
    with pytest.raises(ConfigurationError, match="url, name, env") as caught:
        world.package.client()(datasource=datasource)
    assert "hush" not in str(caught.value)


def test_a_file_of_settings(tmp_path, monkeypatch):
    (tmp_path / "prisma").mkdir()
    (tmp_path / ".env").write_text("FOREBAY_A=1\nFOREBAY_B=no\n")
    (tmp_path / "prisma" / ".env").write_text("FOREBAY_A=2\nFOREBAY_C='3'\n")
    for name in ("FOREBAY_A", "FOREBAY_C"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("FOREBAY_B", "yes")
    load_env(str(tmp_path))
    import os

    assert [os.environ.get(f"FOREBAY_{name}") for name in "ABC"] == ["1", "yes", "3"]


def test_lines_of_settings():
    text = """
    # a comment
    PLAIN=value
    export EXPORTED = spaced value   # why
    QUOTED="a # b \\"c\\" \\n"
    SINGLE='$keep \\n' # gone
    EMPTY=
    HASH=a#b
    URL="postgresql://u:p@h/d?x=1&y=2"
    no line at all
    OPEN="never closed
    """
    assert read_env(text) == {
        "PLAIN": "value",
        "EXPORTED": "spaced value",
        "QUOTED": 'a # b "c" \n',
        "SINGLE": "$keep \\n",
        "EMPTY": "",
        "HASH": "a#b",
        "URL": "postgresql://u:p@h/d?x=1&y=2",
        "OPEN": '"never closed',
    }


def test_a_registered_client_is_found_by_models(world, do):
    from forebay.client.process import unregister

    kind = world.package.client()
    client = kind(datasource={"url": world.place.url}, use_dotenv=False)
    assert not client.is_registered()
    register(client)
    try:
        assert client.is_registered()
        model = world.package.model("User")
        assert do(model.prisma().count()) == 0
        with pytest.raises(errors.ClientAlreadyRegisteredError, match="get_client"):
            register(world.client())
    finally:
        unregister(kind)
        do(client.disconnect())


def test_a_registered_client_keeps_its_extensions(world, do):
    from forebay.client.process import client_of, unregister

    kind = world.package.client()
    client = world.client().extend(client={"hello": lambda client: "hello"})
    register(client)
    try:
        assert client_of(kind) is client
        assert client.hello() == "hello"
    finally:
        unregister(kind)


def test_a_client_that_nobody_holds_closes_its_connections(world, do):
    client = world.package.client()(
        datasource={"url": world.place.url + ("&" if "?" in world.place.url else "?")
                    + "application_name=forgotten"},
        use_dotenv=False,
    )  # fmt: skip
    assert do(client.user.count()) == 0
    extended = client._copy()
    del client
    assert do(extended.user.count()) == 0
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del extended
        gc.collect()


def test_what_a_client_shows_of_itself(db):
    assert repr(db) == "<Client of client>"
    from forebay.client.operation import Operation

    shown = repr(Operation("User", "create", {"data": {"email": "secret"}}))
    assert shown == "<User.create(data)>"


def test_attributes_are_those_of_the_schema(db):
    names = ("user", "profile", "post", "tag", "stock", "sample")
    assert all(getattr(db, name)._model.lower() == name for name in names)


def test_operations_are_those_there_are(db):
    with pytest.raises(AttributeError, match=r"`User` has no operation `findMany`.*`find_many`"):
        _ = db.user.findMany
    with pytest.raises(AttributeError, match="known names"):
        _ = db.user.zzz
