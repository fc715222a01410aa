"""Descriptors: the soft limit is raised, and a promise that cannot be kept is refused."""

import resource
import subprocess
import sys

import pytest

from forebay.errors import ConfigurationError
from forebay.serve.limits import (
    RESERVED_DESCRIPTORS,
    clients_that_fit,
    raise_descriptor_limit,
    require_descriptors,
)
from forebay.serve.settings import Settings

_SETTINGS = Settings.model_validate({"databases": {"*": {"host": "h"}}, "max_client_conn": 1000})


def test_the_soft_limit_is_raised_to_the_hard_one():
    code = (
        "import resource\n"
        "from forebay.serve.limits import raise_descriptor_limit\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))\n"
        "limit = raise_descriptor_limit()\n"
        "assert limit == resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 64\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_an_infinite_limit_becomes_a_number(monkeypatch):
    limits = [(256, resource.RLIM_INFINITY)]
    refused = []

    def set_limit(_kind, pair):
        if pair[0] > 100_000:
            refused.append(pair)
            raise ValueError("not allowed to raise maximum limit")
        limits.append(pair)

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    assert raise_descriptor_limit() == 10_240
    assert refused
    assert raise_descriptor_limit() == 10_240


def test_clients_that_fit_are_let_in():
    exactly = 1000 + 20 + RESERVED_DESCRIPTORS
    require_descriptors(_SETTINGS, exactly)
    assert clients_that_fit(_SETTINGS, exactly) == 1000


def test_clients_that_do_not_fit_are_refused_with_the_arithmetic():
    with pytest.raises(ConfigurationError) as caught:
        require_descriptors(_SETTINGS, 1024)
    for number in ("1000", "20", "100", "1120", "1024"):
        assert number in caught.value.message
    assert "at most 904" in (caught.value.hint or "")
