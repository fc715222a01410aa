"""What is shown of a line holds no secret, and the caret still stands where it stood."""

import json

import pytest

from forebay.doctor.mask import column_in, mask, masked

SECRET = "s3cr3t-Zx81"


@pytest.mark.parametrize(
    "line",
    [
        f"DATABASE_URL=postgres://app:{SECRET}@db.shop.example:5432/shop",
        f"DATABASE_URL=postgres://app:{SECRET}/p@ss@db.shop.example:5432/shop",
        f'url = "postgresql+asyncpg://app:{SECRET}@db/shop?sslmode=require"',
        f"prisma://accelerate.prisma-data.net/?api_key={SECRET}",
        f"STRIPE_SECRET_KEY={SECRET}",
        f"POSTGRES_PASSWORD: {SECRET}",
        f"      - PGPASSWORD={SECRET}",
        f"ENV AUTH_TOKEN={SECRET}",
        f"const apiKey = '{SECRET}'",
        f'password="{SECRET}",',
        f'"clientSecret": "{SECRET}"',
        f"connect(dsn, password='{SECRET}')",
        f"host=db user=app password={SECRET} dbname=shop",
    ],
)
def test_secrets_are_masked(line):
    assert SECRET not in masked(line)
    assert "***" in masked(line)
    assert masked(masked(line)) == masked(line)


@pytest.mark.parametrize(
    "token",
    ["sk_live_4eC39HqLyjWDarj", "ghp_0123456789abcdefghijABCDEFGHIJ012345", "npg_a8Qz71LmP0",
     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"],
)  # fmt: skip
def test_tokens_that_are_known_by_their_beginning(token):
    assert token not in masked(f"fetch(x, {{ a: '{token}' }})")


@pytest.mark.parametrize(
    "line",
    [
        'url = env("DATABASE_URL")',
        "password: string",
        "const token = await getToken(request)",
        "if (!user.password) return null",
        "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}",
        "postgres://localhost:5432/shop",
        "https://example.com/a:b@c",
    ],
)
def test_what_is_no_secret_is_shown(line):
    assert masked(line) == line


def test_columns_move_with_the_mask():
    line = f"A=postgres://app:{SECRET}@db/x # here"
    safe, places = mask(line)
    assert safe[column_in(line.index("# here"), places) :] == "# here"
    assert column_in(0, places) == 0
    assert safe[column_in(line.index(SECRET), places) :].startswith("***")
    assert json.dumps(safe)
