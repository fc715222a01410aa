"""What is to be pasted: read by those it is for, and right for its strategy."""

import tomllib
from pathlib import Path

import pytest

from forebay.doctor.advise.advice import Advice, advise
from forebay.doctor.advise.paste.python import module_of
from forebay.doctor.advise.situation import Client, Place, Runtime, Server, Situation
from forebay.postgres.url import parse_url
from forebay.schema.load import judge
from forebay.serve.check import not_servable, problems_in
from forebay.serve.load import load, read_file

ODD = Place("/run/sockets", 6001, 'it\'s a "shop"', "require")


def advice(runtime: Runtime, place: Place | None = None, **given: object) -> Advice:
    clients = given.pop("clients", tuple(Client))
    server = Server(max_connections=500)
    one = Situation(runtime, 12, server=server, place=place or Place(), clients=clients, **given)  # type: ignore[arg-type]
    return advise(one)


def text(said: Advice, name: str, purpose: str = "") -> str:
    return next(file.text for file in said.files if file.name == name and purpose in file.purpose)


def urls(said: Advice, purpose: str) -> dict[str, str]:
    (env,) = (f for f in said.files if f.name.startswith(".env") and purpose in f.purpose)
    lines = env.text.splitlines()
    pairs = [line.partition("=") for line in lines if not line.startswith("#")]
    return {name: value.strip('"') for name, _, value in pairs}


@pytest.mark.parametrize("place", [Place(), ODD, Place("::1", 5433, "shop-2", "verify-full")])
@pytest.mark.parametrize("runtime", Runtime)
@pytest.mark.parametrize("name", ["forebay.toml", "pgbouncer.ini"])
def test_the_poolers_files_mean_what_was_computed(
    runtime: Runtime, place: Place, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = advice(runtime, place)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "userlist.txt").write_text(text(said, "userlist.txt"))
    (tmp_path / name).write_text(text(said, name))
    loaded = load({}, read_file(tmp_path / name), environment={})
    settings = loaded.settings
    assert not problems_in(settings, lambda _: None)
    assert not not_servable(settings, lambda _: None)
    (database,) = settings.databases.values()
    is_bare = runtime is Runtime.SUPABASE and place == Place()
    expected = "postgres" if is_bare else place.database
    assert (database.host, database.port, database.dbname) == (place.host, place.port, expected)
    assert settings.pool_mode == "transaction"
    assert settings.max_client_conn == said.pooled.max_client_conn
    assert settings.default_pool_size == said.pooled.pool_size
    most = settings.max_server_connections or settings.max_db_connections
    assert most == said.pooled.servers.result
    assert settings.server_tls_sslmode == (place.sslmode or "prefer")
    assert settings.query_wait_timeout == 10


def test_both_forms_say_the_same() -> None:
    said = advice(Runtime.LAMBDA)
    toml = tomllib.loads(text(said, "forebay.toml"))
    ini = dict(
        line.split(" = ", 1)
        for line in text(said, "pgbouncer.ini").splitlines()
        if " = " in line and not line.startswith(";")
    )
    shared = set(toml) & set(ini)
    assert len(shared) > 12
    for name in shared - {"log_connections", "log_disconnections", "stats_users"}:
        assert str(toml[name]).removesuffix("s") == ini[name], name


@pytest.mark.parametrize("runtime", Runtime)
def test_both_urls_can_be_read_and_hold_placeholders(runtime: Runtime) -> None:
    for purpose in ("prisma", "sqlalchemy"):
        for url in urls(advice(runtime), purpose).values():
            read = parse_url(url)
            assert read.user in ("app", "app.PROJECT")
            assert read.password is not None
            assert read.password.reveal() == "change-me"


def test_limits_are_in_the_url_for_those_who_read_them_only() -> None:
    said = advice(Runtime.ALWAYS_ON, prisma=6)
    assert parse_url(urls(said, "prisma")["DATABASE_URL"]).parameters == (
        ("connection_limit", str(said.limit)),
        ("pool_timeout", "10"),
        ("connect_timeout", "10"),
    )
    assert parse_url(urls(said, "sqlalchemy")["DATABASE_URL"]).parameters == ()


def test_supabase_is_6543_with_pgbouncer_and_5432_for_migrations() -> None:
    place = Place("aws-0-eu-west-1.pooler.supabase.com", 6543, "postgres")
    said = advice(Runtime.SUPABASE, place, prisma=6)
    given = urls(said, "prisma")
    pooled, direct = parse_url(given["DATABASE_URL"]), parse_url(given["DIRECT_URL"])
    assert (pooled.host, pooled.port, direct.port) == (place.host, 6543, 5432)
    assert pooled.parameter("pgbouncer") == "true"
    assert direct.parameters == ()
    assert "statement_cache_size=0" in text(said, "db_asyncpg.py")
    assert "prepare_threshold" in text(said, "db_psycopg.py")
    # A pooler does not stand before another one in transaction mode.
    assert "port = 5432" in text(said, "forebay.toml")


def test_a_direct_connection_has_a_direct_url_beside_it() -> None:
    given = urls(advice(Runtime.LOCAL, Place("10.0.0.9", 5499, "shop")), "sqlalchemy")
    assert given["DATABASE_URL"] == given["DIRECT_URL"]
    assert parse_url(given["DIRECT_URL"]).port == 5499


def test_null_pool_is_for_functions_behind_a_pooler_alone() -> None:
    assert "NullPool" in text(advice(Runtime.LAMBDA), "db_sqlalchemy.py")
    for runtime in (Runtime.ALWAYS_ON, Runtime.LOCAL):
        said = advice(runtime)
        lines = text(said, "db_sqlalchemy.py")
        assert "NullPool" not in lines
        assert f"pool_size={said.limit}," in lines
        assert "max_overflow=0" in lines


def test_prismas_datasources_are_valid_for_their_versions() -> None:
    for version in (6, 7):
        said = advice(Runtime.ALWAYS_ON, prisma=version)
        schema = text(said, "datasource.prisma", f"Prisma {version}")
        verdict = judge((("schema.prisma", schema),), version)
        assert not verdict.checked.errors, version
        assert {"PrismaPg" in text(said, "lib/prisma.ts")} == {version == 7}
    assert 'datasource: { url: env("DIRECT_URL") }' in text(said, "prisma.config.ts")
    assert f"max: {said.limit}," in text(said, "lib/prisma.ts", "Prisma 7")
    # The adapter's limit, and not one in a URL that the others would refuse.
    said = advice(Runtime.LAMBDA, clients=(Client.PRISMA, Client.SQLALCHEMY))
    assert "connection_limit" not in text(said, ".env", "for prisma, sqlalchemy")


@pytest.mark.parametrize("prisma", [6, 7])
@pytest.mark.parametrize("runtime", Runtime)
def test_no_two_files_have_one_name(runtime: Runtime, prisma: int) -> None:
    names = [file.name for file in advice(runtime, prisma=prisma).files]
    assert len(names) == len(set(names))


def test_native_drivers_are_not_for_the_edge() -> None:
    for version, name in ((6, "PrismaNeonHTTP"), (7, "PrismaNeonHttp")):
        said = advice(Runtime.EDGE, clients=(Client.PRISMA,), prisma=version)
        modules = [file for file in said.files if file.name.startswith("lib/")]
        assert [f"new {name}(process.env" in file.text for file in modules] == [True]


@pytest.mark.parametrize("place", [Place(), Place("10.0.0.9", 5432, "shop", "require")])
@pytest.mark.parametrize("client", [one for one in Client if one is not Client.PRISMA])
@pytest.mark.parametrize("runtime", Runtime)
def test_pythons_lines_are_python(runtime: Runtime, client: Client, place: Place) -> None:
    name = module_of(client)
    compile(text(advice(runtime, place, clients=(client,)), name), name, "exec")


@pytest.mark.parametrize(
    ("client", "dialect", "maker", "package"),
    [
        (Client.SQLALCHEMY, "psycopg", "create_engine", "psycopg[binary]"),
        (Client.SQLALCHEMY_PSYCOPG2, "psycopg2", "create_engine", "psycopg2-binary"),
        (Client.SQLALCHEMY_ASYNCPG, "asyncpg", "create_async_engine", "asyncpg"),
        (Client.SQLALCHEMY_PSYCOPG_ASYNC, "psycopg", "create_async_engine", "psycopg[binary]"),
    ],
)
@pytest.mark.parametrize("runtime", [Runtime.ALWAYS_ON, Runtime.LAMBDA, Runtime.SUPABASE])
def test_an_engine_is_on_the_driver_that_is_there(
    runtime: Runtime, client: Client, dialect: str, maker: str, package: str
) -> None:
    lines = text(advice(runtime, clients=(client,)), module_of(client))
    assert f'drivername="postgresql+{dialect}"' in lines
    assert f"engine = {maker}(\n" in lines
    assert package in lines.splitlines()[0]


def test_an_asyncpg_engine_takes_sslmode_as_its_own_word() -> None:
    place = Place("10.0.0.9", 5432, "shop", "require")
    said = advice(Runtime.ALWAYS_ON, place, clients=(Client.SQLALCHEMY_ASYNCPG,))
    lines = text(said, "db_sqlalchemy_asyncpg.py").replace("create_async_engine(", "dict(url=", 1)
    names: dict[str, dict[str, object]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", urls(said, "sqlalchemy")["DATABASE_URL"])
        exec(lines.replace("url=\n    url,", "\n    url=url,"), names)  # noqa: S102
    assert "sslmode" not in str(names["engine"]["url"])
    assert names["engine"]["connect_args"]["ssl"] == "require"  # type: ignore[index]


def test_no_file_hides_a_package() -> None:
    stems = {file.name.removesuffix(".py") for file in advice(Runtime.ALWAYS_ON).files}
    assert not stems & {"sqlalchemy", "asyncpg", "psycopg", "psycopg2", "psycopg_pool", "forebay"}
