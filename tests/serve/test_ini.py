"""pgbouncer.ini: what it may say, and that a mistake is found by file, line and nearest name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from forebay.errors import BadSettings, ConfigurationError, Problem
from forebay.postgres.secret import Secret
from forebay.serve.ini import read_ini
from forebay.serve.load import Loaded, load
from forebay.serve.settings import Settings

_FULL = """
; A comment, and a setting in every form.
[databases]
shop = host=10.0.0.5 port=6000 dbname=shop_production pool_size=5 password='it''s' user=app
'odd name' = host=h reserve_pool=3 server_lifetime=60 pool_mode=Session
socket =
* = host=/run/postgresql pool_size=-1

[users]
app = pool_mode=transaction max_user_connections=7 query_timeout=0 client_idle_timeout=9

[pgbouncer]
listen_addr = 127.0.0.1, ::1
listen_port = 0x1900
unix_socket_mode = 0700
default_pool_size = 010
pool_mode = TRANSACTION
query_timeout = 2.5
log_connections = 0
tcp_keepalive = off
admin_users = alice, bob
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "x.ini") -> Path:
        path = Path(name)
        path.write_text(text)
        return path

    return write


def _load(path: Path) -> Loaded:
    return load({}, read_ini(path))


def _problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(BadSettings) as caught:
        _load(path)
    return caught.value.problems


def test_a_file_is_read(write):
    settings = _load(write(_FULL)).settings
    assert settings.listen_addr == ["127.0.0.1", "::1"]
    assert settings.listen_port == 6400
    assert settings.unix_socket_mode == 0o700
    assert settings.default_pool_size == 8
    assert settings.pool_mode == "transaction"
    assert settings.query_timeout == 2.5
    assert settings.log_connections is False
    assert settings.tcp_keepalive is False
    assert settings.admin_users == ["alice", "bob"]
    shop = settings.databases["shop"]
    assert (shop.host, shop.port, shop.dbname) == ("10.0.0.5", 6000, "shop_production")
    assert (shop.pool_size, shop.user, shop.password) == (5, "app", Secret("it's"))
    odd = settings.databases["odd name"]
    assert (odd.reserve_pool_size, odd.server_lifetime, odd.pool_mode) == (3, 60, "session")
    assert settings.databases["socket"].host == "/tmp"
    assert settings.databases["*"].pool_size is None
    app = settings.users["app"]
    assert (app.pool_mode, app.max_user_connections) == ("transaction", 7)
    assert (app.query_timeout, app.client_idle_timeout) == (None, 9)


def test_what_is_not_said_is_as_in_pgbouncer(write):
    settings = _load(write("[pgbouncer]")).settings
    assert settings.listen_addr == []
    assert settings.unix_socket_dir == "/tmp"
    assert settings.pool_mode == "session"


def test_an_empty_folder_is_no_unix_socket_and_no_host(write):
    path = write("[databases]\na =\n[pgbouncer]\nunix_socket_dir =\n")
    (problem,) = _problems(path)
    assert str(problem) == "x.ini:2: databases.a.host is missing"


def test_files_are_included_where_they_are_named(write):
    write("default_pool_size = 5\n[databases]\nb = host=b\n", "pools.ini")
    path = write(
        "[databases]\na = host=a\n[pgbouncer]\ndefault_pool_size = 4\n%include pools.ini\n"
        "c = host=c\n"
    )
    loaded = _load(path)
    # The section goes on from one file to the next, and back.
    assert list(loaded.settings.databases) == ["a", "b", "c"]
    assert loaded.settings.default_pool_size == 5
    assert loaded.origin(("default_pool_size",)) == "pools.ini:1"
    assert loaded.origin(("databases", "b", "host")) == "pools.ini:3"
    assert loaded.origin(("databases", "c", "host")) == "x.ini:6"


def test_a_mistake_in_an_included_file_has_that_files_line(write):
    write("\npool_mod = session\n", "more.ini")
    (problem,) = _problems(write("[pgbouncer]\n%include more.ini\n"))
    assert str(problem) == "more.ini:2: unknown setting pool_mod"


def test_what_includes_itself_ends(write):
    (problem,) = _problems(write("[pgbouncer]\n%include x.ini\n"))
    assert str(problem) == "x.ini:2: %include goes deeper than 10 files"


def test_a_missing_include_is_refused_where_it_is_named(write):
    (problem,) = _problems(write("[pgbouncer]\n%include nowhere.ini\n"))
    assert str(problem).startswith("x.ini:2: %include: nowhere.ini cannot be read: No such file")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        (
            "[pgbouncer]\npool_mod = x",
            "x.ini:2: unknown setting pool_mod",
            "did you mean pool_mode?",
        ),
        ("[pgbouncer]\nusers = x", "x.ini:2: unknown setting users", "[users] is a section"),
        ("[pgbouncr]\n[pgbouncer]", "x.ini:1: unknown section [pgbouncr]", "mean [pgbouncer]?"),
        ("[x]\n[pgbouncer]", "x.ini:1: unknown section [x]", "known here: pgbouncer, databases"),
        ("a = 1\n[pgbouncer]", "x.ini:1: a stands before any section", "[pgbouncer]"),
        ("[databases]\na = host=h", "x.ini: has no section [pgbouncer]", "[pgbouncer]"),
        ("[pgbouncer]\nsesame", "x.ini:2: no = after a name", "name = value"),
        (
            "[pgbouncer]\n[databases]\na = host=h pool_sise=3",
            "x.ini:3: unknown setting databases.a.pool_sise",
            "did you mean pool_size?",
        ),
        (
            "[pgbouncer]\n[databases]\na = host=h password=a sesame=3",
            "x.ini:3: databases.a: an unknown setting follows the password",
            "single quotes",
        ),
        (
            "[pgbouncer]\n[databases]\na = host=h password=sesame b",
            "x.ini:3: databases.a: must be name=value pairs",
            "single quotes",
        ),
        (
            "[pgbouncer]\n[databases]\npgbouncer = host=h",
            "x.ini:3: databases.pgbouncer: the name is the admin console's",
            "another name",
        ),
        (
            "[pgbouncer]\n[users]\na = password=sesame",
            "x.ini:3: unknown setting users.a.password",
            "auth_file",
        ),
        (
            "[pgbouncer]\n[users]\na = pool_mod=x",
            "x.ini:3: unknown setting users.a.pool_mod",
            "pool_",
        ),
        (
            "[pgbouncer]\n[users]\na = query_wait_timeout=1",
            "x.ini:3: unknown setting users.a.query_wait_timeout",
            "did you mean",
        ),
        ("[pgbouncer]\nmax_client_conn = on", "x.ini:2: max_client_conn: must be a whole", "Most"),
        ("[pgbouncer]\nmax_client_conn =", "x.ini:2: max_client_conn: must be a whole", "Most"),
        ("[pgbouncer]\nmax_client_conn = 09", "x.ini:2: max_client_conn: must be", "Most"),
        ("[pgbouncer]\nmax_client_conn = 0", "x.ini:2: max_client_conn: Input should be", "Most"),
        ("[pgbouncer]\nquery_timeout = 30s", "x.ini:2: query_timeout: must be a number", "Longest"),
        ("[pgbouncer]\nquery_timeout = -1", "x.ini:2: query_timeout: must be a number", "Longest"),
        ("[pgbouncer]\npool_mode = x", "x.ini:2: pool_mode: must be one of session,", "When"),
        ("[pgbouncer]\nlog_stats = maybe", "x.ini:2: log_stats: must be 0 or 1", "Log"),
        ("[pgbouncer]\n[databases]\na = host=h port=0", "x.ini:3: databases.a.port: Input", "Port"),
        ("[pgbouncer]\n[databases]\na = host=h port=x", "x.ini:3: databases.a.port: must", "Port"),
    ],
)
def test_a_mistake_is_found_and_explained(write, text, said, hint):
    problem = _problems(write(text))[0]
    assert str(problem).startswith(said)
    assert hint in (problem.hint or "")
    assert "sesame" not in f"{problem} {problem.hint}"


def test_every_problem_is_found_in_the_order_of_the_file(write):
    path = write(
        "[databases]\na = host=h prot=1\n[pgbouncer]\npeer_id = 3\npool_mod = x\n"
        "max_client_conn = 0\nquery_timeout = x\n"
    )
    assert [problem.where for problem in _problems(path)] == [
        *("x.ini:2", "x.ini:4", "x.ini:5", "x.ini:6", "x.ini:7")
    ]


def test_what_is_repeated_counts_where_it_stands_last(write):
    loaded = _load(
        write(
            "[databases]\na = host=x port=1\na = host=y\n"
            "[pgbouncer]\npool_mode=session\npool_mode=statement"
        )
    )
    assert loaded.settings.databases["a"].host == "y"
    assert loaded.settings.databases["a"].port == 5432
    assert loaded.settings.pool_mode == "statement"
    assert loaded.origin(("pool_mode",)) == "x.ini:6"


def test_a_second_main_section_begins_from_the_defaults_and_says_so(write):
    loaded = _load(
        write("[pgbouncer]\npool_mode = statement\nverbose = 1\n[pgbouncer]\nlisten_port = 1\n")
    )
    assert loaded.settings.pool_mode == "session"
    assert loaded.settings.verbose == 1
    (note,) = loaded.notes
    assert note.where == "x.ini:4"
    assert "pool_mode is lost" in note.message


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigurationError, match="No such file"):
        read_ini(tmp_path / "nowhere.ini")
    (tmp_path / "x.ini").write_bytes(b"[pgbouncer]\nuser = \xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        read_ini(tmp_path / "x.ini")


def test_every_setting_of_pgbouncer_at_its_default_is_taken(monkeypatch, tmp_path):
    written = Path(__file__).with_name("every-default.ini").read_text()
    (tmp_path / "every-default.ini").write_text(written)
    (tmp_path / "userlist.txt").write_text('"app" "sesame"\n')
    monkeypatch.chdir(tmp_path)
    loaded = _load(Path("every-default.ini"))
    assert loaded.notes == ()
    starts = {"listen_addr": [], "unix_socket_dir": "/tmp", "auth_file": Path("userlist.txt")}
    expected = Settings().model_copy(update=starts)
    for name in Settings.model_fields.keys() - {"databases", "users"}:
        assert getattr(loaded.settings, name) == getattr(expected, name), name
