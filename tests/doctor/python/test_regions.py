"""Where Python's functions run, and where their database is."""

import pytest

HOST = "shop.cluster-abc.us-east-1.rds.amazonaws.com"
ENGINE = f"from sqlalchemy import create_engine\nengine = create_engine('postgresql://{HOST}/a')\n"
DJANGO = (
    "from django.conf import global_settings\nDATABASES = {'default': {'ENGINE': "
    f"'django.db.backends.postgresql', 'HOST': '{HOST}'}}}}\n"
)
WORKFLOW = "jobs:\n  a:\n    steps:\n      - with:\n          aws-region: %s\n      - run: %s\n"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("samconfig.toml", '[default.deploy.parameters]\nregion = "eu-west-1"\n', 1),
        ("samconfig.toml", '[default.deploy.parameters]\nregion = "us-east-2"\n', 0),
        ("zappa_settings.json", '{"production": {"aws_region": "eu-central-1"}}', 1),
        ("zappa_settings.json",
         '{"eu": {"aws_region": "eu-central-1"}, "us": {"aws_region": "us-east-1"}}', 0),
        ("serverless.yml", 'provider:\n  name: aws\n  region: "ap-south-1" # ours\n', 1),
        ("serverless.yml", "provider:\n  name: aws\n  region: ${opt:region}\n", 0),
        ("vercel.json", '{"regions": ["fra1"]}', 1),
        ("vercel.json", '{"regions": [["fra1"]]}', 0),
        ("vercel.json", '{"regions": ["iad1"]}', 0),
        (".github/workflows/deploy.yml", WORKFLOW % ("eu-west-1", "sam deploy"), 1),
        (".github/workflows/test.yml", WORKFLOW % ("eu-west-1", "make test"), 0),
        ("docs/samconfig.toml", 'region = "eu-west-1"\n', 0),
    ],
)  # fmt: skip
def test_a_region_far_from_the_code(finds, name, text, found):
    assert finds("FD219", {name: text, "app/db.py": ENGINE}) == ["app/db.py:2"] * found
    assert finds("FD219", {name: text, "app/settings.py": DJANGO}) == ["app/settings.py:2"] * found
    env = {name: text, ".env": f"DATABASE_URL=postgresql://app@{HOST}/a\n"}
    assert finds("FD219", env) == [".env:1"] * found
