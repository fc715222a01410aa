"""What a database's URL says, and what is never kept of it."""

import pytest

from forebay.doctor.providers import Place, Pooling, Provider
from forebay.doctor.urls import SecretKind, classify

DIRECT, SESSION, TRANSACTION = Pooling.DIRECT, Pooling.SESSION, Pooling.TRANSACTION
UNKNOWN, HTTP = Pooling.UNKNOWN, Pooling.HTTP


@pytest.mark.parametrize(
    ("text", "provider", "pooling", "region"),
    [
        ("ep-a-1.us-east-2.aws.neon.tech/d", "NEON", DIRECT, "us-east-2"),
        ("ep-a-1-pooler.us-east-2.aws.neon.tech/d", "NEON", TRANSACTION, "us-east-2"),
        ("ep-a-1-pooler.c-2.eu-central-1.aws.neon.tech/d", "NEON", TRANSACTION, "eu-central-1"),
        ("db.abcdef.supabase.co:5432/d", "SUPABASE", DIRECT, None),
        ("db.abcdef.supabase.co:6543/d", "SUPABASE", TRANSACTION, None),
        ("aws-0-us-west-1.pooler.supabase.com:5432/d", "SUPABASE", SESSION, "us-west-1"),
        ("aws-0-us-west-1.pooler.supabase.com:6543/d", "SUPABASE", TRANSACTION, "us-west-1"),
        ("shop.abc1.eu-west-1.rds.amazonaws.com:5432/d", "RDS", DIRECT, "eu-west-1"),
        ("shop.proxy-abc1.eu-west-1.rds.amazonaws.com/d", "RDS_PROXY", TRANSACTION, "eu-west-1"),
        ("shop.cluster-abc1.eu-west-1.rds.amazonaws.com/d", "AURORA", DIRECT, "eu-west-1"),
        ("/d?host=/cloudsql/shop:us-central1:main", "CLOUD_SQL", DIRECT, "us-central1"),
        ("db.prisma.io:5432/?sslmode=require", "PRISMA_POSTGRES", DIRECT, None),
        ("pooled.db.prisma.io:5432/d", "PRISMA_POSTGRES", TRANSACTION, None),
        ("ep-a.us-east-1.postgres.vercel-storage.com/d", "VERCEL", DIRECT, "us-east-1"),
        ("ep-a-pooler.us-east-1.postgres.vercel-storage.com/d", "VERCEL", TRANSACTION, "us-east-1"),
        ("bouncer.corp.net:6432/d", "PGBOUNCER", TRANSACTION, None),
        ("pgbouncer.data.svc:5432/d", "PGBOUNCER", TRANSACTION, None),
        ("viaduct.proxy.rlwy.net:38213/d", "RAILWAY", DIRECT, None),
        ("dpg-abc123-a.oregon-postgres.render.com/d", "RENDER", DIRECT, "oregon"),
        ("ec2-34-1-2-3.compute-1.amazonaws.com:5432/d", "HEROKU", DIRECT, None),
        ("shop.postgres.database.azure.com:5432/d", "AZURE", DIRECT, None),
        ("shop.postgres.database.azure.com:6432/d", "AZURE", TRANSACTION, None),
        ("db-a-do-user-1-0.b.db.ondigitalocean.com:25060/d", "DIGITALOCEAN", DIRECT, None),
        ("db-a-do-user-1-0.b.db.ondigitalocean.com:25061/d", "DIGITALOCEAN", TRANSACTION, None),
        ("pgbouncer.abc.flympg.net/d", "FLY", TRANSACTION, None),
        ("shop-db.flycast:5432/d", "FLY", DIRECT, None),
        ("us-east-1.sql.xata.sh/d", "XATA", UNKNOWN, None),
        ("free-tier.gcp.cockroachlabs.cloud:26257/d", "COCKROACH", DIRECT, None),
        ("localhost:5432/d", "LOCAL", DIRECT, None),
        ("localhost:6432/d", "LOCAL", TRANSACTION, None),
        ("[::1]:5432/d", "LOCAL", DIRECT, None),
        ("db.shop.example:5432/d", "OTHER", UNKNOWN, None),
        ("db.shop.example:5432/d?pgbouncer=true", "OTHER", TRANSACTION, None),
    ],
)
def test_a_host_tells_who_answers(text, provider, pooling, region):
    url = classify(f"postgresql://app:s3cr3t-Zx81@{text}")
    assert url is not None
    assert (url.provider, url.pooling, url.region) == (Provider[provider], pooling, region)
    assert "s3cr3t" not in repr(url)


@pytest.mark.parametrize(
    ("text", "provider", "pooling"),
    [
        ("prisma://accelerate.prisma-data.net/?api_key=eyJ0", "ACCELERATE", HTTP),
        ("prisma+postgres://accelerate.prisma-data.net/?api_key=eyJ0", "ACCELERATE", HTTP),
        ("prisma+postgres://localhost:51213/?api_key=eyJ0", "LOCAL", DIRECT),
    ],
)
def test_accelerate_has_schemes_of_its_own(text, provider, pooling):
    url = classify(text)
    assert url is not None
    assert (url.provider, url.pooling) == (Provider[provider], pooling)
    assert "eyJ0" not in repr(url)


@pytest.mark.parametrize("text", ["mysql://a:b@c/d", "file:./dev.db", "$DATABASE_URL", "", "a b"])
def test_what_is_no_postgresql_is_none(text):
    assert classify(text) is None


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("npg_a8Qz71LmP0", SecretKind.REAL),
        ("[YOUR-PASSWORD]", SecretKind.BLANK),
        ("<password>", SecretKind.BLANK),
        ("PASSWORD", SecretKind.BLANK),
        ("xxxx", SecretKind.BLANK),
        ("${PGPASSWORD}", SecretKind.REFERENCE),
        ("${{ secrets.PG }}", SecretKind.REFERENCE),
        ("postgres", SecretKind.COMMON),
        ("", SecretKind.NONE),
    ],
)
def test_a_password_is_known_by_its_kind_only(password, kind):
    url = classify(f"postgresql+asyncpg://app:{password}@db.shop.example/d")
    assert url is not None
    assert (url.secret, url.driver, url.host) == (kind, "asyncpg", "db.shop.example")


def test_references_are_followed():
    values = {"PGHOST": "ep-a-pooler.us-east-2.aws.neon.tech", "PGUSER": "app"}
    url = classify("postgres://${PGUSER}:${PGPASSWORD}@${PGHOST}/${PGDATABASE:-shop}", values)
    assert url is not None
    assert (url.user, url.database, url.is_transaction) == ("app", "shop", True)
    alone = classify("postgres://${PGUSER}:${PGPASSWORD}@${PGHOST}:5432/shop")
    assert alone is not None
    assert (alone.host, alone.provider, alone.is_public) == ("", Provider.OTHER, False)


def test_a_circle_of_references_ends():
    assert classify("${A}", {"A": "${B}", "B": "${A}"}) is None


def test_services_answer_for_their_names():
    services = {"db": Place(Provider.SERVICE, DIRECT, is_public=False)}
    url = classify("postgres://app:x@db:5432/shop", services=services)
    assert url is not None
    assert (url.is_local, url.is_direct, url.address) == (True, True, "db:5432")


@pytest.mark.parametrize("host", ["db.svc", "10.0.0.4", "db", "shop.internal"])
def test_an_inner_network_is_not_public(host):
    url = classify(f"postgres://app:x@{host}/shop")
    assert url is not None
    assert not url.is_public
