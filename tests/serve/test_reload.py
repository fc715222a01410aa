"""A reload: all or nothing, every change said, no secret told, a bad file without effect."""

import json
from typing import Any

import pytest

from forebay._gateway import GatewayError
from forebay.errors import BadSettings, ConfigurationError, Problem
from forebay.serve.reload import changes, reload, reread
from forebay.serve.settings import Settings


class Fake:
    """A data plane that takes configurations, or refuses them."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.taken: list[dict[str, Any]] = []

    def reload(self, configuration: str) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.taken.append(json.loads(configuration))
        return "[]"


def _settings(**values: Any) -> Settings:
    tables = {
        "databases": {"shop": {"host": "h", "password": "sesame"}},
        "users": {"app": {"password": "sesame"}},
    }
    return Settings.model_validate({**tables, **values})


@pytest.fixture
def said() -> list[str]:
    return []


def test_what_changed_is_taken_and_said(said):
    gateway, old = Fake(), _settings()
    new = _settings(pool_mode="transaction", server_idle_timeout="1min", logfile="a.log")
    assert reload(gateway, old, new, said.append) == new
    assert gateway.taken[0]["pool_mode"] == "transaction"
    assert said == [
        "reload: logfile: none -> a.log",
        'reload: pool_mode: "session" -> "transaction"',
        "reload: server_idle_timeout: 600 -> 60",
    ]


def test_secrets_are_said_to_have_changed_and_no_more(said):
    new = _settings(
        databases={"shop": {"host": "i", "password": "open"}, "new": {"host": "h"}},
        users={"app": {"password": "open"}},
    )
    reload(Fake(), _settings(users={"app": {"password": "sesame"}, "old": {}}), new, said.append)
    assert said == [
        'reload: databases.shop.host: "h" -> "i"',
        "reload: databases.shop.password: changed",
        "reload: databases.new: added",
        "reload: users.app.password: changed",
        "reload: users.old: removed",
    ]
    assert not [line for line in said if "sesame" in line or "open" in line]


def test_what_needs_a_restart_keeps_its_value(said):
    gateway, old = Fake(), _settings()
    new = _settings(listen_port=7000, workers=4, max_client_conn=7)
    effective = reload(gateway, old, new, said.append)
    assert (effective.listen_port, effective.workers, effective.max_client_conn) == (6432, 1, 7)
    assert gateway.taken[0]["listen_port"] == 6432
    assert gateway.taken[0]["max_client_conn"] == 7
    assert said == [
        "reload: listen_port: 6432 -> 7000 needs a restart; the old value stays until then",
        "reload: workers: 1 -> 4 needs a restart; the old value stays until then",
        "reload: max_client_conn: 100 -> 7",
    ]


def test_what_needs_a_restart_alone_is_not_handed_over(said):
    gateway, old = Fake(), _settings()
    assert reload(gateway, old, _settings(workers=4), said.append) == old
    assert [taken["workers"] for taken in gateway.taken] == [1]
    assert said[-1] == "reload: nothing else changed"


def test_nothing_changed_and_is_handed_over_for_the_sake_of_certificates(said):
    gateway = Fake()
    reload(gateway, _settings(), _settings(), said.append)
    assert len(gateway.taken) == 1
    assert said == ["reload: nothing changed"]


def test_a_refusal_of_the_data_plane_changes_nothing(said):
    gateway, old = Fake(GatewayError("it cannot", "do otherwise")), _settings()
    assert reload(gateway, old, _settings(max_client_conn=7), said.append) == old
    assert said == ["reload refused, nothing changed: it cannot (do otherwise)"]


def test_a_defect_of_the_data_plane_is_not_hidden(said):
    gateway = Fake(RuntimeError("a defect"))
    with pytest.raises(RuntimeError):
        reload(gateway, _settings(), _settings(max_client_conn=7), said.append)


def test_a_data_plane_that_cannot_yet_says_so(said):
    old = _settings()
    assert reload(object(), old, _settings(max_client_conn=7), said.append) == old
    assert said == ["reload: not built yet in this version; restart to apply what changed"]


def test_a_bad_file_changes_nothing_and_every_problem_is_said(said):
    def read() -> Settings:
        raise BadSettings([Problem("x.ini:1", "one", "do"), Problem("x.ini:2", "two")])

    old, gateway = _settings(), Fake()
    assert reread(read, old, gateway, said.append) is old
    assert gateway.taken == []
    assert said == [
        "reload refused: x.ini:1: one (do)",
        "reload refused: x.ini:2: two",
        "reload refused: the settings that were stay in force",
    ]


def test_a_file_that_is_gone_changes_nothing(said):
    def read() -> Settings:
        raise ConfigurationError("x.ini cannot be read: No such file", hint="check the path")

    old = _settings()
    assert reread(read, old, Fake(), said.append) is old
    assert said[0] == "reload refused: x.ini cannot be read: No such file (check the path)"


def test_a_mode_is_said_as_it_is_written():
    (change,) = changes(_settings(), _settings(unix_socket_mode=0o700))
    assert str(change).startswith("unix_socket_mode: 0777 -> 0700 needs a restart")
