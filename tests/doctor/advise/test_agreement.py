"""The doctor looks at what advice has people paste, and is content with it."""

import pytest

from forebay.doctor.advise.advice import advise
from forebay.doctor.advise.situation import Client, Runtime, Situation
from tests.doctor.conftest import Finds

SCHEMA = 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
PACKAGE = '{"dependencies": {"@prisma/client": "6.19.0"}}'


@pytest.mark.parametrize("runtime", [Runtime.LAMBDA, Runtime.VERCEL, Runtime.SUPABASE])
def test_prismas_url_for_a_pooler_is_not_found_without_its_parameter(
    runtime: Runtime, finds: Finds
) -> None:
    said = advise(Situation(runtime, 12, clients=(Client.PRISMA,), prisma=6))
    (env,) = (file for file in said.files if file.purpose.startswith("for prisma"))
    files = {"prisma/schema.prisma": SCHEMA, "package.json": PACKAGE}
    assert finds("FD203", {**files, ".env": env.text}) == []
    # What it is quiet about is a URL that it would have found.
    bare = "\n".join(
        line.replace("pgbouncer=true&", "")
        for line in env.text.splitlines()
        if "doctor:" not in line
    )
    assert len(finds("FD203", {**files, ".env": bare})) == 1
