"""Layers of settings: which wins, where each value comes from, and who is listed where."""

from pathlib import Path

import pytest

from forebay.errors import BadSettings, Problem
from forebay.postgres.secret import Secret
from forebay.serve.check import not_servable
from forebay.serve.load import Loaded, load, make_settings, read_file
from forebay.serve.settings import Settings


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _load(text: str, name: str = "x.ini", **environment: str) -> Loaded:
    Path(name).write_text(text)
    return load({}, read_file(Path(name)), environment=environment)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["x.ini", "x.conf", "x.cfg", "settings", "x.txt"])
def test_an_ini_file_is_known_by_its_name_or_by_what_it_holds(name):
    assert _load("; x\n[pgbouncer]\npool_mode = statement", name).settings.pool_mode == "statement"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["x.toml", "settings"])
def test_so_is_a_toml_file(name):
    assert _load('pool_mode = "statement"', name).settings.pool_mode == "statement"


@pytest.mark.usefixtures("here")
def test_the_environment_overrides_a_file_and_says_so():
    loaded = _load(
        "[pgbouncer]\npool_mode = session\nlisten_port = 1\n",
        FOREBAY_POOL_MODE="transaction",
        FOREBAY_QUERY_TIMEOUT="30s",
        FOREBAY_LOG_STATS="off",
        FOREBAY_LISTEN_ADDR="127.0.0.1, ::1",
        FOREBAY_POSTGRES_BIN="elsewhere",
    )
    settings = loaded.settings
    assert (settings.pool_mode, settings.query_timeout) == ("transaction", 30)
    assert (settings.log_stats, settings.listen_addr) == (False, ["127.0.0.1", "::1"])
    assert loaded.origin(("pool_mode",)) == "environment FOREBAY_POOL_MODE"
    assert loaded.origin(("listen_port",)) == "x.ini:3"
    assert loaded.origin(("max_client_conn",)) == "default"
    assert loaded.notes == ()


@pytest.mark.usefixtures("here")
def test_an_option_overrides_the_environment():
    Path("x.toml").write_text('pool_mode = "session"')
    variables = {"FOREBAY_POOL_MODE": "transaction"}
    loaded = load({"pool_mode": "statement"}, read_file(Path("x.toml")), environment=variables)
    assert loaded.settings.pool_mode == "statement"
    assert loaded.origin(("pool_mode",)) == "option"


@pytest.mark.usefixtures("here")
def test_a_bad_variable_is_named():
    with pytest.raises(BadSettings) as caught:
        _load("[pgbouncer]", FOREBAY_MAX_CLIENT_CONN="lots")
    assert caught.value.message.startswith(
        "environment FOREBAY_MAX_CLIENT_CONN: max_client_conn: Input should be a valid integer"
    )


@pytest.mark.usefixtures("here")
def test_a_misspelt_variable_is_noted():
    (note,) = _load("[pgbouncer]", FOREBAY_POOL_MOD="session").notes
    assert "FOREBAY_POOL_MOD is not read: did you mean FOREBAY_POOL_MODE?" in note.message


def test_relative_paths_begin_at_a_toml_files_folder_and_where_one_is_for_an_ini(here):
    (here / "inner").mkdir()
    (here / "inner" / "userlist.txt").write_text('"inner" "x"')
    (here / "userlist.txt").write_text('"outer" "x"')
    assert list(_load('auth_file = "userlist.txt"', "inner/x.toml").settings.users) == ["inner"]
    ini = _load("[pgbouncer]\nauth_file = userlist.txt", "inner/x.ini")
    assert list(ini.settings.users) == ["outer"]


def test_a_users_settings_and_its_listed_password_meet(here):
    (here / "userlist.txt").write_text('"app" "sesame"\n"other" "open"\n')
    loaded = _load(
        "[users]\napp = pool_mode=statement\nnew = pool_size=3\n"
        "[databases]\nforced = host=h user=other\nown = host=h user=other password=mine\n"
        "free = host=h\n"
        "[pgbouncer]\nauth_file = userlist.txt\n"
    )
    users, databases = loaded.settings.users, loaded.settings.databases
    assert users["app"].password == Secret("sesame")
    assert users["app"].pool_mode == "statement"
    assert users["other"].password == Secret("open")
    assert (users["new"].password, users["new"].pool_size) == (None, 3)
    # As in PgBouncer: a database's user without a password has the one that is listed.
    assert databases["forced"].password == Secret("open")
    assert databases["own"].password == Secret("mine")
    assert databases["free"].password is None
    assert loaded.origin(("users", "app", "password")) == "userlist.txt"
    assert loaded.origin(("users", "app", "pool_mode")) == "x.ini:2"


@pytest.mark.usefixtures("here")
def test_every_problem_is_found_whatever_its_kind():
    with pytest.raises(BadSettings) as caught:
        _load(
            'pool_mode = "x"\nno_such = 1\nso_reuseport = true\nauth_file = "nowhere"\n'
            "[databases.a]\nport = 1\n[databases.b]\nhost = 'h,i'\nprot = 2\n",
            "x.toml",
        )
    said = [str(problem) for problem in caught.value.problems]
    assert [line.split(": ")[0] for line in said] == [
        *("x.toml:1", "x.toml:2", "x.toml:3", "x.toml:4", "x.toml:5", "x.toml:8", "x.toml:9")
    ]
    assert "not built yet" in said[2]
    assert "cannot be read" in said[3]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("auth_dbname = pgbouncer", 'auth_dbname: cannot use the reserved "pgbouncer" database'),
        ("auth_hba_file = x", "auth_hba_file: not built yet in this version"),
        ("auth_type = any", "auth_type any: not built yet in this version"),
        ("auth_type = pam", "auth_type pam: not built yet in this version"),
        ("auth_type = ldap", "auth_type ldap: not built yet in this version"),
        ("auth_type = peer", "auth_type peer: not built yet in this version"),
        ("peer_id = 1", "peer_id: not built yet in this version"),
        ("so_reuseport = 1", "so_reuseport: not built yet in this version"),
        ("syslog = 1", "syslog: not built yet in this version"),
        ("resolv_conf = x", "resolv_conf: not built yet in this version"),
        ("scram_iterations = 5000", "scram_iterations: not built yet in this version"),
        ("unix_socket_dir = @x", "unix_socket_dir: not built yet in this version"),
        ("[peers]\n1 = host=x", "peers.1: not built yet in this version"),
        ("[databases]\na = host=h,i", "databases.a.host: not built yet in this version"),
        ("[databases]\na = host=@h", "databases.a.host: not built yet in this version"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name_with_its_line(line, words):
    with pytest.raises(BadSettings) as caught:
        _load(f"[pgbouncer]\n{line}\n")
    (problem,) = caught.value.problems
    number = 3 if line.startswith("[") else 2
    assert str(problem).startswith(f"x.ini:{number}: {words}")
    assert problem.hint


@pytest.mark.usefixtures("here")
def test_a_budget_needs_somebody_who_looks():
    with pytest.raises(BadSettings) as caught:
        _load("[pgbouncer]\nmax_server_connections = auto\n")
    (problem,) = caught.value.problems
    assert str(problem).startswith("x.ini:2: max_server_connections auto needs control_user")
    assert "pg_monitor" in (problem.hint or "")
    text = "[pgbouncer]\nmax_server_connections = AUTO\ncontrol_user = looker\n"
    settings = _load(text).settings
    assert (settings.max_server_connections, settings.control_dbname) == ("auto", "postgres")


@pytest.mark.usefixtures("here")
def test_who_looks_users_up_needs_none_listed():
    def problems(settings: Settings) -> list[Problem]:
        return not_servable(settings, lambda _: None)

    (problem,) = problems(_load("[databases]\na = host=h\n[pgbouncer]\n").settings)
    assert "or auth_user" in (problem.hint or "")
    for text in (
        "[databases]\na = host=h\n[pgbouncer]\nauth_user = looker\n",
        "[databases]\na = host=h auth_user=looker auth_query='SELECT 1, 2'\n[pgbouncer]\n",
    ):
        loaded = _load(text)
        assert not loaded.notes
        assert not problems(loaded.settings)
        settings = loaded.settings
        assert "looker" in (settings.auth_user, settings.databases["a"].auth_user)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("auth_dbname = x", "auth_dbname: there is no database x, so that auth_query"),
        (
            "[databases]\na = host=h auth_dbname=pgbouncer",
            "databases.a.auth_dbname: pgbouncer is the console's own, so that",
        ),
        (
            "[databases]\na = host=h auth_dbname=x",
            "databases.a.auth_dbname: there is no database x",
        ),
    ],
)
def test_a_database_that_cannot_be_looked_in_is_noted(line, words):
    (note,) = _load(f"[databases]\na = host=h\n[pgbouncer]\n{line}\n").notes
    assert note.message.startswith(words)
    assert note.hint


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "line",
    [
        *("pkt_buf = 8192", "sbuf_loopcnt = 0", "tcp_socket_buffer = 1", "dns_max_ttl = 1"),
        *("dns_nxdomain_ttl = 1", "dns_zone_check_period = 1", "query_wait_notify = 0"),
        *("job_name = x", "service_name = x", "conffile = x", "syslog_ident = x"),
        *("syslog_facility = local0", "[databases]\na = host=h load_balance_hosts=disable"),
    ],
)
def test_what_changes_nothing_here_is_taken_with_a_note(line):
    (note,) = _load(f"[pgbouncer]\n{line}\n").notes
    assert "changes nothing here: " in note.message
    assert note.where == ("x.ini:3" if line.startswith("[") else "x.ini:2")


@pytest.mark.usefixtures("here")
def test_defaults_of_a_command_are_weaker_than_a_file():
    Path("x.ini").write_text("[pgbouncer]\ndefault_pool_size = 3")
    settings = make_settings(
        {}, read_file(Path("x.ini")), {"default_pool_size": 1, "max_client_conn": 7}
    )
    assert (settings.default_pool_size, settings.max_client_conn) == (3, 7)
