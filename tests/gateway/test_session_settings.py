"""Settings that PostgreSQL does not report follow their client too, as PostgreSQL has kept them."""

import pytest

from tests.support import messages
from tests.support.database import Database
from tests.support.door import USER, Door
from tests.support.gateway import StartGateway, database_entry
from tests.support.replies import errors, lines
from tests.support.wire import Wire

ROLES = ["reporting", "auditing"]


@pytest.fixture
def roles(database: Database) -> list[str]:
    """Make roles that the user may become."""
    for role in ROLES:
        if not database.ask("select 1 from pg_roles where rolname = %s", role):
            database.ask(f"create role {role} role {USER}")
    return ROLES


def _show(wire: Wire, name: str) -> str | None:
    return wire.value(f"select current_setting('{name}', true)")


SCRIPTS = {
    "set": ["set work_mem = '7MB'"],
    "behind comments": ["/* x */ set -- y\n session \"work_mem\" to '7MB'"],
    "set_config": ["select set_config('work_mem', '7MB', false)"],
    "local": ["begin", "set local work_mem = '7MB'", "commit"],
    "local by function": ["select set_config('work_mem', '7MB', true)"],
    "committed": ["begin", "set work_mem = '7MB'", "commit"],
    "rolled back": ["begin", "set work_mem = '7MB'", "rollback"],
    "rolled back to a savepoint": [
        "begin",
        "set work_mem = '6MB'",
        "savepoint a",
        "set work_mem = '7MB'",
        "rollback to a",
        "commit",
    ],
    "savepoint released": [
        "begin",
        "savepoint a",
        "set work_mem = '7MB'",
        "release a",
        "commit",
    ],
    "failed": ["begin", "set work_mem = '7MB'", "select 1/0", "commit"],
    "failed behind a savepoint": [
        "begin",
        "set work_mem = '6MB'",
        "savepoint a",
        "set work_mem = '7MB'",
        "select 1/0",
        "rollback to a",
        "commit",
    ],
    "several statements": ["set work_mem = '6MB'; set work_mem = '7MB'"],
    "several statements, one of which fails": ["set work_mem = '7MB'; select 1/0"],
    "several statements with a commit inside": ["begin; set work_mem = '7MB'; commit; select 1/0"],
    "set twice": ["set work_mem = '6MB'", "set work_mem = '7MB'"],
    "reset": ["set work_mem = '7MB'", "reset work_mem"],
    "to default": ["set work_mem = '7MB'", "set work_mem to default"],
    "reset in a transaction": ["set work_mem = '7MB'", "begin", "reset work_mem", "commit"],
    "reset rolled back": ["set work_mem = '7MB'", "begin", "reset work_mem", "rollback"],
    "reset all": ["set work_mem = '7MB'", "reset all"],
    "discard all": ["set work_mem = '7MB'", "discard all"],
    "bad value": ["set work_mem = '7MB'", "set work_mem = 'much'"],
    "block": ["do $$begin set work_mem = '7MB'; end$$"],
    "function call in a block": ["do $$begin perform set_config('work_mem', '7MB', false); end$$"],
    "one's own": ["set app.tenant = 'one'", "set app.user_id = '17'"],
    "one's own, reset": ["set app.tenant = 'one'", "reset app.tenant"],
    "difficult value": ["set app.tenant = 'o''x\\y; reset all --'"],
    "not in ASCII": ["set app.tenant = 'Zoë \u4e16'"],
    "in another encoding": [
        "set client_encoding = 'LATIN1'",
        "set app.tenant = 'e'",
        "do $$begin perform set_config('app.user_id', chr(235), false); end$$",
        "set client_encoding = 'UTF8'",
    ],
    "search path": ['set search_path = one, "Two two"'],
    "characteristics": ["set session characteristics as transaction isolation level serializable"],
    "read as a list": ["set temp_tablespaces = ''"],
    "through the view": ["update pg_settings set setting = 7168 where name = 'work_mem'"],
    "role": ["set role reporting"],
    "role and setting": ["set role reporting", "set work_mem = '7MB'"],
    "setting and role": ["set work_mem = '7MB'", "set role reporting"],
    "two roles": ["set role reporting", "set role auditing"],
    "role taken back": ["set role reporting", "set work_mem = '7MB'", "reset role"],
    "role none": ["set role reporting", "set role none"],
    "role rolled back": ["set role auditing", "begin", "set role reporting", "rollback"],
    "authorization": [f"set session authorization {USER}", "set role reporting"],
    "authorization after role": ["set role reporting", f"set session authorization {USER}"],
}

ASKED = [
    "work_mem",
    "app.tenant",
    "app.user_id",
    "search_path",
    "role",
    "session_authorization",
    "default_transaction_isolation",
    "client_encoding",
    "TimeZone",
    "statement_timeout",
]


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("startup", [{}, {"work_mem": "5MB", "TimeZone": "Asia/Tokyo"}])
def test_the_settings_are_those_of_a_session_of_ones_own(
    start_gateway: StartGateway,
    database: Database,
    roles: list[str],
    name: str,
    startup: dict[str, str],
) -> None:
    gateway = start_gateway(default_pool_size=2)
    own, pooled, other = database.wire(**startup), gateway.wire(**startup), gateway.wire()
    before = _seen(other)
    for statement in SCRIPTS[name]:
        expected = lines(own.query(statement))
        assert lines(pooled.query(statement)) == expected
        # Whoever can take the server does, and sees nothing of it.
        assert _seen(other) == before
        if own.status != "E":
            assert _seen(pooled) == _seen(own)
    assert _seen(pooled) == _seen(own)
    assert _seen(other) == before
    pooled.close()
    for _ in range(3):
        assert _seen(gateway.wire()) == before


def _seen(wire: Wire) -> list[str | None]:
    # In hexadecimal digits, which look the same in every encoding.
    columns = [
        f"encode(convert_to(nullif(current_setting('{name}', true), ''), 'UTF8'), 'hex')"
        for name in ASKED
    ]
    replies = wire.query(f"select {', '.join(columns)}, current_user")
    (row,) = [reply.values for reply in replies if reply.tag == "D"]
    return row


@pytest.mark.parametrize("named", [False, True])
def test_the_name_of_a_setting_may_be_a_parameter(start_gateway: StartGateway, named: bool) -> None:
    gateway = start_gateway(default_pool_size=1)
    connection = gateway.connect(prepare_threshold=0 if named else None)
    other = gateway.connect()
    for value in ("one", "two", "three"):
        connection.execute("select set_config(%s, %s, false)", ("app.tenant", value))
        seen = other.execute("select current_setting('app.tenant', true)").fetchone()
        assert seen in [(None,), ("",)]
        assert connection.execute("show app.tenant").fetchone() == (value,)


def test_reset_returns_to_what_was_asked_for_at_startup(door: Door) -> None:
    wire = door.wire(options="-c work_mem=5MB -c statement_timeout=9s")
    for reset in ("reset work_mem", "set work_mem to default", "reset all", "discard all"):
        wire.query("set work_mem = '7MB'")
        assert _show(wire, "work_mem") == "7MB"
        wire.query(reset)
        assert _show(wire, "work_mem") == "5MB", reset
    wire.query("set statement_timeout = '8s'")
    wire.play(messages.query("begin"), messages.query("reset work_mem"))
    assert _show(wire, "work_mem") == "5MB"
    assert _show(wire, "statement_timeout") == "8s"
    wire.query("rollback")
    assert _show(wire, "statement_timeout") == "8s"


@pytest.mark.parametrize(
    "script",
    [
        ["begin", "set timezone to default", "reset timezone"],
        ["begin", "set app.tenant to default", "set app.tenant to default", "commit"],
        ["discard all", "reset all", "reset all"],
        ["set role reporting", "begin", "set role none", "reset timezone"],
        ["set app.tenant = 'two'", "begin", "set app.tenant = 'three'", "reset timezone", "commit"],
        ["set role reporting", "reset all"],
        ["set timezone = 'UTC'", "begin", "set work_mem = '6MB'", "reset all", "rollback"],
        ["reset all", "set timezone to 'Europe/Paris'", "set work_mem = '6MB'"],
        ["discard all", "set timezone to 'Europe/Paris'", "set app.tenant = 'two'"],
    ],
)
@pytest.mark.parametrize("way", ["simple", "extended", "pipelined"])
def test_reset_takes_back_what_it_says_and_nothing_else(
    start_gateway: StartGateway,
    database: Database,
    roles: list[str],
    script: list[str],
    way: str,
) -> None:
    startup = {"TimeZone": "Asia/Tokyo", "options": "-c app.tenant=one -c work_mem=5MB"}
    own, pooled = database.wire(**startup), start_gateway(default_pool_size=2).wire(**startup)
    for wire in (own, pooled):
        wire.query("set role auditing")
    if way == "extended":
        for statement in script:
            for wire in (own, pooled):
                wire.play(
                    messages.parse(statement), messages.bind(), messages.execute(), messages.sync()
                )
        assert _seen(pooled) == _seen(own)
    elif way == "pipelined":
        for wire in (own, pooled):
            wire.play(*(messages.query(statement) for statement in script))
        assert _seen(pooled) == _seen(own)
    else:
        for statement in script:
            own.query(statement)
            pooled.query(statement)
            assert _seen(pooled) == _seen(own), statement


def test_a_setting_for_superusers_is_made_before_the_role(
    start_gateway: StartGateway, database: Database, roles: list[str]
) -> None:
    database.ask("alter role asks_nothing superuser")
    entry = database_entry(database, user="asks_nothing")
    gateway = start_gateway(default_pool_size=1, databases=[entry])
    chief, other = gateway.wire(), gateway.wire()
    chief.query("set session_replication_role = replica")
    chief.query(f"set session authorization {USER}")
    chief.query("set role reporting")
    for _ in range(2):
        assert other.value("select current_user") == "asks_nothing"
        assert _show(other, "session_replication_role") == "origin"
        assert chief.value("select current_user") == "reporting"
        assert chief.value("select session_user") == USER
        assert _show(chief, "session_replication_role") == "replica"
    chief.query("reset session authorization")
    assert chief.value("select current_user") == "asks_nothing"
    assert _show(chief, "session_replication_role") == "replica"
    database.ask("alter role asks_nothing nosuperuser")


def test_a_server_is_not_used_before_the_settings_are_made(
    start_gateway: StartGateway, database: Database
) -> None:
    """A role that is gone: nothing of its client's runs as anybody else."""
    database.ask("drop role if exists leaving")
    database.ask(f"create role leaving role {USER}")
    database.ask("drop table if exists ledger")
    database.ask("create table ledger (who text)")
    database.ask("grant all on ledger to public")
    gateway = start_gateway(default_pool_size=1)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("set role leaving")
    assert other.value("select current_user") == USER
    database.ask("drop role leaving")
    with pytest.raises(Exception, match="leaving"):
        wire.query("insert into ledger values (current_user)")
    assert other.value("select count(*) from ledger") == "0"


def test_anothers_time_limit_does_not_hit(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    hasty, other = gateway.wire(), gateway.wire()
    hasty.query("set statement_timeout = '1ms'")
    for _ in range(20):
        assert errors(hasty.query("select pg_sleep(0.1)"))
        assert _show(other, "statement_timeout") == "0"


def test_a_tenants_settings_do_not_copy_its_statements(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    connections = [gateway.connect(prepare_threshold=0) for _ in range(8)]
    for number, connection in enumerate(connections):
        connection.execute("select set_config('app.tenant', %s, false)", (str(number),))
    for connection in connections:
        connection.execute("select 'the same', %s", (1,))
    found = connections[0].execute(
        "select count(*) from pg_prepared_statements where statement like %s", ("%the same%",)
    )
    assert found.fetchone() == (1,)


def test_a_client_that_leaves_in_the_middle_leaves_nothing(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1)
    other = gateway.wire()
    before = _seen(other)
    for script in (["begin", "set work_mem = '7MB'"], ["set work_mem = '7MB'"]):
        wire = gateway.wire()
        for statement in script[:-1]:
            wire.query(statement)
        wire.send(messages.query(script[-1]))
        wire.abort()
        assert _seen(other) == before
