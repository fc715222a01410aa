"""What /metrics says, held against what really happened."""

import re
import subprocess
from itertools import pairwise

import pytest

from forebay._gateway import GatewayError
from tests.support.console import OPERATORS, table
from tests.support.database import Database
from tests.support.door import DATABASE, PASSWORD, USER
from tests.support.gateway import StartGateway, database_entry
from tests.support.messages import bind, execute, parse, query, sync
from tests.support.metrics import LISTEN, Scrape, ask
from tests.support.waiting import wait_until

POOL = {"database": DATABASE, "user": USER}
CLIENTS = 8


def _pgbench(database: Database, host: str, port: int, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [database.program("pgbench"), *options, "-h", host, "-p", str(port), "-U", USER, DATABASE],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _end(load: subprocess.Popen[str]) -> str:
    text, _ = load.communicate(timeout=120)
    assert load.returncode == 0, text
    return text


@pytest.mark.parametrize("mode", ["simple", "prepared"])
@pytest.mark.parametrize("workers", [1, 2])
def test_figures_under_load_agree_with_pgbench(
    start_gateway: StartGateway, database: Database, mode: str, workers: int
) -> None:
    _end(_pgbench(database, database.host, database.port, "-i", "-q"))
    gateway = start_gateway(workers=workers, **LISTEN)
    before = Scrape(gateway)
    # A thread for each client: pgbench waits for each Parse, and its other clients with it.
    options = ["-n", "-M", mode, "-c", str(CLIENTS), "-j", str(CLIENTS), "-t", "50"]
    load = _pgbench(database, gateway.host, gateway.port, *options)
    scrapes = [before]
    while load.poll() is None:
        scrapes.append(Scrape(gateway))
    text = _end(load)
    gateway.wait_for_pool(clients=0)
    scrapes.append(Scrape(gateway))
    for earlier, later in pairwise(scrape.growing() for scrape in scrapes):
        fallen = {name: later[name] for name, value in earlier.items() if later[name] < value}
        assert not fallen

    done = scrapes[-1]
    found = re.search(r"transactions actually processed: (\d+)", text)
    assert found is not None
    transactions = int(found[1])
    assert transactions == CLIENTS * 50
    is_prepared = mode == "prepared"
    # Each transaction has seven statements. A client prepares each once, BEGIN ahead of its first
    # transaction and the others inside. Before all that pgbench looks at its tables.
    prepares = CLIENTS * 7 if is_prepared else 0
    looks = done.value("forebay_pool_queries_total", **POOL) - transactions * 7 - prepares
    assert 0 < looks < 10
    ended = transactions + looks + (CLIENTS if is_prepared else 0)
    assert done.value("forebay_pool_transactions_total", **POOL) == ended
    assert done.value("forebay_pool_server_assignments_total", **POOL) == ended
    assert done.value("forebay_pool_transaction_seconds_count", **POOL) == ended
    assert done.value("forebay_pool_checkout_wait_seconds_count", **POOL) == ended
    assert done.value("forebay_pool_received_bytes_total") > transactions * 100
    assert done.value("forebay_pool_sent_bytes_total") > transactions * 100
    # BEGIN and END are prepared too.
    assert done.value("forebay_pool_binds_total") == (transactions * 7 if is_prepared else 0)
    assert done.value("forebay_pool_client_parses_total") == (CLIENTS * 7 if is_prepared else 0)
    servers = done.value("forebay_pool_server_connects_total")
    assert done.value("forebay_pool_server_parses_total") <= servers * 7 * CLIENTS


def test_histograms_fit_their_counts(start_gateway: StartGateway, database: Database) -> None:
    gateway = start_gateway(**LISTEN)
    client = gateway.wire()
    client.query("begin")
    client.query("select pg_sleep(0.03)")
    client.query("commit")
    client.query("select 1")
    client.close()
    gateway.wait_for_pool(clients=0)
    scrape = Scrape(gateway)
    histograms = scrape.histograms()
    assert len(histograms) == 3
    for family in histograms:
        buckets = [sample for sample in family.samples if sample.name.endswith("_bucket")]
        ends = [float(sample.labels["le"]) for sample in buckets]
        counts = [sample.value for sample in buckets]
        assert ends == sorted(ends)
        assert ends[-1] == float("inf")
        assert counts == sorted(counts)
        assert counts[-1] == scrape.value(f"{family.name}_count")
        # No duration can be shorter than the start of its range, nor longer than its end.
        ranges = list(zip([0.0, *ends], ends, counts, [0, *counts], strict=False))
        least = sum(start * (now - before) for start, _, now, before in ranges)
        most = sum(end * (now - before) for _, end, now, before in ranges if now > before)
        assert least <= scrape.value(f"{family.name}_sum") <= most
    assert scrape.value("forebay_pool_query_seconds_count") == 4
    # The one that slept is above; how quick the others were is the machine's affair.
    assert scrape.value("forebay_pool_query_seconds_bucket", le="0.025") <= 3
    assert scrape.value("forebay_pool_transaction_seconds_count") == 2
    assert scrape.value("forebay_pool_checkout_wait_seconds_count") == 2
    assert scrape.value("forebay_pool_query_seconds_sum") >= 0.03
    assert scrape.value("forebay_pool_transaction_seconds_sum") >= scrape.value(
        "forebay_pool_query_seconds_sum"
    )


def test_a_client_in_line_is_seen_waiting(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    holder, waiter = gateway.wire(), gateway.wire()
    holder.query("begin")
    waiter.send(query("select 1"))
    gateway.wait_for_pool(waiting=1)
    scrape = Scrape(gateway)
    assert scrape.value("forebay_pool_clients", state="active", **POOL) == 1
    assert scrape.value("forebay_pool_clients", state="waiting", **POOL) == 1
    assert scrape.value("forebay_pool_clients", state="idle", **POOL) == 0
    assert scrape.value("forebay_pool_servers", state="active", **POOL) == 1
    assert scrape.value("forebay_pool_servers_limit", **POOL) == 1
    assert scrape.value("forebay_pool_longest_wait_seconds", **POOL) > 0
    waited = scrape.value("forebay_pool_longest_wait_seconds", **POOL)
    holder.query("commit")
    waiter.read_ready()
    wait_until(lambda: Scrape(gateway).value("forebay_pool_clients", state="idle") == 2)
    scrape = Scrape(gateway)
    assert scrape.value("forebay_pool_longest_wait_seconds", **POOL) == 0
    assert scrape.value("forebay_pool_checkout_wait_seconds_sum", **POOL) >= waited


def test_a_wait_in_vain_is_a_wait(start_gateway: StartGateway) -> None:
    gateway = start_gateway(default_pool_size=1, query_wait_timeout=0.2, **LISTEN)
    holder, waiter = gateway.wire(), gateway.wire()
    holder.query("begin")
    waiter.send(query("select 1"))
    waiter.read_end()
    scrape = Scrape(gateway)
    assert scrape.value("forebay_pool_wait_timeouts_total") == 1
    assert scrape.value("forebay_pool_checkout_wait_seconds_sum") >= 0.2
    assert scrape.value("forebay_pool_server_assignments_total") == 1
    assert scrape.value("forebay_pool_errors_total", source="pooler", **{"class": "53"}) == 1


def test_errors_are_counted_by_class(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**LISTEN)
    client = gateway.wire()
    client.query("select 1/0")
    client.query("select 1/0")
    client.query("select no_such_thing")
    client.query("do $$ begin raise exception 'x' using errcode = 'ZZ123'; end $$")
    # What is skipped up to the Sync is no second error.
    client.play(parse("select nope"), bind(), execute(), sync())
    scrape = Scrape(gateway)
    errors = {
        (labels["source"], labels["class"]): value
        for name, labels, value in scrape.samples()
        if name == "forebay_pool_errors_total"
    }
    assert errors == {
        ("postgresql", "22"): 2,
        ("postgresql", "42"): 2,
        ("postgresql", "other"): 1,
    }


def test_refused_logins_are_counted_by_reason(
    start_gateway: StartGateway, database: Database, closed_port: int
) -> None:
    entries = [
        database_entry(database),
        {"name": "away", "host": "127.0.0.1", "port": closed_port},
    ]
    gateway = start_gateway(
        databases=entries, auth_type="plain", client_login_timeout=0.3, **LISTEN
    )
    gateway.refusal(password="wrong")
    gateway.refusal(user="nobody", password=PASSWORD)
    gateway.refusal(database="nowhere", password=PASSWORD)
    gateway.refusal(database="away", password=PASSWORD)
    with gateway.knock() as silent:
        silent.read_end()
    with gateway.knock() as rude:
        rude.send(b"GET / HTTP/1.1\r\n\r\n")
        rude.read_end()
    gateway.wire(password=PASSWORD).value("select 1")
    scrape = Scrape(gateway)
    refusals = {
        labels["reason"]: value
        for name, labels, value in scrape.samples()
        if name == "forebay_login_refusals_total"
    }
    assert refusals == {
        "authentication": 2,
        "database": 1,
        "limit": 0,
        "protocol": 1,
        "server": 1,
        "shutdown": 0,
        "timeout": 1,
    }
    assert scrape.value("forebay_pool_logins_total") == 1
    assert scrape.value("forebay_pool_server_connect_failures_total", database="away") >= 1


def test_labels_cannot_be_forged(start_gateway: StartGateway, database: Database) -> None:
    name = 'a"} 1\nforged_total{b="\\'
    entry = database_entry(database, name=name, dbname=DATABASE)
    gateway = start_gateway(databases=[entry], **LISTEN)
    gateway.wire(database=name).value("select 1")
    scrape = Scrape(gateway)
    assert scrape.value("forebay_pool_queries_total", database=name) == 1
    assert not [family.name for family in scrape.families if "forged" in family.name]


def test_the_whole_gateway_has_its_figures(start_gateway: StartGateway) -> None:
    gateway = start_gateway(max_client_conn=7, **LISTEN)
    client = gateway.wire()
    client.value("select 1")
    scrape = Scrape(gateway)
    assert scrape.answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert scrape.value("forebay_client_connections") == 1
    assert scrape.value("forebay_client_connections_limit") == 7
    assert scrape.value("forebay_client_sockets") == 1
    assert scrape.value("forebay_config_last_reload_successful") == 1
    started = scrape.value("process_start_time_seconds")
    assert scrape.value("forebay_config_last_reload_success_timestamp_seconds") >= started - 1
    assert scrape.value("process_open_fds") > 3
    assert scrape.value("process_resident_memory_bytes") > 1e6
    assert scrape.value("forebay_panics_total") == 0
    assert scrape.value("forebay_build_info") == 1


def test_names_of_pgbouncer_exporter(start_gateway: StartGateway, database: Database) -> None:
    entry = database_entry(database, pool_size=3)
    gateway = start_gateway(
        databases=[entry], metrics_names="pgbouncer_exporter", max_client_conn=9, **LISTEN
    )
    client = gateway.wire()
    client.query("begin")
    scrape = Scrape(gateway)
    assert not [name for name, _, _ in scrape.samples() if name.startswith("forebay")]
    assert scrape.value("pgbouncer_pools_server_active_connections", **POOL) == 1
    assert scrape.value("pgbouncer_pools_client_active_connections", **POOL) == 1
    client.query("commit")
    scrape = Scrape(gateway)
    assert scrape.value("pgbouncer_stats_sql_transactions_pooled_total", database=DATABASE) == 1
    assert scrape.value("pgbouncer_stats_queries_pooled_total", database=DATABASE) == 2
    assert scrape.value("pgbouncer_stats_queries_duration_seconds_total") > 0
    labels = {"name": DATABASE, "host": database.host, "port": str(database.port)}
    assert scrape.value("pgbouncer_databases_pool_size", **labels) == 3
    assert scrape.value("pgbouncer_databases_current_connections", **labels) == 1
    assert scrape.value("pgbouncer_config_max_client_connections") == 9
    assert scrape.value("pgbouncer_up") == 1


def test_an_address_that_is_taken_is_refused_with_the_way_out(
    start_gateway: StartGateway, taken_port: int
) -> None:
    with pytest.raises(GatewayError) as refused:
        start_gateway(metrics_listen=f"127.0.0.1:{taken_port}")
    message, hint = refused.value.args
    assert f"127.0.0.1:{taken_port} for metrics" in message
    assert "metrics_listen" in hint


def test_a_bare_port_is_one_of_loopback(start_gateway: StartGateway) -> None:
    gateway = start_gateway(metrics_listen="0")
    assert str(gateway.stats()["metrics_address"]).startswith("127.0.0.1:")
    assert ask(gateway, "/livez").status == 200


def test_whether_the_last_reload_is_in_force(start_gateway: StartGateway) -> None:
    gateway = start_gateway(**LISTEN)
    good = "forebay_config_last_reload_successful"
    at = "forebay_config_last_reload_success_timestamp_seconds"
    start = Scrape(gateway)
    with pytest.raises(GatewayError):
        gateway.reload(client_tls_sslmode="require", client_tls_cert_file="/nonexistent")
    refused = Scrape(gateway)
    assert (refused.value(good), refused.value(at)) == (0, start.value(at))
    gateway.reload(default_pool_size=5)
    taken = Scrape(gateway)
    assert taken.value(good) == 1
    assert taken.value(at) > start.value(at)


def _leads(database: Database, user: str | None) -> dict[str, object]:
    """Return settings by which the database's clients act as another user, or as themselves."""
    named = {} if user is None else {"user": user, "password": PASSWORD}
    return {"databases": [database_entry(database, **named)]}


@pytest.mark.parametrize("names", ["forebay", "pgbouncer_exporter"])
def test_no_figure_falls_when_pools_go_and_come_back(
    start_gateway: StartGateway, database: Database, names: str
) -> None:
    gateway = start_gateway(**OPERATORS, metrics_names=names, **LISTEN)
    busy, wire = gateway.wire(), gateway.wire()
    for _ in range(5):
        assert wire.value("select 1") == "1"
        wire.query("select 1/0")
    seen: dict[object, float] = {}
    total = 0
    # Its pool stays until the transaction ends, beside another one of the same name.
    busy.query("begin")
    for user in ("asks_nothing", None, "asks_nothing", None):
        gateway.reload(**_leads(database, user))
        assert wire.value("select current_user") == (user or USER)
        if user is not None and busy.is_closed:
            wait_until(
                lambda: USER not in {str(row["user"]) for row in table(gateway, "show pools")}
            )
        scrape = Scrape(gateway)
        samples = [(name, tuple(sorted(labels.items()))) for name, labels, _ in scrape.samples()]
        assert len(samples) == len(set(samples))
        for name, value in scrape.growing().items():
            assert value >= seen.get(name, 0), name
            seen[name] = value
        totals = {row["name"]: row["value"] for row in table(gateway, "show totals")}
        assert totals["total_query_count"] >= total + 1
        total = totals["total_query_count"]
        shown = [row for row in table(gateway, "show stats") if row["database"] == DATABASE]
        assert [row["total_query_count"] for row in shown] == [total]
        if user is None and not busy.is_closed:
            busy.query("commit")
            busy.close()
