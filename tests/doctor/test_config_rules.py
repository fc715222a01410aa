"""Where rules about settings speak, and where they hold back."""

import pytest

NEON = "postgres://app:[PASSWORD]@ep-a-1.us-east-2.aws.neon.tech/shop"
POOLED = "postgres://app:[PASSWORD]@ep-a-1-pooler.us-east-2.aws.neon.tech/shop"
SUPABASE = "postgres://app:[PASSWORD]@aws-0-us-east-1.pooler.supabase.com:6543/postgres"
VERCEL = {"vercel.json": "{}"}
SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'


@pytest.mark.parametrize(
    ("files", "is_found"),
    [
        ({".env": f"DATABASE_URL={NEON}\n", **VERCEL}, True),
        ({".env": f"DATABASE_URL={NEON}\n", "fly.toml": "app = 'x'"}, False),
        ({".env": f"DIRECT_URL={NEON}\n", **VERCEL}, False),
        ({".env": f"DATABASE_URL={POOLED}\n", **VERCEL}, False),
        ({".env": "DATABASE_URL=postgres://a:b@localhost/shop\n", **VERCEL}, False),
        ({".env.test": f"DATABASE_URL={NEON}\n", **VERCEL}, False),
        (
            {
                ".env": f"DATABASE_URL={NEON}\n",
                "package.json": '{"dependencies": {"@neondatabase/serverless": "1"}}',
                **VERCEL,
            },
            False,
        ),
    ],
)
def test_a_direct_url_counts_in_functions_only(finds, files, is_found):
    assert finds("FD201", files) == [".env:1"] * is_found


def test_references_to_other_variables_are_followed(finds):
    env = (
        "PGHOST=ep-a-1.us-east-2.aws.neon.tech\n"
        "DATABASE_URL=postgres://app:${PGPASSWORD}@${PGHOST}/shop\n"
    )
    assert finds("FD201", {".env": env, **VERCEL}) == [".env:2"]


@pytest.mark.parametrize(
    ("version", "url", "is_found"),
    [
        ("5.22.0", SUPABASE, True),
        ("5.22.0", SUPABASE + "?pgbouncer=true", False),
        ("5.22.0", POOLED, False),
        ("7.1.0", SUPABASE, False),
    ],
)
def test_prisma_is_told_of_the_pooler_where_it_has_to_be(finds, version, url, is_found):
    files = {
        ".env": f"DATABASE_URL={url}\n",
        "schema.prisma": SCHEMA,
        "package.json": f'{{"dependencies": {{"@prisma/client": "{version}"}}}}',
    }
    assert finds("FD203", files) == [".env:1"] * is_found


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        (".env", "DATABASE_URL=postgres://app:tq81LmZ7aTx4@db.shop-data.net/shop\n", True),
        ("src/db.ts", "connect('postgres://app:tq81LmZ7aTx4@db.shop-data.net/shop')\n", True),
        ("src/db.ts", "connect('postgres://app:postgres@localhost/shop')\n", False),
        ("src/db.ts", "connect(`postgres://app:${password}@db.shop-data.net/shop`)\n", False),
        ("src/db.ts", "// postgres://user:password@host.example.com/db\n", False),
        ("tests/db.ts", "connect('postgres://app:tq81LmZ7aTx4@db.shop-data.net/shop')\n", False),
        ("src/db.ts", "connect('prisma://accelerate.prisma-data.net/?api_key=ey%s')\n", True),
        ("src/db.ts", "connect('prisma://accelerate.prisma-data.net/?api_key=KEY')\n", False),
    ],
)
def test_a_secret_is_one_that_nobody_made_up(finds, name, text, is_found):
    assert finds("FD214", {name: text.replace("%s", "Zx81LmQ7" * 8)}) == [f"{name}:1"] * is_found


def test_what_git_ignores_is_not_in_the_repository(finds):
    env = "DATABASE_URL=postgres://app:tq81LmZ7aTx4@db.shop-data.net/shop\n"
    assert finds("FD214", {".env": env, ".gitignore": ".env\n"}) == []
    assert finds("FD214", {".env": env, ".gitignore": ".env*\n!.env\n"}) == [".env:1"]


def scripts(**scripts: str) -> str:
    lines = ",\n".join(f'    "{name}": "{text}"' for name, text in scripts.items())
    return f'{{\n  "scripts": {{\n{lines}\n  }}\n}}\n'


def test_scripts_are_followed_to_what_they_run(finds):
    package = scripts(build="npm run db && next build", db="prisma db push", dev="prisma db push")
    assert finds("FD211", {"package.json": package}) == ["package.json:3"]
    assert finds("FD211", {"package.json": scripts(dev="prisma db push")}) == []
    workflow = "jobs:\n  test:\n    steps:\n      - run: pnpm db\n"
    files = {"package.json": scripts(db="prisma migrate dev"), ".github/workflows/ci.yml": workflow}
    assert finds("FD210", files) == [".github/workflows/ci.yml:4"]


def test_a_push_to_a_database_of_ci_is_nobodys_loss(finds):
    workflow = (
        "jobs:\n  %s:\n    services:\n      db:\n        image: postgres:18\n    steps:\n"
        "      - run: npx prisma db push --accept-data-loss\n"
    )
    assert finds("FD212", {".github/workflows/ci.yml": workflow % "test"}) == []
    assert finds("FD212", {".github/workflows/ci.yml": workflow % "deploy"}) == []


def test_a_script_that_several_jobs_run_is_one_mistake(finds):
    workflow = "jobs:\n  a:\n    steps:\n      - run: %s\n  b:\n    steps:\n      - run: %s\n"
    files = {
        "package.json": scripts(migrate="prisma migrate dev"),
        ".github/workflows/ci.yml": workflow % ("npm run migrate", "npm run migrate"),
    }
    assert finds("FD210", files) == [".github/workflows/ci.yml:4"]


@pytest.mark.parametrize(
    ("code", "environment", "expected"),
    [
        ("FD231", "POOL_MODE: session", ["compose.yml:5"]),
        ("FD231", "POOL_MODE: transaction", []),
        ("FD232", "PGBOUNCER_POOL_MODE: statement", ["compose.yml:5"]),
        ("FD235", "QUERY_WAIT_TIMEOUT: 0", ["compose.yml:5"]),
    ],
)
def test_images_of_pgbouncer_are_set_by_their_environment(finds, code, environment, expected):
    compose = (
        "services:\n  pooler:\n    image: edoburu/pgbouncer:1.24\n    environment:\n"
        f"      {environment}\n"
    )
    assert finds(code, {"compose.yml": compose}) == expected


@pytest.mark.parametrize(
    ("replicas", "limit", "most", "is_found"),
    [(10, 20, "", True), (10, 5, "", False), (10, 20, "-c max_connections=300", False)],
)
def test_replicas_are_summed_up_against_what_postgresql_has(finds, replicas, limit, most, is_found):
    compose = (
        f"services:\n  api:\n    image: shop\n    deploy:\n      replicas: {replicas}\n"
        "    environment:\n      DATABASE_URL: postgres://a:a@db:5432/shop?connection_limit="
        f"{limit}\n  db:\n    image: postgres:18\n    command: postgres {most}\n"
    )
    assert finds("FD251", {"compose.yml": compose}) == ["compose.yml:7"] * is_found


def test_a_broken_file_stops_nobody(finds):
    files = {"compose.yml": "services: [", "vercel.json": "{", "package.json": "[", ".env": "=\n"}
    for code in ("FD201", "FD210", "FD219", "FD222", "FD251"):
        assert finds(code, files) == []


@pytest.mark.parametrize(
    ("variable", "package", "is_found"),
    [
        (f"NEXT_PUBLIC_DATABASE_URL={NEON}", "next", True),
        ("VITE_DB=mysql://shop:k3Xq9vTz@db.shop.com/shop", "vite", True),
        ("NEXT_PUBLIC_DB=${DATABASE_URL}", "next", True),
        (f"PUBLIC_DATABASE_URL={NEON}", "astro", True),
        (f"PUBLIC_DATABASE_URL={NEON}", "express", False),
        (f"DATABASE_PUBLIC_URL={NEON}", "next", False),
        ("NEXT_PUBLIC_API_URL=https://api.shop.com", "next", False),
        ("NEXT_PUBLIC_DB_HOST=postgres://db.shop.com", "next", False),
    ],
)
def test_a_url_that_browsers_load_is_public(finds, variable, package, is_found):
    files = {".env": f"{variable}\n", "package.json": f'{{"dependencies": {{"{package}": "1"}}}}'}
    assert finds("FD223", files) == [".env:1"] * is_found


@pytest.mark.parametrize(
    ("host", "is_found"),
    [
        ("db.prod.internal", True),
        ("shop.flycast.internal", True),
        ("db.shop.com", True),
        ("host.docker.internal", False),
        ("host.containers.internal", False),
        ("db", False),
        ("db.local", False),
    ],
)
def test_a_host_of_a_clouds_own_network_is_somebodys(finds, host, is_found):
    files = {"alembic.ini": f"[alembic]\nurl = postgresql://app:x9Gh2-pQ81z@{host}:5432/shop\n"}
    assert finds("FD214", files) == ["alembic.ini:2"] * is_found
    call = f'psycopg2.connect(host="{host}", dbname="shop", user="app", password="x9Gh2-pQ81z")'
    files = {"db.py": f"import psycopg2\n\n\ndef connect():\n    return {call}\n"}
    assert finds("FD513", files) == ["db.py:5"] * is_found


@pytest.mark.parametrize("name", [".chalice/config.json", "zappa_settings.json"])
def test_the_environment_of_functions_is_read_from_their_own_settings(finds, name):
    url = "postgresql://app:word@shop.abc123.us-east-1.rds.amazonaws.com:5432/shop"
    files = {name: f'{{\n  "environment_variables": {{\n    "DATABASE_URL": "{url}"\n  }}\n}}\n'}
    assert finds("FD201", files) == [f"{name}:3"]
    pooled = {name: files[name].replace("shop.abc123", "shop.proxy-abc123")}
    assert finds("FD201", pooled) == []


@pytest.mark.parametrize(
    ("place", "text", "is_found"),
    [
        (".env.production", "DATABASE_URL={}\n", True),
        ("Dockerfile", "FROM node:22\nENV DATABASE_URL={}\n", False),
    ],
)
def test_an_image_is_not_what_vercel_runs(finds, place, text, is_found):
    url = "postgres://app:[PASSWORD]@db.shop-data.net:5432/shop"
    files = {
        place: text.format(url),
        "prisma/schema.prisma": SCHEMA,
        "package.json": '{"dependencies": {"@prisma/client": "5.22.0"}}',
        **VERCEL,
    }
    assert len(finds("FD205", files)) == is_found
