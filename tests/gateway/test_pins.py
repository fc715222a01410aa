"""A client keeps its server while something of its session's is there, and no longer."""

from contextlib import suppress

import pytest

from tests.support import messages
from tests.support.console import OPERATORS, table
from tests.support.database import Database
from tests.support.door import USER
from tests.support.gateway import RunningGateway, StartGateway
from tests.support.metrics import LISTEN, Scrape
from tests.support.replies import Reply, errors, lines
from tests.support.waiting import wait_until
from tests.support.wire import Wire

# What begins a pin, what shows that it is there, and what ends it, by reason.
PINS: dict[str, tuple[list[str], str, list[str]]] = {
    "advisory_lock": (
        ["select pg_advisory_lock(7)"],
        "select pg_advisory_unlock(7) and pg_try_advisory_lock(7)",
        ["select pg_advisory_unlock(7)"],
    ),
    "prepared_statement": (
        ["prepare totals(int) as select 5 + $1"],
        "execute totals(1)",
        ["deallocate totals"],
    ),
    "cursor": (
        ["declare page cursor with hold for select generate_series(1, 100)"],
        "fetch page",
        ["close page"],
    ),
    "temporary_object": (
        ["create temporary table cart as select 3 as item"],
        "select item from cart",
        ["drop table cart"],
    ),
}
ENDS = {
    "advisory_lock": "select pg_advisory_unlock_all()",
    "prepared_statement": "deallocate all",
    "cursor": "close all",
    "temporary_object": "discard temp",
}


@pytest.fixture(autouse=True)
def nothing_left(database: Database) -> None:
    """Drop what earlier tests have made."""
    database.ask("drop sequence if exists invoice")


def _reasons(gateway: RunningGateway) -> dict[str, int]:
    """Return how many clients are pinned for each reason."""
    samples = Scrape(gateway).samples()
    return {
        labels["reason"]: int(value)
        for name, labels, value in samples
        if name == "forebay_pins" and value
    }


def _failures(replies: list[Reply]) -> list[Reply]:
    return [reply for reply in replies if reply.tag == "E"]


def _wait_for(gateway: RunningGateway, **reasons: int) -> None:
    wait_until(lambda: _reasons(gateway) == reasons)


def _backend(wire: Wire) -> str | None:
    return wire.value("select pg_backend_pid()")


@pytest.mark.parametrize("reason", PINS)
def test_a_client_keeps_its_server_until_the_reason_ends(
    start_gateway: StartGateway, reason: str
) -> None:
    begins, shows, ends = PINS[reason]
    gateway = start_gateway(default_pool_size=2, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    for end in ([], ends, [ENDS[reason]], ["discard all"]):
        for statement in begins:
            assert not errors(wire.query(statement))
        backend = _backend(wire)
        for _ in range(3):
            assert _backend(other) != backend
            assert not errors(wire.query(shows)), shows
            assert _backend(wire) == backend
        _wait_for(gateway, **{reason: 1})
        for statement in end or ends:
            assert not errors(wire.query(statement))
        _wait_for(gateway)
        assert gateway.pool("server_active") == 0


@pytest.mark.parametrize("reason", PINS)
@pytest.mark.parametrize("undone", ["rollback", "rollback to a; commit", "select 1/0; commit"])
def test_what_is_undone_pins_nobody(start_gateway: StartGateway, reason: str, undone: str) -> None:
    begins, _, _ = PINS[reason]
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("begin; savepoint a")
    for statement in begins:
        wire.query(statement)
    wire.query(undone)
    if wire.status != "I":
        wire.query("rollback")
    # A session lock and a statement outlive the transaction, and only they.
    left = {reason: 1} if reason in ("advisory_lock", "prepared_statement") else {}
    _wait_for(gateway, **left)
    if left:
        wire.query(ENDS[reason])
    assert other.value("select 1") == "1"


@pytest.mark.parametrize("reason", PINS)
def test_what_a_client_leaves_no_other_finds(start_gateway: StartGateway, reason: str) -> None:
    begins, shows, _ = PINS[reason]
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    backends = set()
    for leaves in ("close", "abort", "in a transaction", "terminate"):
        wire = gateway.wire()
        for statement in begins:
            wire.query(statement)
        backends.add(_backend(wire))
        if leaves == "in a transaction":
            wire.query("begin")
            wire.query("set local work_mem = '7MB'")
        if leaves == "terminate":
            wire.send(messages.terminate())
        if leaves == "abort":
            wire.abort()
        else:
            wire.close()
        other = gateway.wire()
        backends.add(_backend(other))
        shown = lines(other.query(shows))
        assert any(line.startswith("ErrorResponse") or "DataRow f" in line for line in shown) or (
            reason == "advisory_lock"
        )
        assert other.value("select count(*) from pg_locks where locktype = 'advisory'") == "0" or (
            not errors(other.query("select pg_advisory_unlock_all()"))
        )
        other.close()
    assert len(backends) == 1, "the server was cleaned, not closed"
    assert _reasons(gateway) == {}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("do $$begin execute 'set app.x = 1'; end$$", "undecided"),
        ("select set_config('app.' || 'x', '1', false)", "undecided"),
        ("select setseed(0.5)", "seed"),
        ("load 'plpgsql'", "load"),
    ],
)
def test_what_cannot_be_asked_about_pins_until_the_client_goes(
    start_gateway: StartGateway, database: Database, statement: str, reason: str
) -> None:
    if reason == "load":
        database.ask("alter role app superuser")
    gateway = start_gateway(default_pool_size=2, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    assert not errors(wire.query(statement))
    backend = _backend(wire)
    _wait_for(gateway, **{reason: 1})
    for _ in range(3):
        assert _backend(other) != backend
        assert _backend(wire) == backend
    wire.close()
    _wait_for(gateway)
    if reason in ("seed", "load"):
        wait_until(lambda: str(backend) not in map(str, database.backends()))
    database.ask("alter role app nosuperuser")


def test_discard_all_ends_what_was_undecided(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    wire.query("do $$begin execute 'set app.x = 1'; end$$")
    assert wire.value("show app.x") == "1"
    wire.query("discard all")
    _wait_for(gateway)
    assert other.value("select current_setting('app.x', true)") in (None, "")


def test_execute_does_what_its_prepare_says(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    wire = gateway.wire()
    wire.query("prepare p(text) as select set_config('app.x', $1, false)")
    wire.query("execute p('one')")
    wire.query("deallocate p")
    _wait_for(gateway)
    other = gateway.wire()
    assert other.value("select current_setting('app.x', true)") in (None, "")
    assert wire.value("show app.x") == "one"


@pytest.mark.parametrize("transaction", [False, True])
@pytest.mark.parametrize("extended", [False, True])
def test_too_many_pins_are_refused_before_postgresql_runs_them(
    start_gateway: StartGateway, database: Database, transaction: bool, extended: bool
) -> None:
    database.ask("drop table if exists ledger")
    database.ask("create table ledger (what text)")
    database.ask("grant all on ledger to public")
    gateway = start_gateway(default_pool_size=3, max_pinned=1, **LISTEN)
    first, second = gateway.wire(), gateway.wire()
    assert not errors(first.query("create temporary table cart (a int)"))
    if transaction:
        second.query("begin")
        second.query("insert into ledger values ('before')")
    text = "create temporary table cart (a int)"
    if extended:
        replies = second.play(
            messages.parse(text),
            messages.bind(),
            messages.execute(),
            messages.sync(),
        )
    else:
        replies = second.query(text)
    (error,) = _failures(replies)
    assert error.fields["C"] == "0A000"
    assert "max_pinned" in error.fields["M"]
    assert "SHOW PINS" in error.fields["H"]
    assert second.status == ("E" if transaction else "I")
    if transaction:
        assert errors(second.query("select 1")) == ["25P02"]
        assert "CommandComplete ROLLBACK" in lines(second.query("commit"))
    assert second.value("select count(*) from ledger") == "0"
    _wait_for(gateway, temporary_object=1)
    # Whoever is pinned goes on, and the place is free again afterwards.
    assert not errors(first.query("create temporary table another (a int)"))
    first.query("discard temp")
    _wait_for(gateway)
    assert not errors(second.query(text))


def test_a_place_is_only_kept_by_what_pins(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=2, max_pinned=1, **LISTEN)
    first, second = gateway.wire(), gateway.wire()
    for _ in range(5):
        for wire in (first, second):
            assert not errors(wire.query("select 'pg_advisory_lock(1)' as pg_advisory_lock"))
            wait_until(lambda: gateway.pool("server_active") == 0)
    assert _reasons(gateway) == {}


def test_one_server_is_left_for_the_others(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, **LISTEN)
    wires = [gateway.wire() for _ in range(4)]
    refused = [bool(errors(wire.query("create temp table t (a int)"))) for wire in wires]
    assert refused == [False, False, True, True]
    assert wires[3].value("select 1") == "1"
    assert Scrape(gateway).value("forebay_pins_limit") == 2


def test_a_reload_changes_the_limit(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, max_pinned=1, **LISTEN)
    first, second = gateway.wire(), gateway.wire()
    first.query("select pg_advisory_lock(1)")
    assert errors(second.query("select pg_advisory_lock(2)"))
    gateway.reload(max_pinned=0)
    assert not errors(second.query("select pg_advisory_lock(2)"))


def test_pins_are_shown_and_counted(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, **OPERATORS, **LISTEN)
    wire = gateway.wire()
    assert table(gateway, "SHOW PINS") == []
    wire.query("create temp table secrets as select 'hush' as word, 42 as answer")
    wire.query("select pg_advisory_lock(7)")
    _wait_for(gateway, advisory_lock=1, temporary_object=1)
    (row,) = table(gateway, "SHOW PINS")
    assert row["reason"] == "advisory_lock,temporary_object"
    assert row["statement"] == "create temp table secrets as select ? as word, ? as answer"
    assert (row["user"], row["database"]) == (USER, "app")
    assert str(row["remote_pid"]) == _backend(wire)
    wire.query("discard all")
    wait_until(lambda: table(gateway, "SHOW PINS") == [])
    assert Scrape(gateway).value("forebay_pins_total", reason="advisory_lock") == 1


def test_a_pinned_client_does_not_keep_a_shutdown_waiting(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=3, **LISTEN)
    wire = gateway.wire()
    wire.query("create temp table t (a int)")
    _wait_for(gateway, temporary_object=1)
    gateway.handle.drain()
    assert errors(wire.read_end()) == ["57P01"]


def test_cancels_and_time_limits_do_not_pin(start_gateway: StartGateway) -> None:
    """What asks PostgreSQL may be hit by what was meant for the client's own."""
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    for _ in range(20):
        wire.send(messages.query("set app.x = 'one'"))
        with gateway.knock() as canceller:
            canceller.send(messages.cancel_request(wire.key))
            canceller.read_rest()
        wire.read_ready()
        assert other.value("select current_setting('app.x', true)") in (None, "")
    assert _reasons(gateway) == {}


# currval and lastval


@pytest.fixture
def sequences(database: Database) -> None:
    """Make two sequences."""
    for name in ("invoice", "receipt"):
        database.ask(f"drop sequence if exists {name}")
        database.ask(f"create sequence {name}")
        database.ask(f"grant usage on sequence {name} to {USER}")


def test_a_number_is_told_in_the_transaction_that_drew_it(
    start_gateway: StartGateway, sequences: None
) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    wires = [gateway.wire() for _ in range(3)]
    for round_ in range(3):
        for number, wire in enumerate(wires):
            wire.query("begin")
            assert wire.value("select nextval('invoice')") == str(round_ * 3 + number + 1)
            assert wire.value("select lastval()") == str(round_ * 3 + number + 1)
            assert wire.value("select currval('invoice')") == str(round_ * 3 + number + 1)
            wire.query("commit")
    assert _reasons(gateway) == {}


def test_a_number_is_told_while_nobody_else_has_used_the_server(
    start_gateway: StartGateway, sequences: None
) -> None:
    gateway = start_gateway(default_pool_size=3, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    assert wire.value("select nextval('invoice')") == "1"
    assert wire.value("select lastval()") == "1"
    _wait_for(gateway, sequence=1)
    for number in range(2, 5):
        assert other.value("select nextval('receipt')") == str(number - 1)
        assert wire.value("select nextval('invoice')") == str(number)
        assert wire.value("select currval('invoice')") == str(number)
    wire.query("discard sequences")
    _wait_for(gateway)


@pytest.mark.parametrize(
    "text",
    [
        "select currval('no_such')",
        "select lastval('too much')",
        "select 1 as currval, t.lastval from (select 2 as lastval) t",
        'select \'currval\', "lastval".* from (select 1) as "lastval"',
    ],
)
def test_what_tells_no_number_ties_nobody(
    start_gateway: StartGateway, sequences: None, text: str
) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    wire, other = gateway.wire(), gateway.wire()
    wire.query(text)
    wire.play(messages.parse(text), messages.bind(), messages.execute(), messages.sync())
    assert other.value("select 1") == "1"
    assert Scrape(gateway).value("forebay_pins_total") == 0


def test_no_client_is_told_anothers_number(start_gateway: StartGateway, sequences: None) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    one, two = gateway.wire(), gateway.wire()
    assert one.value("select nextval('invoice')") == "1"
    for ask in ("select lastval()", "select currval('invoice')"):
        (error,) = _failures(two.query(ask))
        assert error.fields["C"] == "55000"
        assert "RETURNING" in error.fields["H"]
    assert two.value("select nextval('receipt')") == "1"
    # By now another has used its server.
    assert errors(one.query("select lastval()")) == ["55000"]
    two.query("begin")
    assert errors(two.query("select currval('invoice')")) == ["55000"]
    two.query("rollback")
    assert _reasons(gateway) == {}


@pytest.mark.parametrize("named", [False, True])
def test_no_driver_is_told_anothers_number(
    start_gateway: StartGateway, sequences: None, named: bool
) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    one, two = (gateway.connect(prepare_threshold=0 if named else None) for _ in range(2))
    for _ in range(3):
        one.execute("select nextval(%s)", ("invoice",))
        with suppress(Exception):
            pytest.fail(f"told {two.execute('select lastval() + %s', (0,)).fetchone()}")
    with one.transaction():
        one.execute("select nextval(%s)", ("invoice",))
        assert one.execute("select lastval() + %s", (0,)).fetchone() == (4,)
