"""forebay.toml: what it may say, and that a mistake is found by file, line and nearest name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forebay.errors import ConfigurationError
from forebay.postgres.secret import Secret
from forebay.serve.load import make_settings, read_file
from forebay.serve.settings import Settings

_FULL = """
# A comment, and a setting in every form.
listen_addr = "127.0.0.1, ::1"
unix_socket_mode = 0o700
pool_mode = "transaction"
server_idle_timeout = "10min"
query_wait_timeout = 2.5
log_connections = false

[databases.shop]
host = "10.0.0.5"
port = 6000
dbname = "shop_production"
pool_size = 5

[databases."*"]
host = "/run/postgresql"

[users.app]
password = "sesame"
[users.reader]
password = "md5900150983cd24fb0d6963f7d28e17f72"
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "forebay.toml"
        path.write_text(text)
        return path

    return write


def _settings(path: Path, **given: object) -> Settings:
    return make_settings(given, read_file(path))


def _complaint(path: Path, **given: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        _settings(path, **given)
    return caught.value


def test_a_file_is_read(write):
    settings = _settings(write(_FULL))
    assert settings.listen_addr == ["127.0.0.1", "::1"]
    assert settings.unix_socket_mode == 0o700
    assert settings.server_idle_timeout == 600
    assert settings.query_wait_timeout == 2.5
    assert settings.log_connections is False
    assert settings.databases["shop"].pool_size == 5
    assert settings.databases["*"].port == 5432
    assert settings.users["app"].password == Secret("sesame")


def test_later_layers_win(write):
    path = write("default_pool_size = 7\nworkers = 2\n")
    settings = make_settings(
        {"workers": 3}, read_file(path), {"default_pool_size": 1, "pool_mode": "transaction"}
    )
    assert settings.workers == 3
    assert settings.default_pool_size == 7
    assert settings.pool_mode == "transaction"


@pytest.mark.parametrize(
    ("text", "line", "name", "hint"),
    [
        ('\npool_mod = "session"', 2, "pool_mod", "did you mean pool_mode?"),
        ("x = 1", 1, "x", "no setting has a name like it"),
        ('[databases.a]\nhost = "h"\npool_sise = 3', 3, "databases.a.pool_sise", "pool_size"),
        ('[databases."a b"]\nhost = "h"\nprot = 3', 3, "databases.a b.prot", "port"),
        ('databases.a.host = "h"\ndatabases.a.dbnam = "x"', 2, "databases.a.dbnam", "dbname"),
        ('[users.a]\npasword = "x"', 2, "users.a.pasword", "password"),
        ("[databse.a]\n", 1, "databse", "databases"),
        ('[databases]\na = { host = "h", prt = 1 }', 2, "databases.a.prt", "port"),
    ],
)
def test_an_unknown_name_is_found_with_the_nearest_known_one(write, text, line, name, hint):
    path = write(text)
    error = _complaint(path)
    assert error.message == f"{path}:{line}: unknown setting {name}"
    assert hint in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('workers = 1\npool_mode = "state"', 2, "'transaction' or 'statement'"),
        ("default_pool_size = 0", 1, "greater than or equal to 1"),
        ('query_wait_timeout = "2 weeks"', 1, "must be a duration"),
        ("server_lifetime = -1", 1, "not negative"),
        ('[users.app]\npassword = ["sesame"]', 2, "text in quotes"),
        ("[databases.a]\nport = 5432", 1, "databases.a.host is missing"),
        ("databases = 3", 1, "valid dictionary"),
    ],
)
def test_a_wrong_value_is_found_and_explained(write, text, line, words):
    path = write(text)
    error = _complaint(path)
    assert error.message.startswith(f"{path}:{line}: ")
    assert words in error.message
    assert error.hint
    assert "sesame" not in str(error)


def test_what_was_given_by_an_option_is_not_blamed_on_the_file(write):
    error = _complaint(write("default_pool_size = 5\n"), default_pool_size=0)
    assert error.message.startswith("default_pool_size: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"pool_mode = session", "is not TOML"),
        (b'password = "sesame\n', "is not TOML"),
        (b'x = "\xff"', "is not UTF-8"),
    ],
)
def test_what_is_no_toml(tmp_path, content, words):
    path = tmp_path / "forebay.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_file(path)
    assert "sesame" not in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        read_file(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigurationError, match="directory"):
        read_file(tmp_path)


def test_users_come_from_both_the_file_and_its_list(write, tmp_path):
    (tmp_path / "userlist.txt").write_text('"app" "listed"\n"other" "secret"\n')
    path = write('auth_file = "userlist.txt"\n[users.app]\npassword = "table"')
    users = _settings(path).users
    assert users["app"].password == Secret("table")
    assert users["other"].password == Secret("secret")
