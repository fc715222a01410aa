"""Packages that several tests look at."""

from pathlib import Path

import pytest

from forebay.client.package import Interface
from tests.generator.made import generate, schema_text


@pytest.fixture(scope="session", params=["asyncio", "sync"])
def interface(request: pytest.FixtureRequest) -> Interface:
    """Both forms of a client."""
    found: Interface = request.param
    return found


@pytest.fixture(scope="session")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package whose schema has every name that means something to Python or pydantic."""
    return generate(schema_text("names"), tmp_path_factory.mktemp("names"))
