"""What URLs and pooler settings of a repository say, and what advice makes of it."""

from pathlib import Path

import pytest

from forebay.doctor.advise.advice import Advice, advise
from forebay.doctor.advise.order import Order, situation_of
from forebay.doctor.advise.text import as_text
from forebay.errors import ConfigurationError
from tests.doctor.conftest import written

PACKAGE = '{"dependencies": {"@prisma/client": "^6.2.0"}}'
INI = """\
[databases]
app = host=db.prod.example port=5433 dbname=shop
[pgbouncer]
listen_port = 6432
pool_mode = transaction
max_client_conn = 300
"""
URL = "DATABASE_URL=postgresql://app:hush-hush@{}/app\n"


def advice(root: Path, files: dict[str, str], **numbers: int) -> Advice:
    written(root, files)
    order = Order(root, numbers={"instances": 6, **numbers})
    return advise(situation_of(order, {}, ask=None, tell=print))


def test_a_supabase_url_on_vercel_means_its_pooler_and_not_neon(tmp_path: Path) -> None:
    files = {"vercel.json": "{}", "package.json": PACKAGE}
    said = advice(tmp_path, {**files, ".env": URL.format("db.abcdefgh.supabase.co:5432")})
    assert said.strategy.name == "supavisor"
    texts = {file.name: file.text for file in said.files}
    assert "app.abcdefgh:change-me@" in texts[".env"]
    assert "Neon" not in "".join(texts.values())
    assert 'host = "db.abcdefgh.supabase.co"' in texts["forebay.toml"]
    text = as_text(said)
    assert "provider         Supabase  (.env:1)" in text
    assert "hush-hush" not in text


def test_a_neon_url_gives_its_host_and_its_driver(tmp_path: Path) -> None:
    files = {"vercel.json": "{}", "package.json": PACKAGE}
    host = "ep-cool-one-123.eu-central-1.aws.neon.tech"
    said = advice(tmp_path, {**files, ".env": URL.format(host)})
    texts = {file.name: file.text for file in said.files}
    assert said.strategy.name == "http"
    assert f"@{host}:5432/app?sslmode=require" in texts[".env"]
    assert "new PrismaNeonHTTP(" in texts["lib/prisma.ts"]


def test_a_database_without_an_http_driver_goes_through_a_pooler(tmp_path: Path) -> None:
    files = {"vercel.json": "{}", "package.json": PACKAGE}
    said = advice(tmp_path, {**files, ".env": URL.format("x.abc.eu-west-1.rds.amazonaws.com")})
    assert said.strategy.name == "pooler"
    assert "Neon" not in "".join(file.text for file in said.files)


def test_prisma_is_of_the_version_in_the_manifest(tmp_path: Path) -> None:
    said = advice(tmp_path, {"fly.toml": "", "package.json": PACKAGE})
    assert [file.purpose for file in said.files if "Prisma" in file.purpose] == [
        "Prisma 6: for schema.prisma",
        "Prisma 6: the one module",
    ]
    assert "prisma           6  (package.json)" in as_text(said)
    (tmp_path / "package.json").write_text("{}")
    given = advice(tmp_path, {"fly.toml": ""}, prisma=5)
    assert given.situation.prisma == 5


def test_a_pooler_that_is_there_is_counted_and_connected_to(tmp_path: Path) -> None:
    files = {"fly.toml": "", ".env": URL.format("pgbouncer:6432"), "pgbouncer.ini": INI}
    said = advice(tmp_path, {**files, "requirements.txt": "asyncpg\n"}, workers=4)
    assert said.strategy.title.endswith("there already")
    assert str(said.pooled.at_most) == "floor(300 / (6 * 4 workers)) = 12"
    texts = {file.name: file.text for file in said.files}
    assert 'DATABASE_URL="postgresql://app:change-me@pgbouncer:6432/shop"' in texts[".env"]
    assert 'DIRECT_URL="postgresql://app:change-me@db.prod.example:5433/shop"' in texts[".env"]
    text = as_text(said)
    assert "pooler           pgbouncer:6432  (.env:1)" in text
    assert "max_client_conn  300  (pgbouncer.ini:6)" in text
    # What is given counts more than what was found.
    assert advice(tmp_path, {}, max_client_conn=500).pooled.max_client_conn == 500
    small = advice(tmp_path, {}, workers=60)
    assert "raise max_client_conn to 360 at least" in (small.cannot_fit or "")


def test_urls_of_several_databases_say_nothing_of_the_place(tmp_path: Path) -> None:
    env = URL.format("one.example:5432") + "OTHER_URL=postgresql://app:x@two.example/app\n"
    said = advice(tmp_path, {"fly.toml": "", ".env": env})
    assert said.situation.place.host == "127.0.0.1"
    assert said.situation.provider is None


def test_a_prisma_version_is_a_number(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--prisma must be a whole number"):
        advice(tmp_path, {"fly.toml": ""}, prisma=0)
