"""docs/metrics.md lists every figure of /metrics, as /metrics prints it, and no other."""

import re
from collections import defaultdict

import pytest

from tests.docs.pages import DOCS, code, rows
from tests.support.database import Database
from tests.support.gateway import StartGateway, database_entry
from tests.support.messages import query
from tests.support.metrics import LISTEN, Scrape
from tests.support.waiting import wait_until

PAGE = DOCS / "metrics.md"
HEADINGS = {
    "forebay": "## Figures",
    "pgbouncer_exporter": "## Under the names of pgbouncer_exporter",
}
_FAMILY = re.compile(r"^# HELP (\S+) (.+)\n# TYPE \1 (\S+)$", re.MULTILINE)
_SUFFIX = re.compile(r"_(bucket|sum|count)$")

Row = tuple[str, str, frozenset[str], str]


def _listed(heading: str) -> list[Row]:
    return [
        (code(name)[0], kind, frozenset(code(labels)), says)
        for name, kind, labels, says in rows(PAGE, heading)
    ]


def _printed(scrape: Scrape) -> list[Row]:
    labels: dict[str, set[str]] = defaultdict(set)
    for sample, found, _ in scrape.samples():
        labels[sample] |= set(found)
        labels[_SUFFIX.sub("", sample)] |= set(found) - {"le"}
    return [
        (name, kind, frozenset(labels[name]), says)
        for name, says, kind in _FAMILY.findall(scrape.answer.text)
    ]


@pytest.mark.parametrize("names", ["forebay", "pgbouncer_exporter"])
def test_every_figure_has_its_row_and_every_row_its_figure(
    start_gateway: StartGateway, database: Database, names: str
) -> None:
    gateway = start_gateway(metrics_names=names, databases=[database_entry(database)], **LISTEN)
    # So that every figure has a value.
    gateway.wire().query("select 1/0")
    printed = _printed(Scrape(gateway))
    listed = _listed(HEADINGS[names])
    if names == "pgbouncer_exporter":
        printed = [row for row in printed if not row[0].startswith("process_")]
    assert len(printed) > 25
    assert listed == printed


def test_rules_ask_for_figures_and_labels_that_there_are(
    start_gateway: StartGateway,
) -> None:
    gateway = start_gateway(default_pool_size=1, **LISTEN)
    holder, waiter = gateway.wire(), gateway.wire()
    holder.query("begin")
    waiter.send(query("select 1"))
    gateway.wait_for_pool(waiting=1)
    scrape = Scrape(gateway)
    expressions = re.findall(r"expr: (.+)", PAGE.read_text())
    assert len(expressions) == 3
    for expression in expressions:
        selectors = re.findall(r'(forebay_\w+)(?:\{(\w+)="(\w+)"\})?', expression)
        assert selectors
        for name, label, value in selectors:
            wanted = {label: value} if label else {}
            assert any(
                sample == name and wanted.items() <= labels.items()
                for sample, labels, _ in scrape.samples()
            ), f"{name} {wanted}"
    # The first and the third would fire here: one client waits, and the one server is in use.
    assert scrape.value("forebay_pool_clients", state="waiting") > 0
    active = scrape.value("forebay_pool_servers", state="active")
    assert active / scrape.value("forebay_pool_servers_limit") > 0.9
    holder.query("commit")
    waiter.read_ready()
    wait_until(lambda: Scrape(gateway).value("forebay_pool_clients", state="waiting") == 0)
