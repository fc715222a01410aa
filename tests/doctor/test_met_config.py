"""What repositories that the doctor met later deploy: found where there was nothing."""

import pytest

SCHEMA = 'datasource db {{\n  provider = "{}"\n  url = env("DATABASE_URL")\n}}\n'


@pytest.mark.parametrize(("provider", "found"), [("postgresql", ["Dockerfile:2"]), ("mongodb", [])])
def test_a_schema_of_mongodb_can_only_be_pushed(finds, provider, found):
    docker = 'FROM node\nCMD ["npx", "prisma", "db", "push"]\n'
    files = {"prisma/schema.prisma": SCHEMA.format(provider), "Dockerfile": docker}
    assert finds("FD211", {**files, "package.json": "{}"}) == found


@pytest.mark.parametrize(
    ("last", "found"), [("npm run dev", 0), ("next dev", 0), ("node server.js", 1)]
)
def test_a_script_that_starts_the_development_server(finds, last, found):
    files = {"start.sh": f"#!/bin/sh\nnpx prisma db push\n{last}\n", "package.json": "{}"}
    assert len(finds("FD211", files)) == found


ENGINE = (
    "import os\nfrom sqlalchemy import create_engine\nengine = create_engine(os.environ['A'])\n"
)
FUNCTION = 'resource "aws_lambda_function" "f" {\n  runtime = "python3.12"\n%s\n}\n'


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"infra/alerts/main.tf": FUNCTION % '  handler = "mail.handler"',
          "infra/alerts/code/mail.py": "def handler(event, context): ...\n"}, 0),
        ({"infra/alerts/main.tf": 'data "archive_file" "a" {\n  output_path = "${path.module}/a"\n'
          '  source {\n    content = file("a")\n  }\n}\n'
          + FUNCTION % '  handler = "index.handler"'}, 0),
        ({"infra/main.tf": FUNCTION % '  handler = "app.main.handler"',
          "app/main.py": "def handler(event, context): ...\n"}, 1),
        ({"infra/main.tf": FUNCTION % '  image_uri = "a"'}, 1),
    ],
)  # fmt: skip
def test_a_function_of_terraform_with_code_of_its_own(finds, files, found):
    assert len(finds("FD511", {"app/db.py": ENGINE, **files})) == found
